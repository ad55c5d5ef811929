//! Limits the memory of the extras of cells: hyperlinks and combining marks. A program sends only a few bytes for each,
//! but the screen with its history keeps them all; so they have a budget.
//!
//! Extras that are added are counted, extras that are removed are not. When the count exceeds the budget, the cells are
//! counted exactly, from the newest line to the oldest; cells beyond half of the budget lose their extras and keep
//! their characters. So the cost of counting is shared by all extras that were added since.

use super::screen::{EXTRAS_BYTES_MAX, Screen};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::{Cell, Hyperlink};
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes that a cell with extras takes in addition to the extras themselves.
const CELL_BYTES: usize = 128;
/// Bytes that a hyperlink takes in addition to its texts.
const LINK_BYTES: usize = 128;

/// Returns how many bytes a hyperlink costs.
pub(super) fn link_cost(id: &str, target: &str) -> usize {
    LINK_BYTES + id.len() + target.len()
}

impl Screen {
    /// Counts a hyperlink that cells are about to hold.
    pub(super) fn adds_link(&mut self, id: &str, target: &str) {
        self.adds(CELL_BYTES + link_cost(id, target));
    }

    /// Counts a combining mark that a cell is about to hold.
    pub(super) fn adds_mark(&mut self) {
        self.adds(CELL_BYTES);
    }

    fn adds(&mut self, bytes: usize) {
        if self.extras.shown_bytes + bytes > EXTRAS_BYTES_MAX {
            self.extras.shown_bytes = self.keep_newest_extras(EXTRAS_BYTES_MAX / 2);
        }
        self.extras.shown_bytes += bytes;
    }

    /// Removes the extras from the oldest lines, so that at most `bytes_max` remain. Returns how many bytes remain.
    fn keep_newest_extras(&mut self, bytes_max: usize) -> usize {
        let grid = self.term.grid_mut();
        let (mut held, mut seen) = (0, HashSet::new());
        for line in (grid.topmost_line().0..=grid.bottommost_line().0).rev() {
            let row = &grid[Line(line)];
            let cost: usize = row.into_iter().map(|cell| cost_of(cell, &mut seen)).sum();
            if cost > 0 && held + cost > bytes_max {
                let row = &mut grid[Line(line)];
                row.into_iter().for_each(|cell| cell.extra = None);
                // All older lines lose their extras too: a short line does not keep them only because it would still
                // fit.
                held = bytes_max;
            } else {
                held += cost;
            }
        }
        held
    }
}

/// Returns the bytes of the extras of a cell that no cell before it held.
fn cost_of(cell: &Cell, seen: &mut HashSet<usize>) -> usize {
    let Some(extra) = &cell.extra else { return 0 };
    if !seen.insert(Arc::as_ptr(extra) as usize) {
        return 0;
    }
    let link = cell.hyperlink().filter(|link| seen.insert(link.uri().as_ptr() as usize));
    CELL_BYTES + link.map_or(0, |link: Hyperlink| link_cost(link.id(), link.uri()))
}
