//! What a client is told when something can't be done: what, why, and what to do about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The HTTP status once more.
    pub status: u16,
    /// A stable word for programs: `unknown_agent`, `already_running`, `bad_request` …
    pub code: String,
    /// What could not be done.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub hint: Option<String>,
}
