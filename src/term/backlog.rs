//! What is kept of output that is not drawn yet.

use super::screen::Screen;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Cell;
use std::mem;

/// Text that was taken in since something else came.
#[derive(Debug)]
pub(super) struct Unseen {
    pub(super) history_lines_max: usize,
    pub(super) history: History,
    pub(super) bytes: Vec<u8>,
    /// How much of it the grid's screen shows.
    pub(super) drawn: usize,
    pub(super) line_feeds: usize,
    /// The pen where it begins.
    pub(super) pen: Cell,
    /// Whether the parser may be within a sequence.
    within_sequence: bool,
    /// Whether the grid gave lines of its history up since anybody asked.
    pub(super) gave_back: bool,
}

impl Unseen {
    pub(super) fn new(history_lines_max: usize) -> Unseen {
        Unseen {
            history_lines_max,
            history: History::InGrid,
            bytes: Vec::new(),
            drawn: 0,
            line_feeds: 0,
            pen: Cell::default(),
            within_sequence: false,
            gave_back: false,
        }
    }

    /// The parser was given something else, behind which it may stand within a sequence.
    pub(super) fn given(&mut self, within_sequence: bool) {
        self.within_sequence = within_sequence;
    }

    /// Whether the grid gave lines of its history up since this was last asked.
    pub(super) fn take_gave_back(&mut self) -> bool {
        mem::take(&mut self.gave_back)
    }

    /// How many lines are above the screen, if the grid does not know.
    pub(super) fn history_lines(&self) -> Option<usize> {
        (self.history == History::InBytes).then_some(self.history_lines_max)
    }

    /// Whether text may be kept from here on: the screen is one that scrolls as a whole.
    pub(super) fn begins(&self, bytes: &[u8], screen: &Screen) -> bool {
        // What is no ASCII could join the character before it.
        !self.within_sequence
            && bytes.first().is_some_and(u8::is_ascii)
            && screen.margins.is_none()
            && !screen.term.mode().contains(TermMode::ALT_SCREEN)
    }
}

/// Where the lines above the screen are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum History {
    /// In the grid. What was taken in and not drawn goes on from there.
    #[default]
    InGrid,
    /// In the kept text, which begins where the cursor is at the start of the last line, and holds as many line feeds as
    /// screen and history have lines. The grid has none.
    InBytes,
}
