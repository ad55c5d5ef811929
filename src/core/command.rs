//! What a client asks, what it gets, and what it is refused with.

use crate::ids::{AgentId, ClaimId, RequestId};
use crate::lock::{LockAnswer, LockCommand, LockDenied, LockSettled, Process};
use crate::mail::{MailAnswer, MailCommand, MailDenied};
use crate::plan::{PlanAnswer, PlanCommand, PlanDenied};
use crate::policy::AgentPolicy;
use crate::shared::{SharedAnswer, SharedCommand, SharedDenied};
use crate::sync::{SyncAnswer, SyncCommand, SyncDenied};
use crate::task::{ClaimSettled, TaskAnswer, TaskCommand, TaskDenied};
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a client asks of the fleet. Every command gets exactly one [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Start a run. Skips a backoff and forgets earlier failures.
    Start { agent: AgentId },
    /// Ask the run to end: keys, signal, grace, SIGKILL. A second request skips what is left of the grace.
    Stop { agent: AgentId },
    /// End the run's whole tree with SIGKILL at once.
    Kill { agent: AgentId },
    /// Stop the run if there is one, then start anew with the newest configuration.
    Restart { agent: AgentId },
    /// Freeze the whole tree, and with it the agent's timers.
    Pause { agent: AgentId },
    /// Thaw it.
    Resume { agent: AgentId },
    /// Put its question off for so long; a span of zero ends that.
    Snooze { agent: AgentId, span: Span },
    /// Take in an agent that somebody started elsewhere: the tree that begins with this process.
    Join { name: String, capabilities: Vec<String>, process: Process },
    /// Let an agent that joined leave.
    Leave { agent: AgentId },
    /// Add an agent that is not in the file, and start it.
    Spawn { policy: Box<AgentPolicy> },
    /// Forget an agent that has no live run.
    Remove { agent: AgentId },
    /// End every run in reverse start order, then the supervisor. A second request kills.
    Shutdown { mode: ShutdownMode },
    /// About locks.
    Lock(LockCommand),
    /// About tasks.
    Task(TaskCommand),
    /// About plans.
    Plan(PlanCommand),
    /// About messages.
    Mail(MailCommand),
    /// About shared state.
    Shared(SharedCommand),
    /// About the synchronisation of scopes.
    Sync(SyncCommand),
}

/// How the fleet is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShutdownMode {
    /// With each agent's own stop policy.
    Graceful,
    /// SIGKILL for every tree at once.
    Kill,
}

/// What a command gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Accepted; the facts tell how it goes on.
    Accepted {
        /// The agent it was about (a new one for `Spawn`); none for `Shutdown`.
        agent: Option<AgentId>,
    },
    /// About locks.
    Lock(LockAnswer),
    /// About tasks.
    Task(TaskAnswer),
    /// About plans.
    Plan(PlanAnswer),
    /// About messages.
    Mail(MailAnswer),
    /// About shared state.
    Shared(SharedAnswer),
    /// About the synchronisation of scopes.
    Sync(SyncAnswer),
    /// Refused, with the reason. Nothing has changed.
    Denied(Denied),
}

/// Why a command is refused, and what is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Denied {
    /// No such agent.
    UnknownAgent,
    /// The configuration no longer names it: it ends with its run, and there is nothing to start it anew with.
    NoLongerConfigured,
    /// It has a live run already.
    AlreadyRunning,
    /// It has no live run (and nothing queued that could be stopped).
    NotRunning,
    /// Its run is not far enough, or too far, to be paused.
    NotPausable,
    /// It is paused already.
    AlreadyPaused,
    /// It is not paused.
    NotPaused,
    /// It asks nothing that could be put off.
    NotAsking,
    /// A question can't be put off for longer.
    SnoozeTooLong { max: Span },
    /// It joined: its processes are not ours to start, stop or freeze.
    Joined,
    /// It did not join, so it can't leave.
    NotJoined,
    /// The process is this agent already.
    JoinedAlready { agent: AgentId },
    /// The name is taken.
    NameTaken { name: String },
    /// The fleet holds as many agents as it may.
    FleetFull { agents_max: u32 },
    /// It still has a live run and can't be removed.
    StillRunning,
    /// The fleet is ending; nothing starts.
    ShuttingDown,
    /// Coordination is switched off by the configuration (`[coordination] enabled = false`).
    CoordinationOff,
    /// About locks.
    Lock(LockDenied),
    /// About tasks.
    Task(TaskDenied),
    /// About plans.
    Plan(PlanDenied),
    /// About messages.
    Mail(MailDenied),
    /// About shared state.
    Shared(SharedDenied),
    /// About the synchronisation of scopes.
    Sync(SyncDenied),
}

/// What a client may wait for after its answer: the end of it comes as one [`Settled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitId {
    /// A request for a lock.
    Lock(RequestId),
    /// A request for a task.
    Claim(ClaimId),
}

/// How what a client waited for came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// A request for a lock.
    Lock(LockSettled),
    /// A request for a task.
    Claim(ClaimSettled),
}

impl Answer {
    /// What the client goes on waiting for, if it does.
    pub fn waits_for(&self) -> Option<WaitId> {
        match self {
            Answer::Lock(LockAnswer::Waits { request, .. }) => Some(WaitId::Lock(*request)),
            Answer::Task(TaskAnswer::Waits { claim }) => Some(WaitId::Claim(*claim)),
            _ => None,
        }
    }
}
