//! Shared state: small values by owner and key, which everyone may read at any time.
//!
//! A value is JSON, kept as its text: the brain never looks into it. Each key has a version that counts up with every
//! change and never comes back, also when the key was taken away in between, so that whoever sets a value only if it
//! is still the one that they read (compare and set) can rely on it.
//!
//! What is stored is [`SharedState`], a fold over [`SharedFact`]s and a part of the view; the rules that record the
//! facts are in `fleet/shared.rs`. Setting a value is one fact and touches one key, however many agents there are.
//!
//! **Invariant:** the versions of a key only grow (`tests/brain/shared.rs`).

mod values;

pub use values::{Entry, SharedState};

use crate::ids::AgentId;
use crate::party::Party;
use alloc::boxed::Box;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The longest key of a value, bytes. Beyond it, it is refused.
pub const KEY_BYTES_MAX: usize = 128;

/// Whose value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The fleet's as a whole.
    Fleet,
    /// An agent's. It outlives its runs, and goes with the agent.
    Agent(AgentId),
}

/// What a client asks of the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedCommand {
    /// Set a value. With a `version` only if that is the current one; 0: only if there is none.
    Set { by: Party, owner: Owner, key: String, value: String, version: Option<u64> },
    /// Take a value away, or all of an owner's.
    Clear { by: Party, owner: Owner, key: Option<String> },
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedAnswer {
    /// The value is set, and this is it.
    Set(Entry),
    /// So many values were taken away.
    Cleared { cleared: u32 },
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedDenied {
    /// The run that asks has ended.
    RunEnded,
    /// The fleet has no such agent.
    UnknownAgent,
    /// There is no such value.
    UnknownKey { key: String },
    /// A key has 1 to [`KEY_BYTES_MAX`] letters, digits, `.`, `_`, `-` and `:`.
    BadKey,
    /// A run sets what is its own and single values of the fleet; a person sets all.
    NotYours,
    /// Another version is the current one. It was recorded, with both sides.
    Conflict { expected: u64, current: Option<Box<Entry>> },
    /// The value is too long.
    ValueTooLong { value_bytes_max: u32 },
    /// The owner has as many keys as it may.
    KeysFull { keys_max: u32 },
    /// All values together are as long as they may be.
    StateFull { total_bytes_max: u64 },
}

/// What happened to the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedFact {
    /// A value was set. `name`: of the owner, for people.
    Set { owner: Owner, name: String, key: String, entry: Entry },
    /// Someone set a value that was no longer the one they thought. Nothing was set.
    Conflict { owner: Owner, name: String, key: String, refused: Attempt, current: Option<Entry> },
    /// Values were taken away: this one, or all of the owner's.
    Cleared { owner: Owner, name: String, key: Option<String>, by: String, cleared: u32 },
}

/// A value that was not set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The value, as JSON.
    pub value: String,
    /// Which version was thought to be the current one.
    pub version: u64,
    /// Who tried.
    pub by: String,
}

/// What the configuration says of the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedPolicy {
    /// The longest value.
    pub value_bytes_max: u32,
    /// Keys of one owner.
    pub keys_max: u32,
    /// All values together, of all owners.
    pub total_bytes_max: u64,
}

impl Default for SharedPolicy {
    fn default() -> Self {
        SharedPolicy { value_bytes_max: 64 << 10, keys_max: 256, total_bytes_max: 8 << 20 }
    }
}

impl SharedFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match self {
            SharedFact::Set { .. } => "state.set",
            SharedFact::Conflict { .. } => "state.conflict",
            SharedFact::Cleared { .. } => "state.cleared",
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::severity::Severity {
        use crate::severity::Severity;
        match self {
            SharedFact::Conflict { .. } => Severity::Warning,
            SharedFact::Set { .. } | SharedFact::Cleared { .. } => Severity::Info,
        }
    }
}
