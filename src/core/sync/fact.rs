//! What happened to the synchronisation of scopes.

use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How urgent a synchronisation is. Among equals, the one that was asked for first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// The normal course.
    #[default]
    Normal,
    /// Before the normal.
    High,
    /// Before all.
    Critical,
}

/// What happened to the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncFact {
    /// It depends on these from now on.
    Declared { scope: String, needs: Vec<String> },
    /// It waits for what it depends on, or for a place.
    Queued { scope: String, by: Doer, priority: Priority, turn: u64 },
    /// It is under way.
    Started { scope: String, by: Doer },
    /// It is done.
    Completed { scope: String, by: String },
    /// It did not work, or its run ended.
    Failed { scope: String, by: String, reason: String },
    /// It may be started again: the how manieth retry this is.
    Retried { scope: String, retries: u32 },
    /// It changed: these are to be synchronised again.
    Changed { scope: String, by: String, invalidated: Vec<String> },
    /// The run that had queued it has ended.
    Withdrawn { scope: String },
    /// It is idle, nobody depends on it, and its place was wanted.
    Forgotten { scope: String },
}

impl SyncFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match self {
            SyncFact::Declared { .. } => "sync.declared",
            SyncFact::Queued { .. } => "sync.queued",
            SyncFact::Started { .. } => "sync.started",
            SyncFact::Completed { .. } => "sync.completed",
            SyncFact::Failed { .. } => "sync.failed",
            SyncFact::Retried { .. } => "sync.retried",
            SyncFact::Changed { .. } => "sync.changed",
            SyncFact::Withdrawn { .. } => "sync.withdrawn",
            SyncFact::Forgotten { .. } => "sync.forgotten",
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::severity::Severity {
        use crate::severity::Severity;
        match self {
            SyncFact::Failed { .. } => Severity::Error,
            SyncFact::Retried { .. } | SyncFact::Withdrawn { .. } => Severity::Warning,
            SyncFact::Declared { .. } | SyncFact::Forgotten { .. } => Severity::Debug,
            SyncFact::Queued { .. }
            | SyncFact::Started { .. }
            | SyncFact::Completed { .. }
            | SyncFact::Changed { .. } => Severity::Info,
        }
    }
}

/// Who does something, and its name for people (a run's is its agent's).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Doer {
    /// Who.
    pub party: Party,
    /// By name.
    pub name: String,
}
