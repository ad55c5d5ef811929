//! The client's side of the control plane and the frame stream: a dashboard, a subcommand or a headless run uses it to
//! talk to a fleet's supervisor.
//!
//! A client decides nothing and owns nothing. Every connection verifies its peer (by the socket's directory and the
//! peer's user id), and every wait for the head of an answer has a deadline. So a supervisor that hangs, is gone, or
//! has another version is recognised and named, and the client never hangs with it.
//!
//! Reading order: [`control`] (the calls of the API; [`locks`] and others have those that wait), [`follow`] (facts as
//! they happen, over [`sse`]), [`viewer`] (pictures and keys), [`ensure()`] (start a supervisor when there is none), [`process`] (wait for
//! the end of a supervisor), [`error`].

mod control;
pub mod ensure;
pub mod error;
pub mod follow;
mod http;
pub mod locks;
pub mod messages;
mod metrics;
pub mod process;
pub mod reconnect;
pub mod scopes;
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
