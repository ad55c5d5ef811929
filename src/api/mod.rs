//! The messages between clients and the supervisor: the control plane's JSON bodies, and the binary messages of the
//! frame stream. Both sides use these types; the OpenAPI description is made from them.
//!
//! The API is separate from the core: the core's types may change freely, these types change only with a new version.

pub mod agents;
pub mod call;
pub mod condition;
pub mod conflicts;
pub mod error;
pub mod events;
pub mod facts;
pub mod input;
pub mod joining;
pub mod listing;
pub mod locks;
pub mod messages;
pub mod metrics;
pub mod plans;
pub mod removal;
pub mod route;
pub mod screen;
pub mod state;
pub mod states;
pub mod stream;
pub mod system;
pub mod tasks;
pub mod tools;
pub mod work;

/// Returns the name, the method and the path of every route.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let modules = [
        agents::ROUTES,
        conflicts::ROUTES,
        events::ROUTES,
        input::ROUTES,
        joining::ROUTES,
        locks::ROUTES,
        messages::ROUTES,
        metrics::ROUTES,
        plans::ROUTES,
        screen::ROUTES,
        state::ROUTES,
        stream::ROUTES,
        system::ROUTES,
        tasks::ROUTES,
        tools::ROUTES,
        work::ROUTES,
    ];
    modules.into_iter().flatten().copied()
}

/// The header of an answer to a change that is only in memory, because the journal cannot be written. Its value is
/// `false`.
pub const DURABLE_HEADER: &str = "qd-durable";

/// The header that carries a run's secret (`QD_RUN_PROOF`, `QD_TOKEN`) with a request. Within an agent's process tree
/// it is not needed: the supervisor sees which process sent a request.
pub const TOKEN_HEADER: &str = "qd-token";

/// The header in which a program says which agent it is (`QD_AGENT`). It proves nothing: a caller that sends it and is
/// not known to be an agent is refused, and is never taken for a person.
pub const AGENT_HEADER: &str = "qd-agent";

/// The largest body of a request, in bytes. It has room for as much input as a keeper holds, written as JSON, where a
/// control character takes two bytes or more. Beyond it, the request is refused (`too_large`), by the client before it
/// is sent.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The control plane's version, which is sent in [`system::Hello`] and compared by both sides.
pub const API_VERSION: u32 = 1;
