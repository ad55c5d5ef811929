//! The emulator's grid, and beside it what the emulator keeps to itself and a checkpoint must know: margins, tab
//! stops, the charset in use, the keyboard flags, titles, colours and the character that `REP` repeats.

use super::extras::Extras;
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

/// How far apart tab stops are at first, terminfo's `it`.
const TAB_STOP_COLUMNS: usize = 8;

/// The longest hyperlink target kept, in bytes: what browsers agree on. Beyond it, it is dropped whole, since half a
/// target leads elsewhere; its text stays.
pub(super) const LINK_BYTES_MAX: usize = 2_083;

/// What the parser acts on.
pub(super) struct Screen {
    pub(super) term: Term<VoidListener>,
    /// DECSTBM as it was last given: first and last line, from 1. `None` is the whole screen.
    pub(super) margins: Option<(usize, usize)>,
    /// Whether a column has a tab stop.
    pub(super) tab_stops: Vec<bool>,
    pub(super) charset: CharsetIndex,
    pub(super) keyboard: Keyboard,
    pub(super) titles: Titles,
    /// Colours the program has set (OSC 4, 10, 11, 12): told to who asks, never drawn.
    pub(super) colors: BTreeMap<usize, Rgb>,
    /// Whether a synchronised update is under way.
    pub(super) synchronized: bool,
    /// The character `REP` repeats.
    pub(super) preceding: Option<char>,
    pub(super) replies: Replies,
    pub(super) signals: Signals,
    /// What programs report of themselves.
    pub(super) programs: Programs,
    /// What hyperlinks and combining marks take.
    pub(super) extras: Extras,
}

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

    /// The grid's size.
    pub(super) fn size(&self) -> Size {
        Size { columns: self.term.columns() as u16, rows: self.term.screen_lines() as u16 }
    }

    /// Changes the grid's size. Lines of the primary screen are wrapped anew, margins are gone.
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

    /// Brings the other screen to the front if `alternate` says so.
    ///
    /// The emulator saves the primary screen's cursor on the way in. A resize in between moves the cursor and its saved
    /// copy to different places; on the way out the copy is made to follow, as it is the cursor's place by definition,
    /// and a checkpoint need not know the copy of a hidden screen.
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

    /// Takes an operating system command in, without introducer and terminator. Returns whether the parser need not see
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

    /// Puts everything back that RIS resets.
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

    /// How often `REP` repeats at most: one sequence costs no more than one screen. Inserting moves a row each time.
    pub(super) fn repetitions_max(&self) -> u32 {
        let Size { columns, rows } = self.size();
        let lines = if self.term.mode().contains(TermMode::INSERT) { 1 } else { u32::from(rows) };
        u32::from(columns) * lines
    }

    /// The colour of `index` as the program must see it.
    pub(super) fn color(&self, index: usize) -> Rgb {
        self.colors.get(&index).copied().unwrap_or_else(|| palette::color(index))
    }
}

/// Whether each of `columns` has a tab stop at first.
pub(super) fn default_tab_stops(columns: std::ops::Range<usize>) -> Vec<bool> {
    columns.map(|column| column % TAB_STOP_COLUMNS == 0).collect()
}

/// The emulator clears only the cells of a row that it knows to be used, and forgets some when a row grows, so that
/// colours of long ago show up again. Touching a row's last cell tells it that all are.
fn mark_all_cells_used(grid: &mut Grid<Cell>) {
    for line in grid.topmost_line().0..=grid.bottommost_line().0 {
        grid[Line(line)].last_mut();
    }
}

/// A size in the emulator's words.
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
