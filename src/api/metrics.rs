//! Metrics of the fleet: `GET /metrics` returns OpenMetrics text for Prometheus, or [`Metrics`] with `format=json`.
//!
//! Everything except [`Requests`] is counted since the journal began, and is read from the view at each request.

use super::route::routes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const METRICS: GET "/metrics", MetricsQuery => Metrics;
}

/// Query of `GET /metrics`: the format of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsQuery {
    /// The answer's format: `text` (the default) for Prometheus, or `json` for a `Metrics` object.
    pub format: MetricsFormat,
}

/// The formats in which metrics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricsFormat {
    /// OpenMetrics text, which Prometheus reads.
    #[default]
    Text,
    /// A JSON object of the type `Metrics`.
    Json,
}

/// The number of things in each state. A state that nothing is in has 0.
pub type ByState = BTreeMap<String, u64>;

/// All metrics of the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    /// The number of agents in each state of the lifecycle.
    pub agents: BTreeMap<String, u64>,
    /// The number of agents of each degree of health.
    #[serde(default)]
    pub agents_health: BTreeMap<String, u64>,
    /// The number of kept tasks in each state.
    pub tasks: BTreeMap<String, u64>,
    /// The number of kept plans in each state.
    pub plans: BTreeMap<String, u64>,
    /// The number of kept messages in each state of delivery.
    pub messages: BTreeMap<String, u64>,
    /// The number of known synchronisation scopes in each state.
    pub sync_scopes: BTreeMap<String, u64>,
    /// The metrics of locks and lock requests.
    pub locks: LockMetrics,
    /// The metrics of the shared state.
    pub state: StateMetrics,
    /// The number of times that an invariant was found violated.
    pub invariant_violations: u64,
    /// The number of facts recorded so far.
    pub facts: u64,
    /// How long requested changes took.
    pub requests: Requests,
}

/// Metrics of the arbiter, which grants locks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LockMetrics {
    /// The number of leases that are held now.
    pub held: u64,
    /// The number of lock requests that wait now.
    pub waiting: u64,
    /// The number of lock requests that were granted.
    pub granted: u64,
    /// The number of granted requests that had to wait.
    pub waited: u64,
    /// The sum of all waits, in seconds.
    pub wait_seconds_sum: f64,
    /// The longest of all waits, in seconds.
    pub wait_seconds_longest: f64,
    /// The number of requests given up because the wait became too long.
    pub timed_out: u64,
    /// The number of requests refused because they would have closed a cycle of waiters.
    pub cycles_refused: u64,
    /// The number of leases that ended because they were not renewed.
    pub expired: u64,
    /// The number of leases that were taken by force.
    pub forced: u64,
    /// The number of writes into a scope that another party held.
    pub violations: u64,
}

/// Metrics of the shared state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateMetrics {
    /// The number of values that were set.
    pub updates: u64,
    /// The number of values that were not set because the current version was another.
    pub conflicts: u64,
}

/// How long changes took from the request to the durable answer, since this supervisor started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Requests {
    /// The number of changes that were answered.
    pub count: u64,
    /// The sum of the durations of all answered changes, in seconds.
    pub seconds_sum: f64,
    /// A histogram of the durations: the number of changes in each bucket. The last bucket has no upper bound.
    pub buckets: Vec<Bucket>,
}

/// One bucket of a histogram: the answers that took longer than the bound of the bucket before, and at most the bound
/// of this one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bucket {
    /// The bucket's upper bound, in seconds; none if it has no bound.
    pub seconds_max: Option<f64>,
    /// The number of answers in this bucket, without those of smaller buckets.
    pub count: u64,
}
