//! Why an attempt came to nothing, or is being ended, and an agent's own word on it.

use crate::barred::Barred;
use crate::ending::{Exit, Outcome};
use crate::ids::RunId;
use crate::lock::LockDenied;
use crate::party::Party;
use crate::time::Span;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Why an attempt came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its agent said so.
    Said(Option<String>),
    /// Its verification failed.
    Refuted,
    /// Its agent's run ended, with its own word left unsaid; or only the turn did, if the program is barred and did not
    /// exit.
    RunEnded {
        run: RunId,
        outcome: Outcome,
        exit: Option<Exit>,
        reason: Option<String>,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// Its run was ended after its prompt had been typed: whether it is done nobody knows, and nothing is typed twice.
    CutShort { run: RunId },
    /// It took longer than this.
    TimedOut(Span),
    /// What it needs could not be laid ready.
    NotProvided(String),
    /// Its prompt could not be typed.
    NotDelivered(String),
    /// Its locks can't be had.
    Locks(LockDenied),
    /// So many of its parts did not get done.
    Parts { failed: u32 },
    /// Who had claimed it was gone before it came.
    ClaimWithdrawn,
    /// Its agent has left the fleet.
    AgentRemoved,
}

impl Trouble {
    /// What bars the program of its agent, if that is why.
    pub fn barred(&self) -> Option<Barred> {
        match self {
            Trouble::RunEnded { barred, .. } => *barred,
            _ => None,
        }
    }
}

/// Whether an attempt counts against those that are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// It does.
    #[default]
    Yes,
    /// It does not: a person or the fleet itself ended it, or its program was barred.
    No,
}

/// An agent's own word on a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It is done.
    Done,
    /// It failed.
    Failed,
}

/// Why the run of a task is being stopped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The fleet cancelled it, for this reason.
    Cancelled(String),
    /// Someone cancelled it.
    CancelledBy { by: Party, reason: String },
    /// It took longer than this.
    TimedOut(Span),
    /// What it needs can't be laid ready, nor could it be for another attempt.
    NotProvided(String),
}
