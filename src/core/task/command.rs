//! What a client asks of the tasks, what it gets, and what it is refused with.

use super::spec::TaskSpec;
use crate::ids::{AgentId, ClaimId, PlanId, RunId, TaskId};
use crate::lock::LockDenied;
use crate::party::Party;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a client asks of the tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskCommand {
    /// Add a task.
    Add { spec: Box<TaskSpec>, by: Party },
    /// Let a task that nobody works on be this from now on. Its name, its parent and its plan stay.
    Revise { task: TaskId, spec: Box<TaskSpec>, by: Party },
    /// Give this run a task: this very one, or the next that it can do. It waits so long for it; `Span(0)` does not
    /// wait, `Span(u64::MAX)` waits for ever.
    Claim { run: RunId, task: Option<TaskId>, wait: Span },
    /// Whoever waited for this claim is gone. A task that it got meanwhile goes back.
    Withdraw { claim: ClaimId },
    /// It is done, says who works on it.
    Done { task: TaskId, by: Party, message: Option<String> },
    /// This attempt has failed, says who works on it.
    Fail { task: TaskId, by: Party, message: Option<String> },
    /// So far is it, says who works on it.
    Progress { task: TaskId, by: Party, percent: Option<u8>, message: Option<String> },
    /// It is not to be done; what works on it is stopped.
    Cancel { task: TaskId, by: Party, reason: Option<String> },
    /// Once more, with as many attempts as at first, though it failed or was cancelled. What was skipped because of
    /// it waits for it again. A task in backoff goes on at once.
    Retry { task: TaskId, by: Party, reason: Option<String> },
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskAnswer {
    /// It is on the board.
    Added { task: TaskId },
    /// The run works on it from now on.
    Claimed { task: TaskId },
    /// There is none now, or it is on its way: the end comes as [`ClaimSettled`].
    Waits { claim: ClaimId },
    /// There is none now.
    Nothing,
    /// Taken note of; the facts tell how it goes on.
    Accepted { task: TaskId },
}

/// How a claim that waited came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSettled {
    /// The run works on it from now on.
    Task { task: TaskId },
    /// There was none in time.
    Nothing,
    /// The run got a task by another claim.
    Busy { task: TaskId },
    /// The task that was asked for came to its end.
    Ended { task: TaskId },
    /// The run has ended, was asked to end, or the fleet is ending.
    Over,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskDenied {
    /// There is no such task (any more).
    UnknownTask { task: TaskId },
    /// Another task has this name.
    NameTaken { name: String, task: TaskId },
    /// Not fit for a name: see [`fit_for_name`](super::spec::fit_for_name).
    BadName { name: String },
    /// It has no prompt.
    NoPrompt,
    /// A text is too long.
    TooLong { text: TaskText, bytes_max: u32 },
    /// There are too many of these.
    TooMany { text: TaskText, count_max: u32 },
    /// As many tasks are open as may be.
    BoardFull { open_max: u32 },
    /// No agent of this name.
    UnknownAgent { name: String },
    /// This agent can't do these.
    NotCapable { agent: AgentId, missing: Vec<String> },
    /// A part that needs what waits for it: the way from the part back to its parent.
    Circle { tasks: Vec<TaskId> },
    /// It can't be a part of a task that has come to its end.
    ParentEnded { parent: TaskId },
    /// Another works on it, or nobody.
    NotYours { task: TaskId, agent: Option<AgentId> },
    /// Nobody works on it.
    NotRunning { task: TaskId },
    /// It has come to its end.
    Ended { task: TaskId },
    /// It has not failed, nor was it cancelled.
    NotEnded { task: TaskId },
    /// What it needs has ended otherwise than it needs; that is to be done once more first.
    NeedEnded { task: TaskId, need: TaskId },
    /// It is done, and nothing of it is left to do.
    Done { task: TaskId },
    /// Its plan is over, and assigns nothing any more.
    PlanOver { task: TaskId, plan: PlanId },
    /// What it is to lock can't be locked.
    BadLock { denied: LockDenied },
    /// The run works on this one already.
    Busy { task: TaskId },
    /// Another agent has it.
    Taken { task: TaskId, agent: AgentId },
    /// It is bound to another agent.
    BoundTo { task: TaskId, name: String },
    /// It has parts, and is done when they are.
    HasParts { task: TaskId },
    /// No live run of this number that goes on.
    NoSuchRun { run: RunId },
    /// As many claims of this run wait as may.
    TooManyClaims { count_max: u32 },
    /// Only a person may.
    PersonsOnly,
    /// The fleet is ending.
    ShuttingDown,
}

/// A text of a task, or a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskText {
    /// Its prompt.
    Prompt,
    /// The command that verifies it.
    Verify,
    /// What its agent must be able to do.
    Capabilities,
    /// The tasks it needs.
    Needs,
    /// The scopes it locks.
    Locks,
    /// The files it leaves.
    Outputs,
    /// The parts it is divided into.
    Parts,
    /// What is said of it: a result, a reason, how far it is.
    Message,
}
