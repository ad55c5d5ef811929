//! The body of an error answer: what failed, why, and what to do about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The HTTP status code, repeated in the body.
    pub status: u16,
    /// A stable word for programs: `unknown_agent`, `already_running`, `bad_request` …
    pub code: String,
    /// What could not be done, in words.
    pub what: String,
    /// Why it could not be done.
    pub why: String,
    /// What the user can do about it.
    pub hint: Option<String>,
}
