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
    /// The action that could not be carried out, in words.
    pub what: String,
    /// The reason why the request failed.
    pub why: String,
    /// A hint on what the user can do about the error.
    pub hint: Option<String>,
}

impl Problem {
    /// Returns why the request failed, and the hint behind it in parentheses if there is one.
    pub fn why_and_hint(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}{hint}", self.why)
    }
}
