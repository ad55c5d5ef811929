//! The screen: a dashboard on the whole fleet, or one agent's terminal. An Elm loop; drawing is pure.
//!
//! ```text
//!  terminal ─► input ─┐                       ┌─► Cmd ─► link, clipboard, end
//!  link ──► FromFleet ┼─► Msg ─► update ─► Model
//!  timer ─────────────┘                       └─► view ─► Buffer ─► pen ─► terminal
//! ```
//!
//! * [`mod@link`]: the seam to whoever carries words between this screen and the supervisor.
//! * [`input`], [`encode`]: what a person does, and the bytes a program gets for it.
//! * [`keymap`], [`theme`]: keys and looks, as shipped and overlaid by a user's files.
//! * [`cadence`], [`ground`], [`letters`]: when a letter is a command; which background and which letters the terminal
//!   has. Pure.
//! * [`notice`]: how a person who looks elsewhere is called. Pure.
//! * [`model`], [`msg`], [`update`](mod@update): what is known, what happens, what follows. Pure.
//! * [`layout`], [`view`], [`widget`], [`graph`]: the picture. Pure.
//! * [`run`](mod@run): the loop; with `events`, `pen` and `terminal` the only part that touches terminal, clock and signals.
//! * [`demo`], [`svg`]: a fleet that is made up, and a screen as a picture.

pub mod age;
pub mod cadence;
mod canvas;
pub mod demo;
pub mod encode;
mod events;
pub mod graph;
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
pub mod svg;
mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod widget;

pub use link::{Answer, Carrier, Data, Deed, FromFleet, Link, ToFleet, Topic, link};
pub use model::Mode;
pub use msg::Outcome;
pub use run::{Options, run};
