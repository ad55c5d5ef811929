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

mod fact;
mod values;

pub use fact::{Attempt, Entry, Owner, SharedFact};
pub use values::SharedState;

use crate::party::Party;
use alloc::boxed::Box;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The longest key of a value, bytes. Beyond it, it is refused.
pub const KEY_BYTES_MAX: usize = 128;

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
