//! What we ask of the world. Effects come in order, and the shell carries them out in that order.

use crate::command::{Answer, Settled, WaitId};
use crate::event::TimerId;
use crate::fact::Fact;
use crate::ids::{AgentId, ReplyId, RunId};
use crate::lock::{LockEffect, Process};
use crate::mail::MailEffect;
use crate::task::TaskEffect;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// What we ask of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Write this fact to the journal and show it to who listens. Comes before the act that it announces.
    Record(Fact),
    /// Answer a client, once what was recorded before it is durable.
    Reply { reply: ReplyId, answer: Answer },
    /// Tell the client that waits for this how it came out, once what was recorded before it is durable. Nobody may
    /// be there any more.
    Settle { wait: WaitId, settled: Settled },
    /// About tasks.
    Task(TaskEffect),
    /// About locks.
    Lock(LockEffect),
    /// About messages.
    Mail(MailEffect),
    /// Make the workspace of a run: `Prepared` or `PrepareFailed` follows.
    Prepare { run: RunId, agent: AgentId },
    /// Nobody wants the workspace of this run any more: end what makes it. `PrepareFailed` follows soon, or `Prepared` where
    /// it was made already.
    AbandonPreparation { run: RunId },
    /// Start the keeper, which starts the agent: `Started` or `StartFailed` follows.
    Launch { run: RunId, agent: AgentId },
    /// Run the readiness command once: `ReadySeen` or `ProbeFailed` follows.
    Probe { run: RunId },
    /// Type the configured stop keys into the terminal.
    TypeStopKeys { run: RunId },
    /// Send this signal, and SIGCONT after it, to every process group of the session.
    Signal { run: RunId, signal: i32 },
    /// SIGKILL the whole tree until it is proved empty: `Exited` (if it still ran) and `Emptied` follow.
    KillTree { run: RunId },
    /// Stop every process of the tree: `Frozen` or `FreezeFailed` follows.
    Freeze { run: RunId },
    /// Continue every process of the tree: `Thawed` follows.
    Thaw { run: RunId },
    /// The run has its ending on record: its keeper may go.
    Dismiss { run: RunId },
    /// Wait for the end of the process with which this run joined: `JoinedProcessEnded` follows.
    Follow { run: RunId, process: Process },
    /// Hunt down the tree of a keeper that is gone: `Reaped` follows.
    Reap { run: RunId },
    /// Tell us after this span: `TimerFired` follows. Arming again moves it.
    Arm { timer: TimerId, span: Span },
    /// Do not tell us.
    Disarm { timer: TimerId },
    /// Every run has ended and a shutdown was asked for: the supervisor ends.
    EndSupervisor,
}
