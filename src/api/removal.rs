//! The removal of an agent from the fleet, with or without its workspace.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The query of `DELETE /agents/{name}`: what happens to the agent's workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveQuery {
    /// What happens to the agent's workspace; `keep` if not given.
    pub workspace: WorkspaceFate,
}

/// What happens to the workspace of an agent that is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceFate {
    /// The workspace is kept as it is.
    #[default]
    Keep,
    /// The workspace is removed if it is proved that nothing is lost; otherwise the request is refused with the reason.
    Remove,
    /// Everything that would be lost is committed to a git ref, then the workspace is removed.
    Park,
}

/// Answer to `DELETE /agents/{name}`: the agent was removed from the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Forgotten {
    /// Name of the agent that was removed from the fleet.
    pub agent: String,
    /// The number of the last fact that was recorded when the agent was removed.
    pub seq: u64,
    /// What happened to the agent's workspace, in words for people: where parked work is, and whether the branch
    /// remains. None when the workspace was to be kept.
    #[serde(default)]
    pub workspace: Option<String>,
}
