//! The effects that the core asks the shell for. The shell carries them out in the order in which they come.

use crate::command::{Answer, Settled, WaitId};
use crate::event::TimerId;
use crate::fact::Fact;
use crate::ids::{AgentId, ReplyId, RunId};
use crate::lock::{LockEffect, Process};
use crate::mail::MailEffect;
use crate::task::TaskEffect;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// An effect: something that the core asks the shell to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Write this fact to the journal and show it to those who follow the facts. Comes before the action that it
    /// announces.
    Record(Fact),
    /// Answer a client, after the facts recorded before it are durable.
    Reply { reply: ReplyId, answer: Answer },
    /// Tell the client that waits for this request how it was settled, after the facts recorded before it are durable.
    /// The client may be gone by then.
    Settle { wait: WaitId, settled: Settled },
    /// An effect for tasks.
    Task(TaskEffect),
    /// An effect for locks.
    Lock(LockEffect),
    /// An effect for messages.
    Mail(MailEffect),
    /// Make the workspace of a run: `Prepared` or `PrepareFailed` follows.
    Prepare { run: RunId, agent: AgentId },
    /// End the process that makes the workspace of this run, because the workspace is no longer needed. `PrepareFailed`
    /// follows soon, or `Prepared` if the workspace was already made.
    AbandonPreparation { run: RunId },
    /// Start the keeper of a run, which starts the agent's program: `Started` or `StartFailed` follows.
    Launch { run: RunId, agent: AgentId },
    /// Run the readiness command of a run once: `ReadySeen` or `ProbeFailed` follows.
    Probe { run: RunId },
    /// Type the configured stop keys into the run's terminal.
    TypeStopKeys { run: RunId },
    /// Send this signal, and SIGCONT after it, to every process group of the run's session.
    Signal { run: RunId, signal: i32 },
    /// Send SIGKILL to the run's whole process tree until it is proved empty: `Exited` (if the agent's process still
    /// ran) and `Emptied` follow.
    KillTree { run: RunId },
    /// Stop every process of the run's tree: `Frozen` or `FreezeFailed` follows.
    Freeze { run: RunId },
    /// Continue every process of the run's tree: `Thawed` follows.
    Thaw { run: RunId },
    /// Let the keeper of a run end, because the run's ending is on record.
    Dismiss { run: RunId },
    /// Wait for the end of the process with which this run joined: `JoinedProcessEnded` follows.
    Follow { run: RunId, process: Process },
    /// Kill the remaining processes of a run whose keeper is gone: `Reaped` follows.
    Reap { run: RunId },
    /// Report after this span that the timer fired: `TimerFired` follows. Arming the timer again moves it.
    Arm { timer: TimerId, span: Span },
    /// Stop this timer, so that no `TimerFired` follows.
    Disarm { timer: TimerId },
    /// End the supervisor: every run has ended and a shutdown was requested.
    EndSupervisor,
}
