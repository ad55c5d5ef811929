//! Agents that were started outside the fleet and join it: `POST /join` [`Join`] is answered with [`Joined`]. An agent
//! leaves by `PATCH /agents/{name}` with `leave`, or when its process ends.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const JOIN: POST "/join", Join => Joined;
}

/// Body of `POST /join`: an agent that was started outside the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The agent's name, unique in the fleet.
    pub name: String,
    /// Capabilities of the agent, by which tasks are assigned to it.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Process id of the root of the agent's process tree; the caller must descend from it. Default: the caller's
    /// parent.
    #[serde(default)]
    pub pid: Option<u32>,
}

/// Answer to `POST /join`: the agent that joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Joined {
    /// Name of the agent that joined.
    pub agent: String,
    /// The agent's run, which holds its locks and tasks: `r17`.
    pub run: String,
    /// Process id of the root of the agent's process tree; the agent leaves when this process ends.
    pub pid: u32,
    /// Number of the last fact that was recorded when the agent had joined.
    pub seq: u64,
}
