//! The dashboard: the whole fleet, or only one agent's terminal (`qd attach`). It is an Elm loop; drawing is pure.
//!
//! ```text
//!  terminal ─► input ─┐                       ┌─► Cmd ─► link, clipboard, end
//!  link ──► FromFleet ┼─► Msg ─► update ─► Model
//!  timer ─────────────┘                       └─► view ─► Buffer ─► pen ─► terminal
//! ```
//!
//! * [`mod@link`]: the interface to the client that carries messages between this dashboard and the supervisor.
//! * [`topic`]: what is read of the supervisor, each as a call that the client performs. Pure.
//! * [`input`], [`encode`]: the actions of a person, and the bytes that a program gets for them.
//! * [`keymap`], [`theme`]: keys and styles: the defaults, overlaid by a user's files.
//! * [`cadence`], [`ground`], [`letters`]: when a letter is a command; which background and which characters the
//!   terminal has. Pure.
//! * [`notice`]: how a person whose window has no focus is notified. Pure.
//! * [`model`], [`msg`], [`update`](mod@update): the state, the messages, and the changes that they cause. Pure.
//! * [`seen`]: what a drawing showed: the places that can be clicked, which the mouse looks up, and the ages, for which
//!   the timer is set. Pure.
//! * [`deadline`]: when something that is shown changes by time alone. Pure.
//! * [`layout`], [`ending`], [`view`], [`widget`]: the drawing. Pure.
//! * [`run`](mod@run): the loop. Only it, `events`, `pen` and `terminal` touch the terminal, the clock and signals.

pub mod age;
pub mod cadence;
mod canvas;
pub mod deadline;
/// An invented fleet, for the units that need an agent.
#[cfg(test)]
#[path = "../../tests/tui/demo/mod.rs"]
pub mod demo;
pub mod encode;
pub mod ending;
mod events;
pub mod ground;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod letters;
pub mod link;
pub mod model;
pub mod msg;
pub mod notice;
mod pen;
pub mod run;
pub mod seen;
mod terminal;
pub mod theme;
pub mod topic;
pub mod update;
pub mod view;
pub mod widget;

pub use link::{Answer, Carrier, FromFleet, Link, ToFleet, link};
pub use model::Mode;
pub use msg::Outcome;
pub use run::{Options, run};
pub use topic::{Data, Topic};
