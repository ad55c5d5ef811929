//! JSON bodies about the fleet and its supervisor: hello, health, shutdown and configuration.

use super::agents::Accepted;
use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const HELLO: GET "", () => Hello;
    // The checks are executed for each request.
    pub const HEALTH: GET "/health", () => Health, within 10;
    pub const RELOAD: POST "/reload", () => Accepted;
    pub const SHUTDOWN: POST "/shutdown", ShutdownRequest => Accepted;
    pub const OPENAPI: GET "/openapi.json", () => ();
}

/// Answer to `GET /api/v1`: the fleet and its supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// The supervisor's value of [`super::API_VERSION`].
    pub api_version: u32,
    /// Version of the supervisor's program: `0.1.0`.
    pub qd_version: String,
    /// The name of the fleet.
    pub fleet: String,
    /// Absolute path of the configuration file.
    pub config_path: String,
    /// Absolute path of the directory `.quarterdeck`.
    pub state_directory: String,
    /// Process id of the supervisor.
    pub pid: u32,
    /// When the supervisor started, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The number of the newest fact.
    pub newest_seq: u64,
    /// The runs that the supervisor found when it started.
    pub adoption: Adoption,
    /// Standing warnings about the fleet as a whole.
    pub banners: Vec<String>,
    /// The agent whose run sent the request; none if a person sent it, or if the sender cannot be proved.
    #[serde(default)]
    pub you: Option<String>,
    /// Whether nothing runs and nothing is planned: every agent is off, has ended, or has given up.
    #[serde(default)]
    pub quiescent: bool,
}

/// The runs of an earlier supervisor that a supervisor found when it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adoption {
    /// The number of live runs that were adopted.
    pub adopted: u32,
    /// The number of runs whose keeper was gone.
    pub lost: u32,
    /// The number of processes of lost runs that were found and killed.
    pub reaped: u32,
}

/// Answer to `GET /health`: the result of all checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The worst status of all checks.
    pub status: HealthStatus,
    /// The checks, each of which was executed for this answer.
    pub checks: Vec<HealthCheck>,
}

/// The result of one health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// Name of the check: `kernel`, `journal`, `keepers`, `agents`, `invariants`, `disk`, `runtime_directory` …
    pub name: String,
    /// The result of the check.
    pub status: HealthStatus,
    /// What the check found, in words.
    pub detail: String,
    /// How long the check took, in microseconds.
    pub took_us: u64,
}

/// The possible results of a health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// The checked part works as it should.
    Healthy,
    /// The checked part works, but with a loss.
    Degraded,
    /// The checked part does not work.
    Unhealthy,
}

/// Body of `POST /shutdown`: how to end the agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShutdownRequest {
    /// Whether to kill every agent with SIGKILL at once, instead of following each agent's stop policy.
    #[serde(default)]
    pub kill: bool,
}
