//! The facts about the synchronisation of scopes.

use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The priority of a waiting synchronisation. Among equals, the one that was asked for first goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Goes when nothing more urgent waits.
    Low,
    /// The priority that is used by default.
    #[default]
    Normal,
    /// Goes before normal and low ones.
    High,
    /// Goes before all other priorities.
    Critical,
}

/// A fact about the synchronisation of scopes, as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncFact {
    /// The scope depends on these scopes from now on.
    Declared { scope: String, needs: Vec<String> },
    /// The scope waits for the scopes that it depends on, or for a free place.
    Queued { scope: String, by: Doer, priority: Priority, turn: u64 },
    /// The synchronisation of the scope started.
    Started { scope: String, by: Doer },
    /// The synchronisation of the scope succeeded.
    Completed { scope: String, by: String },
    /// The synchronisation of the scope failed, or the run that did it ended.
    Failed { scope: String, by: String, reason: String },
    /// The failed scope is being retried; `retries` is the number of this retry, from 1.
    Retried { scope: String, retries: u32 },
    /// The scope's content changed; the scopes in `invalidated` must be synchronised again.
    Changed { scope: String, by: String, invalidated: Vec<String> },
    /// The run that had queued the scope has ended.
    Withdrawn { scope: String },
    /// The record of the scope was deleted to make room: it was idle, and no scope depended on it.
    Forgotten { scope: String },
}

impl SyncFact {
    /// Returns the dotted type by which facts are filtered, for example `sync.completed`.
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

    /// Returns how much the fact matters.
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

/// A party that synchronises a scope, with its name for people (for a run, its agent's name).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Doer {
    /// The party that synchronises the scope.
    pub party: Party,
    /// Name of the party, for people.
    pub name: String,
}
