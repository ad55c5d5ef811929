//! What happened to the tasks. The board is a fold over these.

use super::board::Held;
use super::event::{Left, Verdict};
use super::spec::{TaskSpec, Work};
use super::trouble::{Counted, Stopped, Trouble, Word};
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::party::Party;
use crate::severity::Severity;
use crate::time::{Span, Time};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What happened to the tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskFact {
    /// It is on the board. Its name is given, its capabilities are in order.
    Added { task: TaskId, spec: Box<TaskSpec>, rank: i64, attempts_max: u32 },
    /// What is to be done is another than it was ordered at first.
    Revised { task: TaskId, spec: Box<TaskSpec>, rank: i64, attempts_max: u32 },
    /// Something is in the way.
    Held { task: TaskId, why: Held },
    /// Nothing is in the way: any agent that can do it may take it.
    Queued { task: TaskId },
    /// Nothing is in the way: it stands in this agent's own queue.
    LinedUp { task: TaskId, agent: AgentId },
    /// Its locks are granted; it goes first.
    Locked { task: TaskId },
    /// An attempt begins: it is on its way to this run, which for a one-shot agent begins with it.
    Assigned { task: TaskId, agent: AgentId, run: RunId, attempt: u32, claim: Option<ClaimId>, work: Work },
    /// Another agent than the one in whose queue it stood takes it.
    Stolen { task: TaskId, from: AgentId, to: AgentId },
    /// What it needs lies there.
    Provided { task: TaskId, inputs: Option<String>, workspace: Option<String> },
    /// The agent works on it. An attempt that may take only so long ends at `due`.
    Started { task: TaskId, due: Option<Time> },
    /// Its time stands still; so much is left of it.
    StoodStill { task: TaskId, left: Span },
    /// Its time goes on.
    WentOn { task: TaskId, due: Time },
    /// Its agent's turn is over without a word: is it done? If nobody says so until then, it is; after an error, it failed.
    Asks { task: TaskId, until: Time, why: Option<String> },
    /// Its agent works on it again.
    AsksNoMore { task: TaskId },
    /// What its agent says on how far it is.
    Progress { task: TaskId, percent: Option<u8>, message: Option<String> },
    /// What its agent says at the end, while its process still runs.
    Reported { task: TaskId, word: Word, message: Option<String> },
    /// Its run is being stopped, because of this.
    Stopping { task: TaskId, why: Stopped },
    /// Its outputs are collected and its verification runs.
    Verifying { task: TaskId, message: Option<String> },
    /// It is done.
    Done { task: TaskId, verdict: Verdict, output: Option<String>, left: Box<Left> },
    /// It failed, and is not tried again.
    Failed { task: TaskId, why: Trouble, verdict: Option<Verdict>, output: Option<String> },
    /// It was cancelled; by nobody else than the fleet itself when it is not said by whom.
    Cancelled {
        task: TaskId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// It is not to be done, because this task ended otherwise than it needs.
    Skipped { task: TaskId, need: TaskId },
    /// The attempt failed; the next may begin at `until`.
    Retried {
        task: TaskId,
        why: Trouble,
        output: Option<String>,
        until: Time,
        #[serde(default)]
        counted: Counted,
    },
    /// The attempt is over through no fault of the task; the next may begin at once.
    Requeued { task: TaskId, why: Trouble, counted: Counted },
    /// Though it had ended, it is to be done once more.
    Reopened { task: TaskId, reason: Option<String>, attempts_max: u32 },
    /// These ended long ago and are forgotten.
    Forgotten { tasks: Vec<TaskId> },
    /// An agent that is no more works on nothing and has no queue.
    DeskCleared { agent: AgentId },
    /// A run asks for a task and waits for one, until then.
    ClaimWaits { claim: ClaimId, run: RunId, task: Option<TaskId>, until: Option<Time> },
    /// It got one, or waits no more.
    ClaimEnded { claim: ClaimId },
}

impl TaskFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match self {
            TaskFact::Added { .. } => "task.added",
            TaskFact::Revised { .. } => "task.revised",
            TaskFact::Held { .. } => "task.held",
            TaskFact::Queued { .. } => "task.queued",
            TaskFact::LinedUp { .. } => "task.lined_up",
            TaskFact::Locked { .. } => "task.locked",
            TaskFact::Assigned { .. } => "task.assigned",
            TaskFact::Stolen { .. } => "task.stolen",
            TaskFact::Provided { .. } => "task.provided",
            TaskFact::Started { .. } => "task.started",
            TaskFact::StoodStill { .. } => "task.stood_still",
            TaskFact::WentOn { .. } => "task.went_on",
            TaskFact::Asks { .. } => "task.asks",
            TaskFact::AsksNoMore { .. } => "task.asks_no_more",
            TaskFact::Progress { .. } => "task.progress",
            TaskFact::Reported { .. } => "task.reported",
            TaskFact::Stopping { .. } => "task.stopping",
            TaskFact::Verifying { .. } => "task.verifying",
            TaskFact::Done { .. } => "task.done",
            TaskFact::Failed { .. } => "task.failed",
            TaskFact::Cancelled { .. } => "task.cancelled",
            TaskFact::Skipped { .. } => "task.skipped",
            TaskFact::Retried { .. } => "task.retried",
            TaskFact::Requeued { .. } => "task.requeued",
            TaskFact::Reopened { .. } => "task.reopened",
            TaskFact::Forgotten { .. } => "task.forgotten",
            TaskFact::DeskCleared { .. } => "task.desk_cleared",
            TaskFact::ClaimWaits { .. } => "task.claim_waits",
            TaskFact::ClaimEnded { .. } => "task.claim_ended",
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            TaskFact::Failed { .. } => Severity::Error,
            TaskFact::Retried { .. } | TaskFact::Requeued { .. } | TaskFact::Skipped { .. } => Severity::Warning,
            TaskFact::Asks { .. } => Severity::Warning,
            TaskFact::AsksNoMore { .. } => Severity::Debug,
            TaskFact::Held { why: Held::Nobody { .. } | Held::NoAgent { .. }, .. } => Severity::Warning,
            TaskFact::Provided { .. }
            | TaskFact::StoodStill { .. }
            | TaskFact::WentOn { .. }
            | TaskFact::Forgotten { .. }
            | TaskFact::DeskCleared { .. }
            | TaskFact::ClaimWaits { .. }
            | TaskFact::ClaimEnded { .. } => Severity::Debug,
            _ => Severity::Info,
        }
    }

    /// The task it is about, if it is about one.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            TaskFact::Forgotten { .. } | TaskFact::DeskCleared { .. } | TaskFact::ClaimEnded { .. } => None,
            TaskFact::ClaimWaits { task, .. } => *task,
            TaskFact::Added { task, .. }
            | TaskFact::Revised { task, .. }
            | TaskFact::Held { task, .. }
            | TaskFact::Queued { task }
            | TaskFact::LinedUp { task, .. }
            | TaskFact::Locked { task }
            | TaskFact::Assigned { task, .. }
            | TaskFact::Stolen { task, .. }
            | TaskFact::Provided { task, .. }
            | TaskFact::Started { task, .. }
            | TaskFact::StoodStill { task, .. }
            | TaskFact::WentOn { task, .. }
            | TaskFact::Asks { task, .. }
            | TaskFact::AsksNoMore { task }
            | TaskFact::Progress { task, .. }
            | TaskFact::Reported { task, .. }
            | TaskFact::Stopping { task, .. }
            | TaskFact::Verifying { task, .. }
            | TaskFact::Done { task, .. }
            | TaskFact::Failed { task, .. }
            | TaskFact::Cancelled { task, .. }
            | TaskFact::Skipped { task, .. }
            | TaskFact::Retried { task, .. }
            | TaskFact::Requeued { task, .. }
            | TaskFact::Reopened { task, .. } => Some(*task),
        }
    }
}
