//! The policies: the part of the configuration that decisions need, such as when, how often and how a program is
//! started and stopped. The command, environment and workspace of a program are known only to the shell.

use crate::lock::LockPolicy;
use crate::mail::MailPolicy;
use crate::plan::PlanPolicy;
use crate::shared::SharedPolicy;
use crate::sync::SyncPolicy;
use crate::task::{TaskPolicy, Work};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The limits and rules that apply to the whole fleet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FleetPolicy {
    /// The largest number of runs that live at one time; further starts wait in a queue.
    pub max_concurrent: u32,
    /// The largest number of agents in the fleet, including spawned ones.
    pub agents_max: u32,
    /// The rules for coordination between agents.
    #[serde(default)]
    pub coordination: CoordinationPolicy,
    /// The rules by which faults of the fleet itself are noticed.
    #[serde(default)]
    pub safety: SafetyPolicy,
}

/// The rules by which faults of the fleet itself are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SafetyPolicy {
    /// When the invariants are checked.
    pub checks: SafetyChecks,
    /// Whether leases and claims of dead runs are freed automatically.
    pub recovery: Recovery,
}

/// When the invariants are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyChecks {
    /// The invariants are checked after a sample of the steps, and when the fleet's health is asked for.
    #[default]
    Sampled,
    /// The invariants are checked after every step.
    EveryStep,
}

/// Whether the leases and claims of a dead run are freed when a check finds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Leases and claims of dead runs are freed automatically when a check finds them.
    #[default]
    Automatic,
    /// Leases and claims of dead runs remain until a person frees them.
    ByHand,
}

impl Default for FleetPolicy {
    fn default() -> Self {
        FleetPolicy {
            max_concurrent: 100,
            agents_max: 1_000,
            coordination: CoordinationPolicy::default(),
            safety: SafetyPolicy::default(),
        }
    }
}

/// The rules for coordination between agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CoordinationPolicy {
    /// Whether coordination is switched on.
    pub mode: Coordination,
    /// The rules and limits of locks.
    pub locks: LockPolicy,
    /// The rules and limits of tasks.
    pub tasks: TaskPolicy,
    /// The rules and limits of plans.
    pub plans: PlanPolicy,
    /// The rules and limits of messages.
    pub mail: MailPolicy,
    /// The rules and limits of shared state.
    pub shared: SharedPolicy,
    /// The rules and limits of the synchronisation of scopes.
    pub sync: SyncPolicy,
}

/// Whether agents are coordinated by locks, tasks, plans, messages and shared state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coordination {
    /// Coordination is switched on.
    #[default]
    On,
    /// Coordination is switched off: the fleet is only supervised, and every request about coordination is refused.
    Off,
}

/// The part of one agent's configuration that decisions need. By default, an agent without a name that starts with its
/// fleet and has the rules that hold for an agent whose table in `agents.toml` gives none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentPolicy {
    /// Name of the agent: unique in the fleet, and fit for a path and a branch (checked by the configuration).
    pub name: String,
    /// A digest of the agent's whole configuration. A running agent whose digest changes is marked
    /// "changed, restart to apply".
    pub revision: u64,
    /// Whether the agent starts with the fleet.
    pub autostart: Autostart,
    /// Names of the agents that must be ready, or have completed, before this one starts.
    pub after: Vec<String>,
    /// The condition that makes a run ready.
    pub readiness: Readiness,
    /// How the agent is started again after its run ended.
    pub restart: RestartPolicy,
    /// How a run of the agent is asked to end.
    pub stop: StopPolicy,
    /// The agent's capabilities, which tasks may require.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The way in which the work of a task reaches the agent.
    #[serde(default)]
    pub work: Work,
    /// The time limit of an attempt whose task sets none; none means the fleet's time limit.
    #[serde(default)]
    pub task_timeout: Option<Span>,
}

impl AgentPolicy {
    /// Returns the policy of an agent of which only the name is known: it is never started again.
    pub fn of_name(name: String) -> AgentPolicy {
        AgentPolicy {
            name,
            autostart: Autostart::OnRequest,
            restart: RestartPolicy { when: RestartWhen::Never, ..RestartPolicy::default() },
            ..AgentPolicy::default()
        }
    }
}

/// Whether an agent starts with its fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autostart {
    /// The agent starts when the fleet starts, and when it first appears in the configuration.
    #[default]
    WithFleet,
    /// The agent starts only when a client asks for it.
    OnRequest,
}

/// The longest silence of a starting program whose first output is the sign of readiness. Beyond it, the program counts
/// as ready nevertheless, because it lives, and nothing says that it is still starting.
pub const SILENT_START_MAX: Span = Span::from_secs(5);

/// The condition that makes a run ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Readiness {
    /// The program wrote its first byte of output, or has run for [`SILENT_START_MAX`] without output, because many
    /// programs are silent. Silence is not enough for an agent whose prompts are typed: its program must have drawn its
    /// screen.
    #[default]
    FirstOutput,
    /// A line of output matches a pattern; the shell matches it and reports it.
    Pattern,
    /// This span has passed since the process was started.
    Delay(Span),
    /// A command exits with 0; the shell runs it when asked to probe, one probe at a time.
    Command {
        /// The time from the failure of one probe to the next probe.
        period: Span,
    },
}

/// How an agent is started again after its run ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// The endings after which the agent is started again.
    pub when: RestartWhen,
    /// The wait before the first restart; doubles with each failure in a row.
    pub delay: Span,
    /// The longest wait before a restart.
    pub delay_max: Span,
    /// The random spread of the wait, in percent to either side.
    pub jitter_percent: u8,
    /// The largest number of restarts within `window`; when one more would be needed, the agent gives up.
    pub budget: u32,
    /// The window in which the budget counts restarts. It is suspended while the agent is paused.
    pub window: Span,
    /// The time for which a run must be ready until the doubling of `delay` begins again.
    pub reset_after: Span,
    /// The exit codes that count as success.
    pub success_codes: Vec<i32>,
    /// The exit codes after which the agent is never restarted, in addition to [`PERMANENT_CODE`].
    pub permanent_codes: Vec<i32>,
}

/// The exit code after which an agent is never restarted, whatever its policy lists (the convention of s6-permafailon).
pub const PERMANENT_CODE: i32 = 125;

/// The endings after which an agent is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RestartWhen {
    /// The agent is never started again.
    Never,
    /// The agent is started again when its run failed: an exit code that is no success, a signal that the fleet did not
    /// send, or a lost keeper.
    OnFailure,
    /// The agent is started again after every ending, unless a person stopped it.
    Always,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        RestartPolicy {
            when: RestartWhen::OnFailure,
            delay: Span(500),
            delay_max: Span::from_secs(30),
            jitter_percent: 20,
            budget: 5,
            window: Span::from_secs(600),
            reset_after: Span::from_secs(60),
            success_codes: alloc::vec![0],
            permanent_codes: alloc::vec![PERMANENT_CODE],
        }
    }
}

/// How a run is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StopPolicy {
    /// The time to wait for the end after the stop keys, before the signal is sent. `None` means that no keys are
    /// configured.
    pub keys_wait: Option<Span>,
    /// Number of the stop signal, which is sent with SIGCONT to every process group of the session.
    pub signal: i32,
    /// The grace: the time from the signal to SIGKILL for the whole tree.
    pub grace: Span,
}

impl Default for StopPolicy {
    fn default() -> Self {
        StopPolicy { keys_wait: None, signal: 15, grace: Span::from_secs(10) }
    }
}
