//! The synchronisation of scopes: each only after those that it depends on.
//!
//! ```text
//!            start, all it needs completed
//!  idle ───────────────────────────────────► syncing ── complete ─► completed
//!   ▲  └─ start ─► queued ── a need is done ───►│                       │
//!   │               (priority, then age)        └─ fail, its run ended ─► failed
//!   ├──────────────────────── a change of it or of what it needs ◄──────┤   │
//!   └──────────────────────────────── start again (a retry, bounded) ◄──────┘
//! ```
//!
//! A change makes everything downstream idle in the same step, also what is just being synchronised: its `complete`
//! is then refused. What is stored is [`SyncTable`], a fold over [`SyncFact`]s and a part of the view; the rules that
//! record the facts are in `fleet/sync.rs`.
//!
//! **Invariant 11:** a scope is syncing or completed only while all that it needs is completed
//! (`tests/brain/sync.rs`).

mod table;

pub use table::{Scope, Standing, SyncTable};

use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The longest name of a scope, bytes. Beyond it, it is refused.
pub const SCOPE_BYTES_MAX: usize = 256;

/// What a client asks of the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncCommand {
    /// Start it, or queue it until all that it needs is completed. `needs`: none means as before.
    Start { by: Party, scope: String, needs: Option<Vec<String>>, priority: Priority },
    /// It is done.
    Complete { by: Party, scope: String },
    /// It did not work.
    Fail { by: Party, scope: String, reason: String },
    /// What it consists of changed: it and everything downstream must be synchronised again.
    Change { by: Party, scope: String },
}

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

/// What it gets. Where the scope stands by then, the view says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncAnswer {
    /// It is under way.
    Started,
    /// It stands in the queue.
    Queued,
    /// It was noted.
    Noted,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncDenied {
    /// The run that asks has ended.
    RunEnded,
    /// No scope is called so.
    UnknownScope { scope: String },
    /// A name has 1 to [`SCOPE_BYTES_MAX`] bytes, no control characters, and no blanks at its ends.
    BadName { scope: String },
    /// It would depend on itself: from the scope over those it needs back to it.
    Cycle { scopes: Vec<String> },
    /// It depends on too many.
    TooManyNeeds { needs_max: u32 },
    /// It is under way already.
    AlreadySyncing { by: String },
    /// Someone else has queued it.
    AlreadyQueued { by: String },
    /// It is completed, and nothing it depends on changed since.
    AlreadyCompleted,
    /// It is not under way (any more: what it depends on may have changed).
    NotSyncing,
    /// Someone else synchronises it.
    NotYours { by: String },
    /// It failed and was retried as often as it may; a change of it lifts that.
    RetriesSpent { retries: u32 },
    /// As many wait as may.
    QueueFull { queue_max: u32 },
    /// As many scopes are known as may be, and none of them can be forgotten.
    ScopesFull { scopes_max: u32 },
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

/// Who does something, and its name for people (a run's is its agent's).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Doer {
    /// Who.
    pub party: Party,
    /// By name.
    pub name: String,
}

/// What the configuration says of the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncPolicy {
    /// Scopes known at one time.
    pub scopes_max: u32,
    /// Scopes that one may depend on.
    pub needs_max: u32,
    /// Scopes that wait at one time.
    pub queue_max: u32,
    /// Scopes under way at one time.
    pub syncing_max: u32,
    /// Retries of a scope until it completes, or changes.
    pub retries_max: u32,
}

impl Default for SyncPolicy {
    fn default() -> Self {
        SyncPolicy { scopes_max: 4_096, needs_max: 64, queue_max: 1_000, syncing_max: 100, retries_max: 3 }
    }
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
