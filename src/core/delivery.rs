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
