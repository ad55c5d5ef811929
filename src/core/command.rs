//! The commands that clients give, the answers to them, and the reasons for refusing them.

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

/// A command that a client gives to the fleet. Every command gets exactly one [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Start a run of the agent. Skips a backoff and forgets earlier failures.
    Start { agent: AgentId },
    /// Ask the agent's run to end: stop keys, signal, grace, SIGKILL. A second request skips the rest of the grace.
    Stop { agent: AgentId },
    /// End the whole process tree of the agent's run with SIGKILL at once.
    Kill { agent: AgentId },
    /// Stop the agent's run if there is one, then start a new one with the newest configuration.
    Restart { agent: AgentId },
    /// Freeze the whole process tree of the agent's run, and with it the agent's timers.
    Pause { agent: AgentId },
    /// Let the frozen process tree of a paused agent run again.
    Resume { agent: AgentId },
    /// Put off the question that the agent asks, for this span; a span of zero ends the snooze.
    Snooze { agent: AgentId, span: Span },
    /// Adopt as an agent a process tree that somebody started outside the fleet; the tree begins with `process`.
    Join { name: String, capabilities: Vec<String>, process: Process },
    /// Release an agent that has joined; its processes continue without the fleet.
    Leave { agent: AgentId },
    /// Add an agent that is not in `agents.toml`, and start it.
    Spawn { policy: Box<AgentPolicy> },
    /// Forget an agent that has no live run.
    Remove { agent: AgentId },
    /// End every run in reverse start order, then the supervisor. A second request kills all runs.
    Shutdown { mode: ShutdownMode },
    /// A command about locks.
    Lock(LockCommand),
    /// A command about tasks.
    Task(TaskCommand),
    /// A command about plans.
    Plan(PlanCommand),
    /// A command about messages.
    Mail(MailCommand),
    /// A command about shared state.
    Shared(SharedCommand),
    /// A command about the synchronisation of scopes.
    Sync(SyncCommand),
}

/// How the fleet is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShutdownMode {
    /// Each run is ended by its agent's own stop policy.
    Graceful,
    /// Every process tree gets SIGKILL at once.
    Kill,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The command is accepted; the facts tell what follows.
    Accepted {
        /// The agent that the command was about (a new one for `Spawn`); none for `Shutdown`.
        agent: Option<AgentId>,
    },
    /// The answer to a command about locks.
    Lock(LockAnswer),
    /// The answer to a command about tasks.
    Task(TaskAnswer),
    /// The answer to a command about plans.
    Plan(PlanAnswer),
    /// The answer to a command about messages.
    Mail(MailAnswer),
    /// The answer to a command about shared state.
    Shared(SharedAnswer),
    /// The answer to a command about the synchronisation of scopes.
    Sync(SyncAnswer),
    /// The command is refused, for this reason. Nothing has changed.
    Denied(Denied),
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Denied {
    /// The fleet has no such agent.
    UnknownAgent,
    /// The configuration no longer contains the agent: it ends with its current run and cannot be restarted.
    NoLongerConfigured,
    /// The agent already has a live run.
    AlreadyRunning,
    /// The agent has no live run, and nothing queued that could be stopped.
    NotRunning,
    /// The agent's run cannot be paused: it is still being launched, or already ending.
    NotPausable,
    /// The agent is already paused.
    AlreadyPaused,
    /// The agent is not paused.
    NotPaused,
    /// The agent asks no question that could be snoozed.
    NotAsking,
    /// The requested snooze is longer than the limit `max`.
    SnoozeTooLong { max: Span },
    /// The agent has joined from outside, so the fleet may not start, stop or freeze its processes.
    Joined,
    /// The agent has not joined from outside, so it cannot leave.
    NotJoined,
    /// The process already belongs to this agent, which has joined.
    JoinedAlready { agent: AgentId },
    /// Another agent already has this name.
    NameTaken { name: String },
    /// The fleet has reached its limit of agents.
    FleetFull { agents_max: u32 },
    /// The agent still has a live run and cannot be removed.
    StillRunning,
    /// The fleet is shutting down, and nothing is started any more.
    ShuttingDown,
    /// Coordination is switched off by the configuration (`[coordination] enabled = false`).
    CoordinationOff,
    /// Why a command about locks is refused.
    Lock(LockDenied),
    /// Why a command about tasks is refused.
    Task(TaskDenied),
    /// Why a command about plans is refused.
    Plan(PlanDenied),
    /// Why a command about messages is refused.
    Mail(MailDenied),
    /// Why a command about shared state is refused.
    Shared(SharedDenied),
    /// Why a command about the synchronisation of scopes is refused.
    Sync(SyncDenied),
}

/// A request that a client may wait for after its answer; its end is told by one [`Settled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitId {
    /// How a request for a lock was settled.
    Lock(RequestId),
    /// A run's request for a task.
    Claim(ClaimId),
}

/// How a request that a client waited for was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// How a request for a lock was settled.
    Lock(LockSettled),
    /// How a run's request for a task was settled.
    Claim(ClaimSettled),
}

impl Answer {
    /// Returns the request that the client still has to wait for, if the answer names one.
    pub fn waits_for(&self) -> Option<WaitId> {
        match self {
            Answer::Lock(LockAnswer::Waits { request, .. }) => Some(WaitId::Lock(*request)),
            Answer::Task(TaskAnswer::Waits { claim }) => Some(WaitId::Claim(*claim)),
            _ => None,
        }
    }
}
