//! The facts about tasks. The board is a fold over these facts.

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

/// A fact about the tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskFact {
    /// A task was added to the board. Its name is filled in, and its capabilities are sorted.
    Added { task: TaskId, spec: Box<TaskSpec>, rank: i64, attempts_max: u32 },
    /// The specification of a task was replaced.
    Revised { task: TaskId, spec: Box<TaskSpec>, rank: i64, attempts_max: u32 },
    /// The task is held; `why` gives the reason.
    Held { task: TaskId, why: Held },
    /// The task may be taken by any capable agent.
    Queued { task: TaskId },
    /// The task is in this agent's own queue and may be taken.
    LinedUp { task: TaskId, agent: AgentId },
    /// The locks of the task are granted; the task goes before tasks without locks.
    Locked { task: TaskId },
    /// An attempt begins: the task is on its way to this run. For a one-shot agent, the run begins with the attempt.
    Assigned { task: TaskId, agent: AgentId, run: RunId, attempt: u32, claim: Option<ClaimId>, work: Work },
    /// An agent takes the task from the queue of another agent.
    Stolen { task: TaskId, from: AgentId, to: AgentId },
    /// The inputs of the task are prepared.
    Provided { task: TaskId, inputs: Option<String>, workspace: Option<String> },
    /// The agent works on the task. An attempt with a time limit ends at `due`.
    Started { task: TaskId, due: Option<Time> },
    /// The clock of the attempt is suspended; `left` is the time that remains.
    StoodStill { task: TaskId, left: Span },
    /// The clock of the attempt continues.
    WentOn { task: TaskId, due: Time },
    /// The agent's turn has ended without a report: is the task done? If nobody answers before `until`, it counts as
    /// done, or as failed after an error.
    Asks { task: TaskId, until: Time, why: Option<String> },
    /// The agent works on the task again after its turn had ended.
    AsksNoMore { task: TaskId },
    /// The agent reported its progress.
    Progress { task: TaskId, percent: Option<u8>, message: Option<String> },
    /// The agent reported at the end of its work, while its process still runs.
    Reported { task: TaskId, word: Word, message: Option<String> },
    /// The run of the task is being stopped; `why` gives the reason.
    Stopping { task: TaskId, why: Stopped },
    /// The outputs of the task are collected and its verification runs.
    Verifying { task: TaskId, message: Option<String> },
    /// The task is done.
    Done { task: TaskId, verdict: Verdict, output: Option<String>, left: Box<Left> },
    /// The task failed and is not tried again.
    Failed { task: TaskId, why: Trouble, verdict: Option<Verdict>, output: Option<String> },
    /// The task was cancelled. If `by` is missing, the fleet itself cancelled it.
    Cancelled {
        task: TaskId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// The task was skipped because the task `need` did not end as required.
    Skipped { task: TaskId, need: TaskId },
    /// The attempt failed; the next one may begin at `until`.
    Retried {
        task: TaskId,
        why: Trouble,
        output: Option<String>,
        until: Time,
        #[serde(default)]
        counted: Counted,
    },
    /// The attempt ended through no fault of the task; the next one may begin at once.
    Requeued { task: TaskId, why: Trouble, counted: Counted },
    /// The task had ended and will be done again.
    Reopened { task: TaskId, reason: Option<String>, attempts_max: u32 },
    /// Tasks that ended long ago are deleted from the records.
    Forgotten { tasks: Vec<TaskId> },
    /// A removed agent no longer has a current task or a queue.
    DeskCleared { agent: AgentId },
    /// A run claims a task and waits for one, at most until `until`.
    ClaimWaits { claim: ClaimId, run: RunId, task: Option<TaskId>, until: Option<Time> },
    /// A claim got a task or stopped waiting.
    ClaimEnded { claim: ClaimId },
}

impl TaskFact {
    /// Returns the dotted type name by which facts are filtered.
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

    /// Returns the severity of the fact.
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

    /// Returns the task that the fact is about, if it is about one task.
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
