//! Agents that somebody started elsewhere, and that take part: `POST /join` [`Join`] is answered with [`Joined`]. They leave by
//! `PATCH /agents/{name}` with `leave`, or with their process.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /join`: an agent that somebody started elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Its name; unique in the fleet.
    pub name: String,
    /// What it may be asked to do.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The process with which its tree begins; whoever asks must descend from it. The parent of whoever asks unless told.
    #[serde(default)]
    pub pid: Option<u32>,
}

/// The answer to `POST /join`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Joined {
    /// The agent.
    pub agent: String,
    /// Its run, by which it holds locks and tasks: `r17`.
    pub run: String,
    /// The process with which its tree begins, and its part ends.
    pub pid: u32,
    /// The number of the last fact recorded when it had joined.
    pub seq: u64,
}
