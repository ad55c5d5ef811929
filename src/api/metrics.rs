//! What the fleet counts: `GET /metrics`, as Prometheus reads it, or with `format=json` as [`Metrics`].
//!
//! All but [`Requests`] is counted since the journal began, and read from the view when it is asked for.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// `GET /metrics` query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsQuery {
    /// `text` (default) is what Prometheus reads, `json` a `Metrics`.
    pub format: MetricsFormat,
}

/// How metrics are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricsFormat {
    /// OpenMetrics text.
    #[default]
    Text,
    /// An object.
    Json,
}

/// What is there, by the state in which it is. A state that nothing is in has 0.
pub type ByState = BTreeMap<String, u64>;

/// What the fleet counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    /// Agents.
    pub agents: BTreeMap<String, u64>,
    /// Agents, by their health.
    #[serde(default)]
    pub agents_health: BTreeMap<String, u64>,
    /// Tasks that are kept.
    pub tasks: BTreeMap<String, u64>,
    /// Plans that are kept.
    pub plans: BTreeMap<String, u64>,
    /// Messages that are kept, by how far they came.
    pub messages: BTreeMap<String, u64>,
    /// Scopes whose synchronisation is known.
    pub sync_scopes: BTreeMap<String, u64>,
    /// Locks.
    pub locks: LockMetrics,
    /// Shared state.
    pub state: StateMetrics,
    /// How often something was noticed that must hold and did not.
    pub invariant_violations: u64,
    /// Facts recorded so far.
    pub facts: u64,
    /// How long changes that were asked for took.
    pub requests: Requests,
}

/// What the arbiter of locks counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LockMetrics {
    /// Leases that are held now.
    pub held: u64,
    /// Requests that wait now.
    pub waiting: u64,
    /// Requests granted.
    pub granted: u64,
    /// Of those, how many had to wait.
    pub waited: u64,
    /// All waits together.
    pub wait_seconds_sum: f64,
    /// The longest of them.
    pub wait_seconds_longest: f64,
    /// Requests given up because the wait became too long.
    pub timed_out: u64,
    /// Requests refused because they would have closed a cycle.
    pub cycles_refused: u64,
    /// Leases that ended because they were not renewed.
    pub expired: u64,
    /// Leases taken by force.
    pub forced: u64,
    /// Writes seen into a scope that another held.
    pub violations: u64,
}

/// What the shared state counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateMetrics {
    /// Values set.
    pub updates: u64,
    /// Values that were not set, because another version was the current one.
    pub conflicts: u64,
}

/// How long changes took from asking to the durable answer, since this supervisor started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Requests {
    /// How many were answered.
    pub count: u64,
    /// All of them together.
    pub seconds_sum: f64,
    /// How many of them took how long, by their upper bound; the last has none.
    pub buckets: Vec<Bucket>,
}

/// Answers that took longer than the bucket before says, and at most as long as this one does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bucket {
    /// At most so long; none: however long.
    pub seconds_max: Option<f64>,
    /// How many, those of smaller buckets not counted.
    pub count: u64,
}
