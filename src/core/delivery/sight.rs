//! The state of a program and its terminal that a delivery reads before each stroke.

use super::limits::UNREAD_MAX_MS;
use super::shown::Picture;
use crate::time::{Span, Time};
use alloc::string::String;

/// Gives a delivery access to the state of a program and its terminal. Each part is read only when it matters.
pub trait Sight {
    /// Returns the question that the program asks a person now; an empty text when its words are not known.
    fn asks(&mut self) -> Option<String>;
    /// Returns which unsubmitted text is in the terminal.
    fn leftover(&mut self) -> Leftover;
    /// Returns since when the program works, if the program says so itself.
    fn works_since(&mut self) -> Option<Time>;
    /// Returns whether the program has drawn anything, and since when.
    fn drawn(&mut self) -> Drawn;
    /// Returns when the program last wrote to its terminal.
    fn wrote_at(&mut self) -> Option<Time>;
    /// Returns whether the terminal is cooked or raw.
    fn discipline(&mut self) -> Discipline;
    /// Returns whether the program waits for input from its terminal at this moment.
    fn reads(&mut self) -> Reads;
    /// Returns the length in bytes of the longest line that the text would make in a cooked terminal, including an
    /// unfinished line that is there.
    fn line_bytes(&mut self) -> usize;
    /// Returns the picture that the program's screen shows.
    fn picture(&mut self) -> Picture;
}

/// An unsubmitted text that is in the terminal before a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// No unsubmitted text is in the terminal.
    Nothing,
    /// A text that an earlier delivery typed and could not submit.
    Text,
    /// A line that a person has just written and not submitted.
    Line,
}

/// Whether a program has drawn anything on its screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// The screen is blank, as it was at the program's start.
    Nothing,
    /// The program began to draw at this time.
    Since(Time),
}

impl Drawn {
    /// Returns the new state after the program wrote at `now`. `shows` tells whether the screen shows anything, and
    /// gets whether it did before. A starting program may write a word first and then clear the screen: then it has
    /// drawn nothing yet.
    pub fn after_output(self, shows: impl FnOnce(bool) -> bool, now: Time) -> Drawn {
        let first = match self {
            Drawn::Since(first) if now >= first + Span(UNREAD_MAX_MS) => return self,
            Drawn::Since(first) => Some(first),
            Drawn::Nothing => None,
        };
        if shows(first.is_some()) { Drawn::Since(first.unwrap_or(now)) } else { Drawn::Nothing }
    }
}

/// The way in which a terminal treats typed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// The terminal keeps the input until the line is ended.
    Cooked,
    /// The terminal passes each key on at once. Also assumed when the mode is not known.
    Raw,
}

/// Whether a program waits for input from its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The program waits for input, and does nothing else.
    Yes,
    /// The program does something else, or it is not known what it does.
    Unknown,
}
