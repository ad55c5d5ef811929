//! What the kernel is sent, and what it answers.

use quarterdeck_core::command::{Answer, Command, Settled};
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::explain::Explanation;
use quarterdeck_core::fleet::tasks::explain::TaskExplanation;
use quarterdeck_core::ids::{AgentId, TaskId};
use tokio::sync::oneshot;

/// Messages that wait for the kernel. Beyond it, whoever sends one more waits.
pub(in crate::supervisor) const MAILBOX_MESSAGES_MAX: usize = 4_096;

/// What the kernel is sent.
pub(in crate::supervisor) enum Message {
    /// Something happened.
    Event(Event),
    /// A client asks for a change.
    Command { command: Command, reply: oneshot::Sender<Acknowledged>, settled: Option<oneshot::Sender<Settled>> },
    /// Someone asks something that changes nothing.
    Question(Question),
}

/// What is only asked.
pub(in crate::supervisor) enum Question {
    /// Why an agent is as it is.
    Explain { agent: AgentId, reply: oneshot::Sender<Explanation> },
    /// Why a task is as it is.
    ExplainTask { task: TaskId, reply: oneshot::Sender<TaskExplanation> },
    /// How the kernel is.
    Examine { reply: oneshot::Sender<Examination> },
}

/// An answer, and the number of the newest fact when it was given.
#[derive(Debug)]
pub(in crate::supervisor) struct Acknowledged {
    pub(in crate::supervisor) answer: Answer,
    pub(in crate::supervisor) seq: u64,
}

/// The kernel's own health.
#[derive(Debug)]
pub(in crate::supervisor) struct Examination {
    /// What `check_invariants` says, in words.
    pub(in crate::supervisor) violation: Option<String>,
    /// Why the journal can't be written, if it can't.
    pub(in crate::supervisor) journal_failing: Option<String>,
}
