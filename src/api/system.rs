//! The fleet and its supervisor: hello, health, shutdown, configuration.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1`: who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// [`super::API_VERSION`] of the supervisor.
    pub api_version: u32,
    /// The supervisor's build: `0.1.0`.
    pub qd_version: String,
    /// The fleet's name.
    pub fleet: String,
    /// The configuration file, absolute.
    pub config_path: String,
    /// `.quarterdeck`, absolute.
    pub state_directory: String,
    /// The supervisor's process id.
    pub pid: u32,
    /// When it started.
    pub started_ms: u64,
    /// The newest fact's number.
    pub newest_seq: u64,
    /// What it found when it started.
    pub adoption: Adoption,
    /// Banners: things wrong with the fleet as a whole right now.
    pub banners: Vec<String>,
    /// The agent from whose run this was asked; none: it was a person, or it can't be proved who it was.
    #[serde(default)]
    pub you: Option<String>,
    /// Nothing runs and nothing is planned: every agent is off, has ended, or has given up.
    #[serde(default)]
    pub quiescent: bool,
}

/// What a supervisor found when it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adoption {
    /// Live runs taken over.
    pub adopted: u32,
    /// Runs whose keeper was gone.
    pub lost: u32,
    /// Processes of lost runs that were hunted down.
    pub reaped: u32,
}

/// `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The worst of the checks.
    pub status: HealthStatus,
    /// Each was really executed for this answer.
    pub checks: Vec<HealthCheck>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// `kernel`, `journal`, `keepers`, `agents`, `invariants`, `disk`, `runtime_directory` …
    pub name: String,
    /// How it went.
    pub status: HealthStatus,
    /// What was found.
    pub detail: String,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// How healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// As it should be.
    Healthy,
    /// Works, with a loss.
    Degraded,
    /// Does not work.
    Unhealthy,
}

/// `POST /shutdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShutdownRequest {
    /// With SIGKILL at once, instead of each agent's stop policy.
    #[serde(default)]
    pub kill: bool,
}
