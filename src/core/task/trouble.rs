//! The reasons why an attempt failed or is being ended, and the report of the agent itself.

use crate::barred::Barred;
use crate::ending::{Exit, Outcome};
use crate::ids::RunId;
use crate::lock::LockDenied;
use crate::party::Party;
use crate::time::Span;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The reason why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The agent itself reported that it failed.
    Said(Option<String>),
    /// The verification of the task failed.
    Refuted,
    /// The run of the agent ended without a report on the task. Or only the turn ended, if the program is barred and
    /// did not exit.
    RunEnded {
        run: RunId,
        outcome: Outcome,
        exit: Option<Exit>,
        reason: Option<String>,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// The run was ended after the prompt had been typed. Nobody knows whether the task is done, and no prompt is typed
    /// twice.
    CutShort { run: RunId },
    /// The attempt took longer than this time.
    TimedOut(Span),
    /// The inputs of the task could not be prepared.
    NotProvided(String),
    /// The prompt of the task could not be typed.
    NotDelivered(String),
    /// The locks of the task cannot be granted.
    Locks(LockDenied),
    /// Some parts of the task were not done; `failed` is their number.
    Parts { failed: u32 },
    /// The client that had claimed the task was gone before the task came.
    ClaimWithdrawn,
    /// The agent was removed from the fleet.
    AgentRemoved,
}

impl Trouble {
    /// Returns the reason that bars the agent's program, if that is why the attempt failed.
    pub fn barred(&self) -> Option<Barred> {
        match self {
            Trouble::RunEnded { barred, .. } => *barred,
            _ => None,
        }
    }
}

/// Whether an attempt counts against the allowed attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// The attempt counts against the allowed attempts.
    #[default]
    Yes,
    /// The attempt does not count: a person or the fleet itself ended it, or the program was barred.
    No,
}

/// The report of an agent on its own task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The agent reports that the task is done.
    Done,
    /// The agent reports that the task failed.
    Failed,
}

/// The reason why the run of a task is being stopped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The fleet cancelled the task, for this reason.
    Cancelled(String),
    /// A party cancelled the task, for this reason.
    CancelledBy { by: Party, reason: String },
    /// The attempt took longer than this time.
    TimedOut(Span),
    /// The inputs of the task cannot be prepared, neither now nor for another attempt.
    NotProvided(String),
}
