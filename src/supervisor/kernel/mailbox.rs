//! The messages to the kernel, and its answers.

use quarterdeck_core::command::{Answer, Command, Settled};
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::explain::Explanation;
use quarterdeck_core::fleet::tasks::explain::TaskExplanation;
use quarterdeck_core::ids::{AgentId, TaskId};
use tokio::sync::oneshot;

/// The most messages that wait for the kernel. Beyond it, a sender waits until there is space.
pub(in crate::supervisor) const MAILBOX_MESSAGES_MAX: usize = 4_096;

/// A message that is sent to the kernel.
pub(in crate::supervisor) enum Message {
    /// An event: something that happened.
    Event(Event),
    /// A command: a client asks for a change.
    Command { command: Command, reply: oneshot::Sender<Acknowledged>, settled: Option<oneshot::Sender<Settled>> },
    /// A question, which changes nothing.
    Question(Question),
}

/// A question to the kernel, which changes nothing.
pub(in crate::supervisor) enum Question {
    /// The question why an agent is in its current state.
    Explain { agent: AgentId, reply: oneshot::Sender<Explanation> },
    /// The question why a task is in its current stage.
    ExplainTask { task: TaskId, reply: oneshot::Sender<TaskExplanation> },
    /// The question about the health of the kernel itself.
    Examine { reply: oneshot::Sender<Examination> },
}

/// An answer, and the number of the newest fact when it was given.
#[derive(Debug)]
pub(in crate::supervisor) struct Acknowledged {
    pub(in crate::supervisor) answer: Answer,
    pub(in crate::supervisor) seq: u64,
}

/// The result of an examination of the kernel.
#[derive(Debug)]
pub(in crate::supervisor) struct Examination {
    /// The violation that `check_invariants` found, in words; none if all holds.
    pub(in crate::supervisor) violation: Option<String>,
    /// Why the journal can't be written; none if it can.
    pub(in crate::supervisor) journal_failing: Option<String>,
}
