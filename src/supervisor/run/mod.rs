//! One run from the supervisor's side: a task that holds the connection to its keeper, and its screen.
//!
//! Output goes from the socket directly into the emulator, in this task and nowhere else; the kernel receives only the
//! events on which it must decide. Viewers see pictures through a watch channel and can neither slow down the task nor
//! queue up behind it.

mod behind;
mod calls;
pub(super) mod checkpoint;
mod courier;
mod ending;
mod gone;
mod handle;
mod input_count;
mod letter;
mod link;
mod outbox;
mod outset;
mod patience;
mod ready;
mod rest;
mod screen;
mod stranger;
mod task;
mod told;
mod typing;
mod typist;
mod vitals;

pub(super) use handle::{InputRefused, Order, RunHandle};
pub(super) use letter::{Delivered, Letter, Text, Went};
pub(super) use link::dismiss;
pub(super) use outset::{Adopted, Outset};
pub(super) use screen::{HISTORY_LINES_MAX, SILENCE, Scrollback, Summary};
pub(super) use task::start;
