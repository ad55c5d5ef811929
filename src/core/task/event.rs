//! What happens to tasks from outside, and what is asked of the world for them.
//!
//! | work     | asked of the world, in order                      | what is heard of it                           |
//! |----------|---------------------------------------------------|-----------------------------------------------|
//! | one-shot | `Prepare` and `Launch` of its run (workspace, inputs, prompt: by [`Fleet::task_of`](crate::Fleet::task_of)) | `Started`, `Exited` … of the run; `Provided` tells where the inputs are |
//! | typed    | [`Provide`](TaskEffect::Provide) if it needs others or a workspace of its own, [`Deliver`](TaskEffect::Deliver) | `Provided`, `Delivered`, `TurnEnded`, `TurnSilent`, `TurnBegun` |
//! | pulled   | [`Provide`](TaskEffect::Provide) likewise | `Provided`                                  |
//! | all      | [`Verify`](TaskEffect::Verify) at the agent's word `done`, or the end of its process | `Verified` |
//!
//! Each names the attempt: what comes late for an attempt that is over is nothing. A supervisor that took over asks
//! again for all that is still waited for.

use crate::ids::{AgentId, RunId, TaskId};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What happens to tasks from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEvent {
    /// What it needs lies ready. Also comes for a one-shot run, at any time before its end, and only tells where.
    Provided {
        /// Which task.
        task: TaskId,
        /// Which attempt of it.
        attempt: u32,
        /// The directory of what its needs left: `QD_INPUTS`. None if it needs nothing.
        inputs: Option<String>,
        /// Where it works.
        workspace: Option<String>,
    },
    /// What it needs can't be laid ready. The attempt has failed, or the task, where another attempt would find the
    /// same. Also comes for a one-shot run, before it fails.
    ProvideFailed { task: TaskId, attempt: u32, reason: String, hope: Hope },
    /// Its prompt was typed into the terminal, and taken in.
    Delivered { task: TaskId, attempt: u32 },
    /// Its prompt can't be typed. The attempt has failed.
    DeliveryFailed { task: TaskId, attempt: u32, reason: String },
    /// The agent has become idle after the prompt was delivered to this run, and by the configuration that is its word
    /// `done`. Nothing for a run that works on no task.
    TurnEnded { run: RunId },
    /// The agent's turn is over, and it has said nothing of the task; `why`: the error that ended it. A person is asked.
    TurnSilent { run: RunId, why: Option<String> },
    /// The agent works again, though its turn was over.
    TurnBegun { run: RunId },
    /// Its outputs are collected, and its verification is over.
    Verified {
        /// Which task.
        task: TaskId,
        /// Which attempt of it.
        attempt: u32,
        /// What came of it.
        verdict: Verdict,
        /// The newest lines the verification wrote; why it could not be run or why outputs are missing.
        output: Option<String>,
        /// What the attempt left.
        left: Left,
    },
}

/// Whether another attempt could go better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hope {
    /// It could.
    Again,
    /// It would find the same, as with commits that can't be merged.
    Never,
}

/// What a task asks of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEffect {
    /// Lay ready what its needs left, for a run that lives: `Provided` or `ProvideFailed` follows.
    Provide { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Type its prompt into the terminal of the run, once that is idle and waits for no person: `Delivered` or
    /// `DeliveryFailed` follows.
    Deliver { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Collect commit and outputs, and run its verification: `Verified` follows, always.
    Verify { task: TaskId, attempt: u32, agent: AgentId, run: RunId },
    /// Whatever of the above is under way for this attempt is wanted no more. Nothing follows.
    Abandon { task: TaskId, attempt: u32 },
    /// These are forgotten, and so may be what was kept of them on disk.
    Forget { tasks: Vec<TaskId> },
}

/// What the verification said, apart from the agent's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskVerdict")]
pub enum Verdict {
    /// It passed.
    Verified,
    /// There is none.
    Unverified,
    /// It failed, or a declared output is missing.
    Refuted,
}

/// What an attempt left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Left {
    /// The commit its work ended with.
    pub commit: Option<String>,
    /// The branch that commit is on.
    pub branch: Option<String>,
    /// The files declared as its outputs.
    pub artifacts: Vec<Artifact>,
    /// Files that are in its workspace and in no commit: those that need it do not start from them.
    #[serde(default)]
    pub uncommitted: u32,
    /// What its program printed, if it is a run of its own.
    #[serde(default)]
    pub answer: Answer,
}

/// What the program of a one-shot task printed, which is its result unless its agent says another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskAnswer")]
pub enum Answer {
    /// Nothing, or it is no such task.
    #[default]
    None,
    /// This.
    Whole(String),
    /// More than a result may have: this is the newest of it.
    Newest(String),
}

impl Answer {
    /// Its words.
    pub fn words(&self) -> Option<&str> {
        match self {
            Answer::None => None,
            Answer::Whole(words) | Answer::Newest(words) => Some(words),
        }
    }
}

/// A file that a task left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Artifact {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// What a timer of the tasks is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskTimer {
    /// An attempt has had its time.
    Timeout(TaskId),
    /// The wait before the next attempt is over.
    Backoff(TaskId),
    /// Nobody has said whether a task is done whose agent says nothing.
    Asks(TaskId),
    /// A claim has waited for as long as it wanted.
    Claim(crate::ids::ClaimId),
}
