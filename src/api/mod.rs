//! What clients and the supervisor say to each other: the control plane's JSON bodies, and the frame stream's
//! binary messages. Both sides use these types; the OpenAPI description is made from them.
//!
//! The API is a boundary of its own: core's types may change, these change only with a version.

pub mod agents;
pub mod condition;
pub mod conflicts;
pub mod error;
pub mod events;
pub mod input;
pub mod joining;
pub mod locks;
pub mod messages;
pub mod metrics;
pub mod plans;
pub mod state;
pub mod stream;
pub mod system;
pub mod tasks;
pub mod tools;
pub mod work;

/// Comes with the answer to a change that is in memory only, because the journal can't be written: `false`.
pub const DURABLE_HEADER: &str = "qd-durable";

/// The header in which a run's secret (`QD_RUN_PROOF`, `QD_TOKEN`) comes with a request. Within an agent's process tree
/// it is not needed: the supervisor sees where a request comes from.
pub const TOKEN_HEADER: &str = "qd-token";

/// The header in which a program says which agent it is (`QD_AGENT`). It proves nothing: who says it is an agent and
/// is not known to be one is refused, and is never taken for a person.
pub const AGENT_HEADER: &str = "qd-agent";

/// The largest body of a request, bytes: as much input as a keeper holds, in JSON, where a control character takes two
/// and more. Beyond it, the request is refused (`too_large`), by the client before it is sent.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The control plane's version, spoken in [`system::Hello`] and compared by both sides.
pub const API_VERSION: u32 = 1;
