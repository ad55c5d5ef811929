//! One delivery: the typing of text and keys into a program's terminal. It ensures that no part answers a question by
//! mistake, and that the sender learns the result.
//!
//! ```text
//!  waiting ──► text ──► taken in ──► Enter ──► looked at ──► submitted
//!     │                    │           ▲           │
//!     │ asks, draws        │ asks,     └───────────┤ is there as before: again
//!     ▼ nothing            ▼ not shown             ▼ asks, remains there
//!  refused              unconfirmed            unconfirmed
//! ```
//!
//! * Nothing is typed while the program asks a person, unless it is meant as the answer. A question may come up between
//!   the text and its Enter, so the screen is checked again before each key.
//! * Nothing is typed into a program that has drawn nothing yet, because most programs drop such input, unless the
//!   program waits for a line.
//! * Enter follows a text only when the screen shows the text. A dialog that is not recognised ignores text and takes
//!   Enter; so a text that is not shown gets no Enter.
//! * After Enter the text is gone from its place, or the program says that it works. If the text is there as
//!   before, the program has swallowed the Enter and gets another one. This cannot submit anything twice, because a
//!   submitted text is gone.
//! * While an unsubmitted text is in the terminal, no prompt is typed: it would be appended to that text. The same
//!   holds for a line that a person has begun and not submitted; deliveries that no person sent wait for it.
//! * A program that reads whole lines (a cooked terminal) gets its line with the Enter; there the operating system
//!   keeps the line.
//!
//! **Invariant:** no stroke is given out while the program asks, unless it is the answer
//! (`tests/brain/delivery`, over arbitrary courses of events).

mod course;
mod limits;
mod parcel;
mod shown;
mod sight;

pub use course::Delivery;
pub use limits::{
    COOKED_LINE_BYTES_MAX, DRAWN_WAIT_MS, ENTERS_MAX, FIRST_SIGHT_MAX_MS, FIRST_SIGHT_STILL_MS, KEY_MAX_MS,
    KEY_STILL_MS, LOOK_MS, READS_LOOK_MS, SHOWN_WAIT_MS, SWALLOWED_MS, TEXT_MAX_MS, TEXT_STILL_MS, UNREAD_MAX_MS,
    UNREAD_STILL_MS,
};
pub use parcel::{Amid, Asked, Next, Outcome, Parcel, Press, Receipt, Refusal, Stroke, Tail, Unconfirmed};
pub use shown::{Left, Picture, Shown};
pub use sight::{Discipline, Drawn, Leftover, Reads, Sight};
