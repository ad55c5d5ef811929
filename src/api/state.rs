//! Shared state: small values by owner and key, durable when acknowledged; and the synchronisation of scopes.
//!
//! | request | answer |
//! |---|---|
//! | `GET /state` | `[StateEntry]` |
//! | `GET /state/{owner}` | `[StateEntry]` |
//! | `GET /state/{owner}/{key}` | [`StateEntry`] |
//! | `PUT /state/{owner}/{key}` [`SetState`] | [`StateEntry`]; 409 [`StateConflict`] when `version` differs |
//! | `DELETE /state/{owner}`, `DELETE /state/{owner}/{key}` | [`Cleared`] |
//! | `GET /sync` | `[SyncScope]`, by name |
//! | `POST /sync/start`, `/sync/complete`, `/sync/fail`, `/sync/change` [`SyncRequest`] | [`SyncScope`] |
//!
//! `{owner}` is an agent's name, or `fleet`. An agent sets what is its own and single values of the fleet; a person
//! sets all.

use super::error::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateEntry {
    /// An agent's name, or `fleet`.
    pub owner: String,
    /// Its key; `progress` is shown as a percentage where it is a number from 0 to 100.
    pub key: String,
    /// The value: any JSON.
    pub value: serde_json::Value,
    /// Counts up by one with each change of this key.
    pub version: u64,
    /// Who set it.
    pub by: String,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// A value to be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetState {
    /// The value: any JSON.
    pub value: serde_json::Value,
    /// Only if this is the current version; 0: only if there is none. None: whatever it is.
    #[serde(default)]
    pub version: Option<u64>,
}

/// A value that was not set because another version is the current one. Both sides are a fact, `state.conflict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateConflict {
    /// As every refusal; its code is `conflict`.
    #[serde(flatten)]
    pub problem: Problem,
    /// The current value; none when there is none.
    pub current: Option<StateEntry>,
}

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cleared {
    /// How many values.
    pub cleared: u32,
}

/// Where the synchronisation of a scope stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Nothing was started, or what it depends on changed.
    Idle,
    /// It stands in the queue: what it depends on is not completed.
    Queued,
    /// It is under way.
    Syncing,
    /// It is completed.
    Completed,
    /// It failed.
    Failed,
}

/// One scope's synchronisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncScope {
    /// The scope.
    pub scope: String,
    /// Where it stands.
    pub state: SyncState,
    /// The scopes it depends on.
    pub needs: Vec<String>,
    /// Of those, the ones that are not completed.
    pub waits_for: Vec<String>,
    /// Who started it.
    pub by: Option<String>,
    /// Retries so far.
    pub retries: u32,
    /// Since when it stands there, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Why it failed.
    pub reason: Option<String>,
}

/// How urgent a synchronisation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncPriority {
    /// When nothing else waits.
    Low,
    /// The normal course.
    #[default]
    Normal,
    /// Before the normal.
    High,
    /// Before all.
    Critical,
}

/// Something about a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Which scope.
    pub scope: String,
    /// With `start`: the scopes it depends on; none: as before.
    #[serde(default)]
    pub needs: Option<Vec<String>>,
    /// With `start`: how urgent.
    #[serde(default)]
    pub priority: SyncPriority,
    /// With `fail`: why.
    #[serde(default)]
    pub reason: Option<String>,
    /// With `start`: wait so long for what it depends on, in milliseconds; 0 or none only queues it.
    #[serde(default)]
    pub wait_ms: Option<u64>,
}
