//! What the configuration says, as far as decisions need it. How a program is launched (command, environment,
//! workspace) is the shell's business; when, how often and how it is stopped is decided from these values.

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

/// Limits and habits of the whole fleet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FleetPolicy {
    /// Live runs at one time; further starts queue.
    pub max_concurrent: u32,
    /// Agents the fleet will hold at all, spawned ones included.
    pub agents_max: u32,
    /// What concerns work between agents.
    #[serde(default)]
    pub coordination: CoordinationPolicy,
    /// What is done to notice that something is wrong with the fleet itself.
    #[serde(default)]
    pub safety: SafetyPolicy,
}

/// What is done to notice that something is wrong with the fleet itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SafetyPolicy {
    /// When the invariants are checked.
    pub checks: SafetyChecks,
    /// Whether what nobody holds is freed.
    pub recovery: Recovery,
}

/// When the invariants are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyChecks {
    /// On a sample of the steps, and when the fleet's health is asked for.
    #[default]
    Sampled,
    /// After every step.
    EveryStep,
}

/// Whether what a dead run holds is freed when a check finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// It is.
    #[default]
    Automatic,
    /// A person sees to it.
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

/// What concerns work between agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CoordinationPolicy {
    /// Whether there is any.
    pub mode: Coordination,
    /// Locks.
    pub locks: LockPolicy,
    /// Tasks.
    pub tasks: TaskPolicy,
    /// Plans.
    pub plans: PlanPolicy,
    /// Messages.
    pub mail: MailPolicy,
    /// Shared state.
    pub shared: SharedPolicy,
    /// The synchronisation of scopes.
    pub sync: SyncPolicy,
}

/// Whether agents are coordinated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coordination {
    /// They are.
    #[default]
    On,
    /// A plain supervisor: every request about coordination is refused.
    Off,
}

/// What is to be decided about one agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentPolicy {
    /// Unique in the fleet; fit for a path and a branch (checked by the configuration).
    pub name: String,
    /// A digest of the agent's whole configuration. A running agent whose digest changes is marked
    /// "changed, restart to apply".
    pub revision: u64,
    /// Whether it starts with the fleet.
    pub autostart: Autostart,
    /// Names of agents that must be ready, or have completed, before this one starts.
    pub after: Vec<String>,
    /// What makes a run ready.
    pub readiness: Readiness,
    /// How a run that ended is started again.
    pub restart: RestartPolicy,
    /// How a run is asked to end.
    pub stop: StopPolicy,
    /// What it can do, as tasks ask for it.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// How work reaches it.
    #[serde(default)]
    pub work: Work,
    /// An attempt of a task that does not say may take this long; none: as the fleet says.
    #[serde(default)]
    pub task_timeout: Option<Span>,
}

impl AgentPolicy {
    /// That of an agent of which nothing but its name is known: it is never started again.
    pub fn of_name(name: String) -> AgentPolicy {
        AgentPolicy {
            name,
            revision: 0,
            autostart: Autostart::OnRequest,
            after: Vec::new(),
            readiness: Readiness::FirstOutput,
            restart: RestartPolicy { when: RestartWhen::Never, ..RestartPolicy::default() },
            stop: StopPolicy::default(),
            capabilities: Vec::new(),
            work: Work::default(),
            task_timeout: None,
        }
    }
}

/// Whether an agent starts with its fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autostart {
    /// Starts when the fleet starts, and when it first appears in the configuration.
    WithFleet,
    /// Starts when asked for.
    OnRequest,
}

/// How long a program that is to show by its output that it is ready may be silent. Beyond it, it is ready all the same:
/// it lives, and nobody says that it still starts.
pub const SILENT_START_MAX: Span = Span::from_secs(5);

/// What makes a run ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Readiness {
    /// The first byte of output; or that it has run for [`SILENT_START_MAX`] without one, for many programs say nothing.
    /// Not so where prompts are typed into it: that wants a program that has drawn itself.
    FirstOutput,
    /// A line of output matches a pattern; the shell matches and says so.
    Pattern,
    /// A span after the process was started.
    Delay(Span),
    /// A command that exits 0; the shell runs it when told to probe, one at a time.
    Command {
        /// From one probe's failure to the next probe.
        period: Span,
    },
}

/// How a run that ended is started again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// After which endings.
    pub when: RestartWhen,
    /// The wait before the first restart; doubles with each failure in a row.
    pub delay: Span,
    /// The longest wait.
    pub delay_max: Span,
    /// Spread of the wait, in percent to either side.
    pub jitter_percent: u8,
    /// Restarts allowed within `window`; one more and the agent has given up.
    pub budget: u32,
    /// The window the budget counts in. Stands still while the agent is paused.
    pub window: Span,
    /// Ready for this long, and the doubling of `delay` begins anew.
    pub reset_after: Span,
    /// Exit codes that count as success.
    pub success_codes: Vec<i32>,
    /// Exit codes that never restart (125 is always among them; s6-permafailon).
    pub permanent_codes: Vec<i32>,
}

/// After which endings a run is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RestartWhen {
    /// Never.
    Never,
    /// When it failed: a code that is no success, a signal nobody here sent, or a lost keeper.
    OnFailure,
    /// Whatever the ending, unless a person stopped it.
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
            permanent_codes: alloc::vec![125],
        }
    }
}

/// How a run is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StopPolicy {
    /// Keys are typed first, and this much time is given before the signal. `None`: no keys are configured.
    pub keys_wait: Option<Span>,
    /// The signal's number, sent with SIGCONT to every process group of the session.
    pub signal: i32,
    /// From the signal to SIGKILL for the whole tree.
    pub grace: Span,
}

impl Default for StopPolicy {
    fn default() -> Self {
        StopPolicy { keys_wait: None, signal: 15, grace: Span::from_secs(10) }
    }
}
