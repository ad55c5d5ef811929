//! JSON bodies for the shared state (small values by owner and key, durable once acknowledged) and for the
//! synchronisation of scopes.
//!
//! `{owner}` is an agent's name, or `fleet`. An agent may change its own values, and single values of the fleet; a
//! person may change all values.

use super::error::Problem;
use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const LIST_STATE: GET "/state", () => Vec<StateEntry>;
    pub const LIST_STATE_OF: GET "/state/{owner}", () => Vec<StateEntry>;
    pub const GET_STATE: GET "/state/{owner}/{key}", () => StateEntry;
    pub const SET_STATE: PUT "/state/{owner}/{key}", SetState => StateEntry;
    pub const CLEAR_STATE: DELETE "/state/{owner}/{key}", () => Cleared;
    pub const CLEAR_STATE_OF: DELETE "/state/{owner}", () => Cleared;
    pub const LIST_SYNC: GET "/sync", () => Vec<SyncScope>;
    pub const START_SYNC: POST "/sync/start", SyncRequest => SyncScope;
    pub const COMPLETE_SYNC: POST "/sync/complete", SyncRequest => SyncScope;
    pub const FAIL_SYNC: POST "/sync/fail", SyncRequest => SyncScope;
    pub const CHANGE_SYNC: POST "/sync/change", SyncRequest => SyncScope;
}

/// One value of the shared state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateEntry {
    /// The value's owner: an agent's name, or `fleet`.
    pub owner: String,
    /// The value's key. The key `progress` is shown as a percentage if its value is a number from 0 to 100.
    pub key: String,
    /// The value, which is any JSON.
    pub value: serde_json::Value,
    /// Version of the value, which increases by one with each change of this key.
    pub version: u64,
    /// The party that set the value.
    pub by: String,
    /// When the value was set, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// Body of `PUT /state/{owner}/{key}`: a value to be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetState {
    /// The new value, which is any JSON.
    pub value: serde_json::Value,
    /// The version that must be current for the value to be set; 0 means that no value may exist. None sets it in any
    /// case.
    #[serde(default)]
    pub version: Option<u64>,
}

/// A refusal to set a value because the current version is another. Both values are recorded in the fact
/// `state.conflict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateConflict {
    /// The problem, as in every refusal; its code is `conflict`.
    #[serde(flatten)]
    pub problem: Problem,
    /// The current value; none if the key has no value.
    pub current: Option<StateEntry>,
}

/// Answer to a request that removes values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cleared {
    /// The number of values that were removed.
    pub cleared: u32,
}

/// The states of a scope's synchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// No synchronisation was started, or something that the scope depends on changed.
    Idle,
    /// The synchronisation waits in the queue, because a scope that it depends on is not completed.
    Queued,
    /// The synchronisation is in progress.
    Syncing,
    /// The synchronisation is completed.
    Completed,
    /// The synchronisation has failed.
    Failed,
}

/// The synchronisation of one scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SyncScope {
    /// The name of the scope.
    pub scope: String,
    /// The state of the scope's synchronisation.
    pub state: SyncState,
    /// The scopes that this scope depends on.
    pub needs: Vec<String>,
    /// The scopes that this scope depends on and that are not completed.
    pub waits_for: Vec<String>,
    /// The party that started the synchronisation.
    pub by: Option<String>,
    /// The number of retries so far.
    pub retries: u32,
    /// When the synchronisation entered its state, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// The reason why the synchronisation failed.
    pub reason: Option<String>,
}

/// The degrees of urgency of a synchronisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncPriority {
    /// The synchronisation runs when nothing else waits.
    Low,
    /// The synchronisation has the usual urgency.
    #[default]
    Normal,
    /// The synchronisation runs before those of normal urgency.
    High,
    /// The synchronisation runs before all others.
    Critical,
}

/// Body of the `POST /sync/…` requests: a change to a scope's synchronisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// Name of the scope to change.
    pub scope: String,
    /// With `start`: the scopes that this scope depends on; none keeps them as before.
    #[serde(default)]
    pub needs: Option<Vec<String>>,
    /// With `start`: how urgent the synchronisation is.
    #[serde(default)]
    pub priority: SyncPriority,
    /// With `fail`: why the synchronisation failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// With `start`: how long to wait for the scopes it depends on, in milliseconds; 0 or none only queues it.
    #[serde(default)]
    pub wait_ms: Option<u64>,
}
