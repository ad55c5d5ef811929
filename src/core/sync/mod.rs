//! The synchronisation of scopes: each scope is synchronised only after those that it depends on.
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
//! A change makes every scope downstream idle in the same step, including a scope that is being synchronised: its
//! `complete` is then refused. All scopes are stored in [`SyncTable`], which is a fold over [`SyncFact`]s and a part of
//! the view. The rules that record these facts are in `machine`.
//!
//! **Invariant 11:** a scope is syncing or completed only while all that it needs is completed
//! (`nothing_syncs_before_what_it_needs_is_completed` in `src/core/tests/brain/sync.rs`).

mod fact;
pub(crate) mod machine;
mod table;

pub use fact::{Doer, Priority, SyncFact};
pub use table::{Scope, Standing, SyncTable};

use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The longest name of a synchronised scope, in bytes. Beyond it, the name is refused.
pub const SCOPE_BYTES_MAX: usize = 256;

/// A command about the synchronisation of scopes that a client gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncCommand {
    /// Start the synchronisation of a scope, or queue it until all that it needs is completed. `needs` are the scopes
    /// that it depends on; none means the same as before.
    Start { by: Party, scope: String, needs: Option<Vec<String>>, priority: Priority },
    /// Report that the synchronisation of the scope succeeded.
    Complete { by: Party, scope: String },
    /// Report that the synchronisation of the scope failed.
    Fail { by: Party, scope: String, reason: String },
    /// Report that the scope's content changed: it and everything downstream must be synchronised again.
    Change { by: Party, scope: String },
}

/// The answer to a command about the synchronisation of scopes. The view shows the scope's new state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncAnswer {
    /// The synchronisation of the scope has started.
    Started,
    /// The scope waits in the queue.
    Queued,
    /// The report was recorded; there is nothing more to tell.
    Noted,
}

/// Why a command about the synchronisation of scopes is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncDenied {
    /// The run that gave the command has ended.
    RunEnded,
    /// No scope has this name.
    UnknownScope { scope: String },
    /// The name is invalid: it has 1 to [`SCOPE_BYTES_MAX`] bytes, no control characters, and no blanks at its ends.
    BadName { scope: String },
    /// The scope would depend on itself. `scopes` is the cycle: from the scope over those that it needs back to itself.
    Cycle { scopes: Vec<String> },
    /// The scope depends on more scopes than allowed.
    TooManyNeeds { needs_max: u32 },
    /// The scope is already being synchronised, by `by`.
    AlreadySyncing { by: String },
    /// Someone else, `by`, has queued the scope.
    AlreadyQueued { by: String },
    /// The scope is completed, and nothing that it depends on has changed since.
    AlreadyCompleted,
    /// The scope is not being synchronised, perhaps because something that it depends on has changed.
    NotSyncing,
    /// Someone else, `by`, synchronises the scope.
    NotYours { by: String },
    /// The scope failed and has used up its retries; a change of the scope allows new ones.
    RetriesSpent { retries: u32 },
    /// The queue of waiting scopes is full.
    QueueFull { queue_max: u32 },
    /// The limit of known scopes is reached, and no record of them can be deleted.
    ScopesFull { scopes_max: u32 },
}

/// The configured limits of the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncPolicy {
    /// The largest number of scopes known at one time.
    pub scopes_max: u32,
    /// The largest number of scopes that one scope may depend on.
    pub needs_max: u32,
    /// The largest number of scopes that wait at one time.
    pub queue_max: u32,
    /// The largest number of scopes that are synchronised at one time.
    pub syncing_max: u32,
    /// The largest number of retries of a scope until it completes, or changes.
    pub retries_max: u32,
}

impl Default for SyncPolicy {
    fn default() -> Self {
        SyncPolicy { scopes_max: 4_096, needs_max: 64, queue_max: 1_000, syncing_max: 100, retries_max: 3 }
    }
}
