//! The commands that clients send about tasks, with their answers and refusals.

use super::spec::TaskSpec;
use crate::ids::{AgentId, ClaimId, PlanId, RunId, TaskId};
use crate::lock::LockDenied;
use crate::party::Party;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A command from a client about tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskCommand {
    /// Add a task to the board.
    Add { spec: Box<TaskSpec>, by: Party },
    /// Replace the specification of a task that nobody works on. Its name, its parent and its plan stay the same.
    Revise { task: TaskId, spec: Box<TaskSpec>, by: Party },
    /// Give this run a task: the one that is named, or else the next one that it can do. The command waits at most
    /// `wait`: `Span(0)` does not wait, `Span(u64::MAX)` waits forever.
    Claim { run: RunId, task: Option<TaskId>, wait: Span },
    /// Withdraw a claim whose client is gone. A task that the claim got in the meantime goes back to the queue.
    Withdraw { claim: ClaimId },
    /// Report that a task is done; sent by the party that works on it.
    Done { task: TaskId, by: Party, message: Option<String> },
    /// Report that the current attempt has failed; sent by the party that works on the task.
    Fail { task: TaskId, by: Party, message: Option<String> },
    /// Report the progress of a task; sent by the party that works on it.
    Progress { task: TaskId, by: Party, percent: Option<u8>, message: Option<String> },
    /// Cancel a task. A run that works on it is stopped.
    Cancel { task: TaskId, by: Party, reason: Option<String> },
    /// Try a failed or cancelled task again, with as many attempts as at first. Tasks that were skipped because of it
    /// wait for it again. A task in backoff is tried again at once.
    Retry { task: TaskId, by: Party, reason: Option<String> },
}

/// The answer to a command about tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskAnswer {
    /// The task is on the board.
    Added { task: TaskId },
    /// The run works on this task from now on.
    Claimed { task: TaskId },
    /// There is no task yet, or it is still being prepared; the outcome follows as [`ClaimSettled`].
    Waits { claim: ClaimId },
    /// There is no task for the run now.
    Nothing,
    /// The command was accepted; the facts tell what follows.
    Accepted { task: TaskId },
}

impl TaskAnswer {
    /// Returns the task that was added or changed.
    pub fn task(self) -> Option<TaskId> {
        match self {
            TaskAnswer::Added { task } | TaskAnswer::Accepted { task } => Some(task),
            TaskAnswer::Claimed { .. } | TaskAnswer::Waits { .. } | TaskAnswer::Nothing => None,
        }
    }
}

/// How a waiting claim ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSettled {
    /// The run works on this task from now on.
    Task { task: TaskId },
    /// No task became available in time.
    Nothing,
    /// The run got a task through another claim.
    Busy { task: TaskId },
    /// The task that was asked for has ended.
    Ended { task: TaskId },
    /// The run has ended or was asked to end, or the fleet is shutting down.
    Over,
}

/// The reason why a command about tasks was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskDenied {
    /// No task with this number exists, or it is no longer kept.
    UnknownTask { task: TaskId },
    /// Another task already has this name.
    NameTaken { name: String, task: TaskId },
    /// The name is not allowed: see [`fit_for_name`](super::spec::fit_for_name).
    BadName { name: String },
    /// The task has no prompt.
    NoPrompt,
    /// A text of the task is too long.
    TooLong { text: TaskText, bytes_max: u32 },
    /// A list of the task has too many entries.
    TooMany { text: TaskText, count_max: u32 },
    /// The number of open tasks is at its limit.
    BoardFull { open_max: u32 },
    /// No agent has this name.
    UnknownAgent { name: String },
    /// The agent does not have the `missing` capabilities.
    NotCapable { agent: AgentId, missing: Vec<String> },
    /// The part depends on a task that waits for the part itself: the path from the part back to its parent.
    Circle { tasks: Vec<TaskId> },
    /// The task cannot become a part of a task that has ended.
    ParentEnded { parent: TaskId },
    /// The task is worked on by another agent, or by nobody.
    NotYours { task: TaskId, agent: Option<AgentId> },
    /// No agent works on the task.
    NotRunning { task: TaskId },
    /// The task has already ended.
    Ended { task: TaskId },
    /// The task has neither failed nor been cancelled.
    NotEnded { task: TaskId },
    /// A dependency did not end as the task needs; that dependency must be tried again first.
    NeedEnded { task: TaskId, need: TaskId },
    /// The task is done, and nothing remains to do for it.
    Done { task: TaskId },
    /// The plan of the task has ended and assigns no more tasks.
    PlanOver { task: TaskId, plan: PlanId },
    /// The scopes that the task names cannot be locked.
    BadLock { denied: LockDenied },
    /// The run already works on this task.
    Busy { task: TaskId },
    /// Another agent already has the task.
    Taken { task: TaskId, agent: AgentId },
    /// The task is bound to another agent.
    BoundTo { task: TaskId, name: String },
    /// The task has parts, and is done when they are done.
    HasParts { task: TaskId },
    /// No live run with this number exists, or the run is about to end.
    NoSuchRun { run: RunId },
    /// The number of waiting claims of this run is at its limit.
    TooManyClaims { count_max: u32 },
    /// Only a person may give this command.
    PersonsOnly,
    /// The fleet is shutting down.
    ShuttingDown,
}

/// The text or list of a task that exceeds its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskText {
    /// The prompt of the task.
    Prompt,
    /// The command that verifies the task.
    Verify,
    /// The capabilities that the task requires.
    Capabilities,
    /// The dependencies of the task.
    Needs,
    /// The scopes that the task locks.
    Locks,
    /// The patterns of the files that the task produces.
    Outputs,
    /// The parts into which the task is divided.
    Parts,
    /// A message about the task: a result, a reason or its progress.
    Message,
}
