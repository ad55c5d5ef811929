//! The emulator's grid, together with the state that the emulator does not show and that a checkpoint needs: margins,
//! tab stops, the charset in use, the keyboard flags, titles, colours and the character that `REP` repeats.

use super::frame::Size;
use super::keyboard::Keyboard;
use super::palette;
use super::program::{Content, Programs};
use super::replies::Replies;
use super::signals::{Signals, split};
use super::titles::Titles;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::term::{Config, Osc52, TermMode};
use alacritty_terminal::vte::ansi::{CharsetIndex, Handler, Rgb};
use alacritty_terminal::{Grid, Term};
use std::collections::BTreeMap;

/// How many columns apart tab stops are at first (terminfo's `it`).
const TAB_STOP_COLUMNS: usize = 8;

/// The longest hyperlink target that is kept, in bytes; it is the length that browsers agree on. Beyond it, the target
/// is dropped whole, because half a target leads elsewhere; the text of the link is kept.
pub(super) const LINK_BYTES_MAX: usize = 2_083;

/// The screen that the parser writes to.
pub(super) struct Screen {
    pub(super) term: Term<VoidListener>,
    /// The margins as DECSTBM set them last: first and last line, from 1. `None` is the whole screen.
    pub(super) margins: Option<(usize, usize)>,
    /// For each column, whether it has a tab stop.
    pub(super) tab_stops: Vec<bool>,
    pub(super) charset: CharsetIndex,
    pub(super) keyboard: Keyboard,
    pub(super) titles: Titles,
    /// The colours that the program has set (OSC 4, 10, 11, 12). They are used in answers to queries and never drawn.
    pub(super) colors: BTreeMap<usize, Rgb>,
    /// Whether a synchronised update is under way.
    pub(super) synchronized: bool,
    /// The character that `REP` repeats.
    pub(super) preceding: Option<char>,
    pub(super) replies: Replies,
    pub(super) signals: Signals,
    /// The records in which programs report their own state.
    pub(super) programs: Programs,
    /// The count of the memory that hyperlinks and combining marks take.
    pub(super) extras: Extras,
}

/// The most bytes that the hyperlinks and combining marks of one screen and its history take. Beyond it, the oldest
/// lines lose theirs.
pub(super) const EXTRAS_BYTES_MAX: usize = 16 << 20;

impl Screen {
    pub(super) fn new(size: Size, history_lines_max: u32) -> Screen {
        let config =
            Config { scrolling_history: history_lines_max as usize, osc52: Osc52::Disabled, ..Config::default() };
        let columns = usize::from(size.columns);
        Screen {
            term: Term::new(config, &Cells(size), VoidListener),
            margins: None,
            tab_stops: default_tab_stops(0..columns),
            charset: CharsetIndex::G0,
            keyboard: Keyboard::default(),
            titles: Titles::default(),
            colors: BTreeMap::new(),
            synchronized: false,
            preceding: None,
            replies: Replies::default(),
            signals: Signals::default(),
            programs: Programs::default(),
            extras: Extras::default(),
        }
    }

    /// Returns the grid's size.
    pub(super) fn size(&self) -> Size {
        Size { columns: self.term.columns() as u16, rows: self.term.screen_lines() as u16 }
    }

    /// Changes the grid's size. Lines of the primary screen are wrapped again, and the margins are removed.
    pub(super) fn resize(&mut self, size: Size) {
        if size == self.size() {
            return;
        }
        self.term.resize(Cells(size));
        mark_all_cells_used(self.term.grid_mut());
        self.margins = None;
        let columns = usize::from(size.columns);
        let known = self.tab_stops.len();
        self.tab_stops.truncate(columns);
        self.tab_stops.extend(default_tab_stops(known..columns.max(known)));
    }

    /// Shows the alternate screen or the primary one, as `alternate` says.
    ///
    /// The emulator saves the primary screen's cursor when it shows the alternate screen. A resize in between moves the
    /// cursor and its saved copy to different places. When the primary screen is shown again, the copy is set to the
    /// cursor, because it is by definition the cursor's place; so a checkpoint does not need the copy of a hidden
    /// screen.
    pub(super) fn show_alternate(&mut self, alternate: bool) {
        if self.term.mode().contains(TermMode::ALT_SCREEN) == alternate {
            return;
        }
        self.term.swap_alt();
        self.keyboard.swap();
        self.extras.swap(alternate);
        let grid = self.term.grid_mut();
        mark_all_cells_used(grid);
        if alternate {
            grid.reset_region(..);
        } else {
            grid.saved_cursor = grid.cursor.clone();
        }
    }

    /// Handles an operating system command without introducer and terminator. Returns whether the parser need not see
    /// it.
    pub(super) fn command(&mut self, content: &[u8]) -> bool {
        match split(content) {
            Some((b"7501", report)) => match self.programs.take(report) {
                Content::Query => self.replies.program_status(),
                Content::Report => self.signals.program_reported(),
                Content::Unknown => {}
            },
            Some((b"133", [b'A', ..])) if self.programs != Programs::default() => {
                self.programs.prompt();
                self.signals.program_reported();
            }
            _ => return self.signals.command(content),
        }
        true
    }

    /// Resets all state that the sequence RIS resets.
    pub(super) fn reset(&mut self) {
        self.show_alternate(false);
        self.term.reset_state();
        self.margins = None;
        self.tab_stops = default_tab_stops(0..self.term.columns());
        self.charset = CharsetIndex::G0;
        self.keyboard = Keyboard::default();
        if self.titles != Titles::default() {
            self.titles = Titles::default();
            self.signals.title_changed();
        }
        if std::mem::take(&mut self.programs) != Programs::default() {
            self.signals.program_reported();
        }
        self.colors.clear();
        self.synchronized = false;
    }

    /// Returns how often `REP` repeats at most: one sequence may cost as much as one screen. In insert mode each
    /// character moves a row.
    pub(super) fn repetitions_max(&self) -> u32 {
        let Size { columns, rows } = self.size();
        let lines = if self.term.mode().contains(TermMode::INSERT) { 1 } else { u32::from(rows) };
        u32::from(columns) * lines
    }

    /// Returns the colour of `index` as the program must be told it.
    pub(super) fn color(&self, index: usize) -> Rgb {
        self.colors.get(&index).copied().unwrap_or_else(|| palette::color(index))
    }
}

/// Returns, for each of `columns`, whether it has a tab stop at first.
pub(super) fn default_tab_stops(columns: std::ops::Range<usize>) -> Vec<bool> {
    columns.map(|column| column % TAB_STOP_COLUMNS == 0).collect()
}

/// Marks all cells of the grid as used. The emulator clears only those cells of a row that it knows to be used, and
/// forgets some when a row grows, so that old colours would appear again. Touching a row's last cell marks all of them.
fn mark_all_cells_used(grid: &mut Grid<Cell>) {
    for line in grid.topmost_line().0..=grid.bottommost_line().0 {
        grid[Line(line)].last_mut();
    }
}

/// A size in the form that the emulator takes.
struct Cells(Size);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }

    fn columns(&self) -> usize {
        usize::from(self.0.columns)
    }
}

/// An upper bound of the bytes that the extras of each screen take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extras {
    pub(super) shown_bytes: usize,
    hidden_bytes: usize,
}

impl Extras {
    /// The highest possible bound, for a screen whose cells have not been counted.
    pub(super) const UNKNOWN: Extras = Extras { shown_bytes: EXTRAS_BYTES_MAX, hidden_bytes: EXTRAS_BYTES_MAX };

    /// Swaps the two bounds, because the other screen is shown now. An alternate screen is cleared when it is shown.
    pub(super) fn swap(&mut self, to_alternate: bool) {
        std::mem::swap(&mut self.shown_bytes, &mut self.hidden_bytes);
        if to_alternate {
            self.shown_bytes = 0;
        }
    }
}
