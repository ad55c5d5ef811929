//! The content of a delivery, the strokes in which it is typed, and its result.

use super::limits::{COOKED_LINE_BYTES_MAX, SHOWN_WAIT_MS};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The content of a delivery, with the rules for typing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The text that is typed first, if any.
    pub text: Option<String>,
    /// The keys that are pressed after the text.
    pub keys: Vec<Press>,
    /// The relation of the delivery to a question that the program asks.
    pub asked: Asked,
    /// The relation of the delivery to a line that a person has begun.
    pub amid: Amid,
}

/// The kind of a key, as far as a delivery needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// The Enter key, which submits a text.
    Enter,
    /// Any key other than Enter.
    Other,
}

/// The relation of a delivery to a question that the program asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The delivery is not an answer: it is refused while the program asks.
    Refused,
    /// The delivery is the answer to the question: it is typed while the program asks.
    Answered,
}

/// The relation of a delivery to a line that a person has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amid {
    /// The delivery is added to the person's line, because a person requested it.
    Joins,
    /// The delivery is refused while the person's line is there, because Enter would submit both together.
    Refused,
}

/// The next thing to do for a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Type this stroke, then ask what to do next.
    Type(Stroke),
    /// Wait until this instant, then ask what to do next.
    Wait(Time),
    /// Stop: the delivery is settled, with this outcome.
    Settled(Outcome),
}

/// One write of a delivery into the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// The whole text, with this ending.
    Text(Tail),
    /// The key with this index, from 0.
    Key(usize),
}

/// The ending of a text that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// The text is typed as it was given.
    AsGiven,
    /// A blank is typed after the text, because Claude Code, Gemini CLI, qwen, pi and copilot take a backslash and
    /// Enter for a new line.
    Blank,
}

/// The outcome of a delivery that is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The delivery was refused: nothing was typed.
    Refused(Refusal),
    /// The delivery was typed, as far as the receipt says.
    Typed(Receipt),
}

/// Why a delivery was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program asks a person this question.
    Asks(String),
    /// A text that was typed earlier and not submitted is still in the terminal.
    Leftover,
    /// A person has begun a line and not submitted it.
    Amid,
    /// The program has drawn nothing since its start.
    NothingDrawn {
        /// How long the delivery waited for the program to draw.
        waited: Span,
    },
    /// A line of the text is longer than the program's cooked terminal takes.
    LineTooLong {
        /// Length of the line, in bytes.
        bytes: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Asks(question) => asks(question, f),
            Refusal::Leftover => {
                f.write_str("a text that was typed earlier and not submitted is still in the terminal")
            }
            Refusal::Amid => f.write_str("a person has begun a line in the terminal and not submitted it"),
            Refusal::NothingDrawn { waited } => {
                write!(f, "the program has drawn nothing in the {} s that were waited", waited.0 / 1_000)
            }
            Refusal::LineTooLong { bytes } => write!(
                f,
                "the text has a line of {bytes} bytes, and the program's terminal takes at most {COOKED_LINE_BYTES_MAX} bytes per line"
            ),
        }
    }
}

/// The result of a delivery that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The delivery was typed completely. The result was not checked, because there was no text with an Enter, or the
    /// text was an answer.
    Typed,
    /// The program has taken the submitted text.
    Submitted,
    /// The text was typed, and the program has not taken it.
    Unconfirmed(Unconfirmed),
}

/// Why a text that was typed does not count as submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// The program asks this question, so no further key was pressed.
    Asks(String),
    /// The screen shows nothing of the text, so Enter was not pressed.
    NotShown,
    /// The text is still in its place after all its Enters.
    Stands {
        /// Number of Enters that were pressed.
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
            Unconfirmed::Stands { enters: 1 } => f.write_str("the text is still there after Enter"),
            Unconfirmed::Stands { enters } => write!(f, "the text is still there after {enters} Enters"),
        }
    }
}

/// Writes `it asks: Trust this folder?`, or a text without the question's words if they are not known.
fn asks(question: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match question {
        "" => f.write_str("the program asks a person something"),
        question => write!(f, "it asks: {question}"),
    }
}
