//! The control plane and the frame stream from the other side: what a dashboard, a verb or a headless run uses
//! to talk to a fleet's supervisor.
//!
//! A client decides nothing and owns nothing. Every connection checks whom it talks to (the socket's directory
//! and the peer's uid) and every wait for a first answer has a deadline, so that a supervisor that hangs, is
//! gone, or is of another version is told apart and named, and nothing here ever hangs with it.
//!
//! Reading order: [`control`] (the verbs of the API; [`locks`] has its own), [`follow`] (facts as they happen, over [`sse`]),
//! [`viewer`] (pictures and keys), [`ensure()`] (start a supervisor when there is none), [`process`] (see one end),
//! [`error`].

pub mod conflicts;
mod control;
pub mod ensure;
pub mod error;
pub mod follow;
mod http;
pub mod locks;
pub mod messages;
mod metrics;
mod plans;
pub mod process;
pub mod reconnect;
pub mod scopes;
mod split;
pub mod sse;
pub mod state;
mod tasks;
pub mod tools;
pub mod viewer;
mod work;

pub use control::Client;
pub use ensure::{Background, Joined, ensure};
pub use error::ClientError;
pub use follow::{Follow, Followed};
pub use http::{Durable, with_durability};
pub use viewer::Viewer;
