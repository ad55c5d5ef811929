//! The events that happen to tasks from outside, and the effects that tasks ask for.
//!
//! | work     | effects, in order                                 | events that follow                            |
//! |----------|---------------------------------------------------|-----------------------------------------------|
//! | one-shot | `Prepare` and `Launch` of its run (workspace, inputs, prompt: by [`Fleet::task_of`](crate::Fleet::task_of)) | `Started`, `Exited` … of the run; `Provided` tells where the inputs are |
//! | typed    | [`Provide`](TaskEffect::Provide) if it has dependencies or a workspace of its own, [`Deliver`](TaskEffect::Deliver) | `Provided`, `Delivered`, `TurnEnded`, `TurnSilent`, `TurnBegun` |
//! | pulled   | [`Provide`](TaskEffect::Provide) likewise | `Provided`                                  |
//! | all      | [`Verify`](TaskEffect::Verify) at the agent's report `done`, or at the end of its process | `Verified` |
//!
//! Each of them names the attempt. An event that comes too late, for an attempt that has ended, is ignored. A supervisor
//! that took over asks again for everything that is still awaited.

use crate::ids::{AgentId, RunId, TaskId};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An event from outside that concerns a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEvent {
    /// The inputs of a task are prepared. For a one-shot run, this may come at any time before the run ends, and only
    /// tells where the inputs are.
    Provided {
        /// The task whose inputs are prepared.
        task: TaskId,
        /// The number of the attempt.
        attempt: u32,
        /// The directory with the outputs of the dependencies, as in `QD_INPUTS`. None if the task has no dependencies.
        inputs: Option<String>,
        /// Path of the directory in which the task is worked on.
        workspace: Option<String>,
    },
    /// The inputs of a task cannot be prepared. The attempt has failed, or the task itself where another attempt would
    /// meet the same problem. For a one-shot run, this comes before the run fails.
    ProvideFailed { task: TaskId, attempt: u32, reason: String, hope: Hope },
    /// The prompt of a task was typed into the terminal and accepted by the program.
    Delivered { task: TaskId, attempt: u32 },
    /// The prompt of a task cannot be typed, and the attempt has failed.
    DeliveryFailed { task: TaskId, attempt: u32, reason: String },
    /// The agent has become idle after the prompt was delivered to this run, which by the configuration counts as its
    /// report `done`. The event is ignored for a run that works on no task.
    TurnEnded { run: RunId },
    /// The agent's turn has ended without a report on the task; `why` is the error that ended the turn. A person is
    /// asked.
    TurnSilent { run: RunId, why: Option<String> },
    /// The agent works again, though its turn had ended.
    TurnBegun { run: RunId },
    /// The outputs of a task are collected, and its verification has ended.
    Verified {
        /// The task that was verified.
        task: TaskId,
        /// The number of the attempt.
        attempt: u32,
        /// The verdict of the verification.
        verdict: Verdict,
        /// The newest lines that the verification wrote, or the reason why it could not run or why outputs are missing.
        output: Option<String>,
        /// The products of the attempt: its commit, branch and artifacts.
        left: Left,
    },
}

/// Whether another attempt could succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hope {
    /// Another attempt could succeed.
    Again,
    /// Another attempt would meet the same problem, for example commits that cannot be merged.
    Never,
}

/// An effect that a task asks the shell to carry out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEffect {
    /// Prepare the inputs of a task for a live run: `Provided` or `ProvideFailed` follows.
    Provide { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Type the prompt into the terminal of the run once it is idle and waits for no person: `Delivered` or
    /// `DeliveryFailed` follows.
    Deliver { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Collect the commit and the outputs, and run the verification: `Verified` always follows.
    Verify { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Stop every other effect that is in progress for this attempt. No event follows.
    Abandon { task: TaskId, attempt: u32 },
    /// Drop what was kept on disk for these tasks, whose records are deleted.
    Forget { tasks: Vec<TaskId> },
}

/// The verdict of the verification, apart from the agent's own report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskVerdict")]
pub enum Verdict {
    /// The verification has passed.
    Verified,
    /// The task has no verification.
    Unverified,
    /// The verification failed, or a declared output is missing.
    Refuted,
}

/// The products of an attempt: its commit, branch, artifacts and printed answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Left {
    /// The commit with which the work ended.
    pub commit: Option<String>,
    /// The branch that contains the commit.
    pub branch: Option<String>,
    /// The files that the task declared as its outputs.
    pub artifacts: Vec<Artifact>,
    /// The number of files in the workspace that are in no commit. Dependent tasks do not start from these files.
    #[serde(default)]
    pub uncommitted: u32,
    /// The text that the program printed, if the task was a one-shot run.
    #[serde(default)]
    pub answer: Answer,
}

/// The text that the program of a one-shot task printed. It is the result of the task unless the agent reports another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskAnswer")]
pub enum Answer {
    /// The program printed nothing, or the task is not one-shot.
    #[default]
    None,
    /// The whole text that the program printed.
    Whole(String),
    /// The newest part of the text, because the whole is longer than a result may be.
    Newest(String),
}

impl Answer {
    /// Returns the printed text, if there is any.
    pub fn words(&self) -> Option<&str> {
        match self {
            Answer::None => None,
            Answer::Whole(words) | Answer::Newest(words) => Some(words),
        }
    }
}

/// A file that a task produced.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Artifact {
    /// Path of the file, relative to the workspace.
    pub path: String,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// The SHA-256 of the file's content, in hexadecimal.
    pub sha256: String,
}

/// The purpose of a timer of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskTimer {
    /// The time of an attempt has passed.
    Timeout(TaskId),
    /// The wait before the next attempt has ended.
    Backoff(TaskId),
    /// The time to say whether a task is done, after its agent's turn ended without a report, has passed.
    Asks(TaskId),
    /// A claim has waited as long as it wanted.
    Claim(crate::ids::ClaimId),
}
