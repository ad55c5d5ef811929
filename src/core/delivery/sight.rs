//! What a delivery looks at before each stroke.

use super::limits::UNREAD_MAX_MS;
use super::shown::Picture;
use crate::time::{Span, Time};
use alloc::string::String;

/// What a delivery looks at. Each is asked for only when it matters.
pub trait Sight {
    /// What the program asks a person now, in its words; empty when those are not known.
    fn asks(&mut self) -> Option<String>;
    /// What stands there that was not submitted.
    fn leftover(&mut self) -> Leftover;
    /// Since when it works, if it says so itself.
    fn works_since(&mut self) -> Option<Time>;
    /// Whether it has drawn anything.
    fn drawn(&mut self) -> Drawn;
    /// When it last wrote.
    fn wrote_at(&mut self) -> Option<Time>;
    /// What its terminal does with a line.
    fn discipline(&mut self) -> Discipline;
    /// Whether it waits for its terminal in this moment.
    fn reads(&mut self) -> Reads;
    /// The longest line that the text would make in a cooked terminal, in bytes, with what stands unfinished there.
    fn line_bytes(&mut self) -> usize;
    /// What its screen shows.
    fn picture(&mut self) -> Picture;
}

/// What stands before a delivery and was not submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// Nothing.
    Nothing,
    /// A text that an earlier delivery typed and could not submit.
    Text,
    /// What a person has written just now.
    Line,
}

/// Whether a program has drawn anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Its screen is blank, as it was at its start.
    Nothing,
    /// It began then.
    Since(Time),
}

impl Drawn {
    /// What is known after the program wrote `now`; `shows` says whether its screen shows anything, and is told whether it
    /// did before. A program that starts may write a word first and clear the screen then: it has drawn nothing yet.
    pub fn after_output(self, shows: impl FnOnce(bool) -> bool, now: Time) -> Drawn {
        let first = match self {
            Drawn::Since(first) if now >= first + Span(UNREAD_MAX_MS) => return self,
            Drawn::Since(first) => Some(first),
            Drawn::Nothing => None,
        };
        if shows(first.is_some()) { Drawn::Since(first.unwrap_or(now)) } else { Drawn::Nothing }
    }
}

/// What a terminal does with what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// It keeps it until the line is ended.
    Cooked,
    /// It hands it on. Also where nobody knows.
    Raw,
}

/// Whether a program waits for its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// It does nothing else.
    Yes,
    /// It does something else, or nobody knows.
    Unknown,
}
