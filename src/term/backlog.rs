//! Keeps output that is not drawn yet.

use super::screen::Screen;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Cell;
use std::mem;

/// The text that was received since the last bytes that were not text.
#[derive(Debug)]
pub(super) struct Unseen {
    pub(super) history_lines_max: usize,
    pub(super) history: History,
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes the grid's screen shows.
    pub(super) drawn: usize,
    pub(super) line_feeds: usize,
    /// The pen at the beginning of the kept text.
    pub(super) pen: Cell,
    /// Whether the parser may be within a sequence.
    within_sequence: bool,
    /// Whether the grid freed lines of its history since [`Unseen::take_gave_back`] was called last.
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

    /// Records that the parser was given bytes that are not text, after which it may be within a sequence.
    pub(super) fn given(&mut self, within_sequence: bool) {
        self.within_sequence = within_sequence;
    }

    /// Whether the grid freed lines of its history since the last call.
    pub(super) fn take_gave_back(&mut self) -> bool {
        mem::take(&mut self.gave_back)
    }

    /// Returns how many lines are above the screen, if the grid does not know.
    pub(super) fn history_lines(&self) -> Option<usize> {
        (self.history == History::InBytes).then_some(self.history_lines_max)
    }

    /// Whether text may be kept from here on: the parser is not within a sequence, and the whole screen scrolls.
    pub(super) fn begins(&self, bytes: &[u8], screen: &Screen) -> bool {
        // A character that is not ASCII could join the character before it.
        !self.within_sequence
            && bytes.first().is_some_and(u8::is_ascii)
            && screen.margins.is_none()
            && !screen.term.mode().contains(TermMode::ALT_SCREEN)
    }
}

/// The place where the lines above the screen are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum History {
    /// The lines are in the grid. Text that was received and not drawn continues from there.
    #[default]
    InGrid,
    /// The lines are in the kept text, which begins where the cursor is at the start of the last line, and holds as
    /// many line feeds as screen and history have lines. The grid has no history.
    InBytes,
}
