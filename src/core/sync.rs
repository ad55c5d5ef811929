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

mod fact;
mod table;

pub use fact::{Doer, Priority, SyncFact};
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
