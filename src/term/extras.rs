//! What cells hold beside their character: hyperlinks and combining marks. A program pays a few bytes for each, and the
//! screen with its history keeps them all; so they have a budget.
//!
//! What is added is counted, not what goes. When the count is over the budget, the cells are looked through and counted
//! exactly, from the newest line to the oldest; what lies beyond half of the budget is taken from its cells, which keep
//! their characters. So the cost of looking is shared by all that was added since.

use super::screen::Screen;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::{Cell, Hyperlink};
use std::collections::HashSet;
use std::sync::Arc;

/// What one screen and its history hold of them, bytes. Beyond it, the oldest lines lose theirs.
pub(super) const BYTES_MAX: usize = 16 << 20;

/// What a cell with extras takes beside them.
const CELL_BYTES: usize = 128;
/// What a hyperlink takes beside its texts.
const LINK_BYTES: usize = 128;

/// No less than what the cells of each screen hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extras {
    shown_bytes: usize,
    hidden_bytes: usize,
}

impl Extras {
    /// As much as there may be: of a screen whose cells nobody has counted.
    pub(super) const UNKNOWN: Extras = Extras { shown_bytes: BYTES_MAX, hidden_bytes: BYTES_MAX };

    /// The other screen is shown now; an alternate one is cleared on the way.
    pub(super) fn swap(&mut self, to_alternate: bool) {
        std::mem::swap(&mut self.shown_bytes, &mut self.hidden_bytes);
        if to_alternate {
            self.shown_bytes = 0;
        }
    }
}

/// What a hyperlink costs.
pub(super) fn link_cost(id: &str, target: &str) -> usize {
    LINK_BYTES + id.len() + target.len()
}

impl Screen {
    /// A hyperlink is about to be held by cells.
    pub(super) fn adds_link(&mut self, id: &str, target: &str) {
        self.adds(CELL_BYTES + link_cost(id, target));
    }

    /// A combining mark is about to be held by a cell.
    pub(super) fn adds_mark(&mut self) {
        self.adds(CELL_BYTES);
    }

    fn adds(&mut self, bytes: usize) {
        if self.extras.shown_bytes + bytes > BYTES_MAX {
            self.extras.shown_bytes = self.keep_newest_extras(BYTES_MAX / 2);
        }
        self.extras.shown_bytes += bytes;
    }

    /// Takes the extras from the oldest lines, so that no more than this is held. Returns what is.
    fn keep_newest_extras(&mut self, bytes_max: usize) -> usize {
        let grid = self.term.grid_mut();
        let (mut held, mut seen) = (0, HashSet::new());
        for line in (grid.topmost_line().0..=grid.bottommost_line().0).rev() {
            let row = &grid[Line(line)];
            let cost: usize = row.into_iter().map(|cell| cost_of(cell, &mut seen)).sum();
            if cost > 0 && held + cost > bytes_max {
                let row = &mut grid[Line(line)];
                row.into_iter().for_each(|cell| cell.extra = None);
                // Whatever is older goes too: a line is not kept for being short.
                held = bytes_max;
            } else {
                held += cost;
            }
        }
        held
    }
}

/// What a cell holds that no cell before it held.
fn cost_of(cell: &Cell, seen: &mut HashSet<usize>) -> usize {
    let Some(extra) = &cell.extra else { return 0 };
    if !seen.insert(Arc::as_ptr(extra) as usize) {
        return 0;
    }
    let link = cell.hyperlink().filter(|link| seen.insert(link.uri().as_ptr() as usize));
    CELL_BYTES + link.map_or(0, |link: Hyperlink| link_cost(link.id(), link.uri()))
}
