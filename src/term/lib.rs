//! The terminal emulator: it turns the bytes of a PTY into a picture ([`frame::Frame`]), signals (title, bell,
//! notification), answers to the terminal's queries, and bytes that restore a screen. The emulator crate is hidden in
//! here.
//!
//! ```text
//! bytes ─→ intake ─→ emulator(vte parser ─→ screen(alacritty grid + what it keeps private)) ─→ paint ─→ Frame
//!            │                                   ├─→ replies   (to the PTY)
//!            │                                   └─→ signals   (to the kernel)
//!            └ holds back what is not complete: half a character, half a sequence, a synchronised update
//! ```
//!
//! The other direction, from key presses to bytes, is in [`keys`].

mod backlog;
mod checkpoint;
mod cluster;
mod cut;
mod emulator;
mod extras;
pub mod frame;
mod handler;
mod intake;
mod keyboard;
pub mod keys;
mod marks;
mod modes;
mod palette;
pub mod plain;
mod program;
mod replies;
mod rows;
mod screen;
mod sequence;
mod signals;
mod terminal;
mod titles;
mod unseen;

pub use checkpoint::RestoreError;
pub use cut::cut;
pub use marks::CommandMark;
pub use program::{BlockedKind, ProgramState, ProgramStatus};
pub use signals::{NOTIFICATION_CHARS_MAX, Progress, TermSignal};
pub use terminal::{Terminal, rewrap};
