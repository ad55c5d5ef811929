//! Shared state: small values by owner and key, which every client may read at any time.
//!
//! A value is JSON, kept as text: the core never parses it. Each key has a version that counts up with every change. A
//! version is never used again, even if the key was removed in between; so a client can set a value only if it is still
//! the version that they read (compare and set).
//!
//! All values are stored in [`SharedState`], which is a fold over [`SharedFact`]s and a part of the view. The rules
//! that record these facts are in `machine`. Setting a value is one fact and touches one key, however many agents there
//! are.
//!
//! **Invariant:** the versions of a key only grow (`versions_only_grow` in `src/core/tests/brain/shared.rs`).

mod fact;
pub(crate) mod machine;
mod values;

pub use fact::{Attempt, Entry, Owner, SharedFact};
pub use values::SharedState;

use crate::party::Party;
use alloc::boxed::Box;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The longest key of a shared value, in bytes. Beyond it, the key is refused.
pub const KEY_BYTES_MAX: usize = 128;

/// A command about the shared state that a client gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedCommand {
    /// Set a value. With `version`, it is set only if that is the current version; 0 means only if there is no value.
    Set { by: Party, owner: Owner, key: String, value: String, version: Option<u64> },
    /// Remove one value of an owner, or all of them.
    Clear { by: Party, owner: Owner, key: Option<String> },
}

/// The answer to a command about the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedAnswer {
    /// The value was set, with this entry.
    Set(Entry),
    /// Values were removed, this many.
    Cleared { cleared: u32 },
}

impl SharedAnswer {
    /// Returns the entry of the value that was set.
    pub fn set(self) -> Option<Entry> {
        match self {
            SharedAnswer::Set(entry) => Some(entry),
            SharedAnswer::Cleared { .. } => None,
        }
    }

    /// Returns how many values were removed.
    pub fn cleared(self) -> Option<u32> {
        match self {
            SharedAnswer::Cleared { cleared } => Some(cleared),
            SharedAnswer::Set(_) => None,
        }
    }
}

/// Why a command about the shared state is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedDenied {
    /// The run that gave the command has ended.
    RunEnded,
    /// The fleet has no such agent.
    UnknownAgent,
    /// The owner has no value with this key.
    UnknownKey { key: String },
    /// The key is invalid: it has 1 to [`KEY_BYTES_MAX`] letters, digits, `.`, `_`, `-` and `:`.
    BadKey,
    /// The run may not set this value. A run may set its own agent's values and single values of the fleet; a person
    /// may set all.
    NotYours,
    /// The expected version is not the current one. The conflict was recorded, with both versions.
    Conflict { expected: u64, current: Option<Box<Entry>> },
    /// The value is too long.
    ValueTooLong { value_bytes_max: u32 },
    /// The owner has reached its limit of keys.
    KeysFull { keys_max: u32 },
    /// All values together have reached the limit of their total size.
    StateFull { total_bytes_max: u64 },
}

/// The configured limits of the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedPolicy {
    /// The longest value, in bytes.
    pub value_bytes_max: u32,
    /// The largest number of keys of one owner.
    pub keys_max: u32,
    /// The largest total size of all values of all owners, in bytes.
    pub total_bytes_max: u64,
}

impl Default for SharedPolicy {
    fn default() -> Self {
        SharedPolicy { value_bytes_max: 64 << 10, keys_max: 256, total_bytes_max: 8 << 20 }
    }
}
