//! One delivery: text and keys for a program's terminal, typed so that none of it answers a question by mistake and
//! whoever sent it learns what became of it.
//!
//! ```text
//!  waiting ──► text ──► taken in ──► Enter ──► looked at ──► submitted
//!     │                    │           ▲           │
//!     │ asks, draws        │ asks,     └───────────┤ stands there as before: again
//!     ▼ nothing            ▼ not shown             ▼ asks, stands there for good
//!  refused              unconfirmed            unconfirmed
//! ```
//!
//! * Nothing is typed while the program asks a person, unless it is meant as the answer. A question may come up between
//!   the text and its Enter, so each key waits for a new look.
//! * Nothing is typed into a program that has drawn nothing yet, for most drop it, unless it waits for a line.
//! * Enter follows a text only when the screen shows the text. A dialog that nobody recognised ignores text and takes
//!   Enter; so a text that shows nowhere gets none.
//! * After Enter the text is gone from where it stood, or the program says that it works. One that stands there as
//!   before had its Enter swallowed, and gets another: that can submit nothing twice, for what was submitted is gone.
//! * A text that was left standing is in nobody's prompt: what is typed while it stands would be appended to it. So would
//!   be what is typed into a person's line that is not sent off; what no person sent waits for that.
//! * A program that reads whole lines (a cooked terminal) has its line with the Enter; there the kernel keeps it.
//!
//! **Invariant:** no stroke is given out while the program asks, unless it is the answer
//! (`tests/brain/delivery.rs`, over arbitrary courses of events).

mod course;
mod shown;

use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use course::Delivery;
pub use shown::{Left, Picture, Shown};

/// How long a program may take to draw anything before a text for it is refused. On a busy machine opencode, Gemini CLI
/// and qwen take 15 to 20 s.
pub const DRAWN_WAIT_MS: u64 = 30_000;
/// How long a program that has just begun to draw must be still. opencode, Gemini CLI, Claude Code and Codex draw
/// themselves with gaps of up to 300 ms; opencode takes no paste before all of it stands.
pub const FIRST_SIGHT_STILL_MS: u64 = 1_000;
/// How long one that draws on and on is waited for. Beyond it, what is to be typed is typed.
pub const FIRST_SIGHT_MAX_MS: u64 = 3_000;
/// The same two for one in a cooked terminal that does not read it: what it shows may be a word before it draws itself,
/// or it works on something before it reads.
pub const UNREAD_STILL_MS: u64 = 5_000;
/// How long such a program may go on drawing. Beyond it, its drawing no longer begins the wait anew.
pub const UNREAD_MAX_MS: u64 = 30_000;
/// How often a program that has drawn nothing is looked at, whether it reads its terminal.
pub const READS_LOOK_MS: u64 = 500;

/// After text, when it was answered: silence before the next key. Codex takes an Enter for a part of a paste for 120 ms
/// after a burst of characters.
pub const TEXT_STILL_MS: u64 = 150;
/// How long a look is waited for after text, whatever the program writes. Beyond it, the next step is taken.
pub const TEXT_MAX_MS: u64 = 1_000;
/// After a key, when it was answered. Short, because some programs want the second of two Ctrl-C within 800 ms.
pub const KEY_STILL_MS: u64 = 50;
/// How long a look is waited for after a key, whatever the program writes. Beyond it, the next step is taken.
pub const KEY_MAX_MS: u64 = 250;

/// How long a text is looked for on the screen before its Enter.
pub const SHOWN_WAIT_MS: u64 = 10_000;
/// The time between two looks at a screen on which something is expected.
pub const LOOK_MS: u64 = 100;
/// How long after an Enter the text must stand as before until the Enter counts as swallowed.
pub const SWALLOWED_MS: u64 = 1_500;
/// How often Enter is pressed for one text. Beyond it, the text is typed and not submitted, which the receipt says.
pub const ENTERS_MAX: u32 = 3;

/// The longest line that a cooked terminal takes, in bytes without its end; the terminal cuts what is longer without a
/// word (`N_TTY_BUF_SIZE`, less one for the end). Beyond it, the text is refused, and nothing is typed.
pub const COOKED_LINE_BYTES_MAX: usize = 4_095;

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

/// `it asks: Trust this folder?`, or without words where they are not known.
fn asks(question: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match question {
        "" => f.write_str("it asks for a person"),
        question => write!(f, "it asks: {question}"),
    }
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
