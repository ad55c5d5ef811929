//! What clients and the supervisor say to each other: the control plane's JSON bodies, and the frame stream's
//! binary messages. Both sides use these types; the OpenAPI description is made from them.
//!
//! The API is a boundary of its own: core's types may change, these change only with a version.

pub mod agents;
pub mod error;
pub mod events;
pub mod locks;
pub mod messages;
pub mod metrics;
pub mod plans;
pub mod state;
pub mod stream;
pub mod system;
pub mod tasks;

/// The header in which a run's secret (`QD_TOKEN`) comes with a request. A request without it is a person's.
pub const TOKEN_HEADER: &str = "qd-token";

/// The control plane's version, spoken in [`system::Hello`] and compared by both sides.
pub const API_VERSION: u32 = 1;
