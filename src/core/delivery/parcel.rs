//! What is to be typed, stroke by stroke, and what became of it.

use super::limits::{COOKED_LINE_BYTES_MAX, SHOWN_WAIT_MS};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What is to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The text that goes first.
    pub text: Option<String>,
    /// The keys after it.
    pub keys: Vec<Press>,
    /// What if the program asks.
    pub asked: Asked,
    /// What if a person has not sent off what they wrote there.
    pub amid: Amid,
}

/// A key, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// It submits a text.
    Enter,
    /// Any other.
    Other,
}

/// What a delivery is to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Not meant for it: refused while one stands.
    Refused,
    /// Its answer: typed all the same.
    Answered,
}

/// What a delivery is to a line that a person has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amid {
    /// It goes on with it: a person asked for it.
    Joins,
    /// It would be sent off with it: refused while the line stands.
    Refused,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Type this, and ask again.
    Type(Stroke),
    /// Ask again at this instant.
    Wait(Time),
    /// Nothing any more.
    Settled(Outcome),
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// The text.
    Text(Tail),
    /// The key of this number, from 0.
    Key(usize),
}

/// How a text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// As it was given.
    AsGiven,
    /// With a blank after it: Claude Code, Gemini CLI, qwen, pi and copilot take a backslash and Enter for a new line.
    Blank,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was typed.
    Refused(Refusal),
    /// It was typed as far as the receipt says.
    Typed(Receipt),
}

/// Why nothing was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program asks a person this.
    Asks(String),
    /// A text that was typed earlier and not submitted stands there.
    Leftover,
    /// A person has begun a line and not sent it off.
    Amid,
    /// It has drawn nothing since its start.
    NothingDrawn {
        /// How long that was waited for.
        waited: Span,
    },
    /// Its terminal would cut a line.
    LineTooLong {
        /// The line's bytes.
        bytes: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Asks(question) => asks(question, f),
            Refusal::Leftover => f.write_str("a text that was typed earlier and not submitted still stands there"),
            Refusal::Amid => f.write_str("a person has begun a line there and not sent it off"),
            Refusal::NothingDrawn { waited } => {
                write!(f, "it has drawn nothing since its start; that was waited for {} s", waited.0 / 1_000)
            }
            Refusal::LineTooLong { bytes } => write!(
                f,
                "it has a line of {bytes} bytes, and this program's terminal takes lines of at most {COOKED_LINE_BYTES_MAX}"
            ),
        }
    }
}

/// How far a delivery came that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// All of it was typed. There was no text with an Enter, or it was an answer, so there was nothing to look for.
    Typed,
    /// The program has taken the text.
    Submitted,
    /// The text was typed, and the program has not taken it.
    Unconfirmed(Unconfirmed),
}

/// Why a text that was typed does not count as submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// The program asks this, so that no further key was pressed.
    Asks(String),
    /// The screen shows nothing of the text, so that Enter was not pressed.
    NotShown,
    /// It stands where it stood after so many Enters.
    Stands {
        /// How many.
        enters: u32,
    },
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unconfirmed::Asks(question) => asks(question, f),
            Unconfirmed::NotShown => {
                write!(
                    f,
                    "its screen showed nothing of the text for {} s, so Enter was not pressed",
                    SHOWN_WAIT_MS / 1_000
                )
            }
            Unconfirmed::Stands { enters: 1 } => f.write_str("the text still stands there after Enter"),
            Unconfirmed::Stands { enters } => write!(f, "the text still stands there after {enters} Enters"),
        }
    }
}

/// `it asks: Trust this folder?`, or without words where they are not known.
fn asks(question: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match question {
        "" => f.write_str("it asks for a person"),
        question => write!(f, "it asks: {question}"),
    }
}
