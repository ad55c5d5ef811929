//! The facts about the shared state: values that were set, refused or removed.

use crate::ids::AgentId;
use crate::time::Time;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The owner of a shared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The value belongs to the fleet as a whole.
    Fleet,
    /// The value belongs to an agent. It outlives the agent's runs, and is removed with the agent.
    Agent(AgentId),
}

/// A fact about the shared state, as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedFact {
    /// A value was set. `name` is the owner's name, for people.
    Set { owner: Owner, name: String, key: String, entry: Entry },
    /// A value was not set, because its version was no longer the one that the client expected.
    Conflict { owner: Owner, name: String, key: String, refused: Attempt, current: Option<Entry> },
    /// Values were removed: this one, or all of the owner's.
    Cleared { owner: Owner, name: String, key: Option<String>, by: String, cleared: u32 },
}

/// A shared value, with its version and origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// The value, as JSON text.
    pub value: String,
    /// Version of the key; counts up by one with each change.
    pub version: u64,
    /// Name of the party that set the value.
    pub by: String,
    /// When the value was set, in milliseconds since the epoch.
    pub at: Time,
}

impl SharedFact {
    /// Returns the dotted type by which facts are filtered, for example `state.set`.
    pub fn type_name(&self) -> &'static str {
        match self {
            SharedFact::Set { .. } => "state.set",
            SharedFact::Conflict { .. } => "state.conflict",
            SharedFact::Cleared { .. } => "state.cleared",
        }
    }

    /// Returns how much the fact matters.
    pub fn severity(&self) -> crate::severity::Severity {
        use crate::severity::Severity;
        match self {
            SharedFact::Conflict { .. } => Severity::Warning,
            SharedFact::Set { .. } | SharedFact::Cleared { .. } => Severity::Info,
        }
    }
}

/// A value that was refused because of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The refused value, as JSON text.
    pub value: String,
    /// The version that the client expected to be the current one.
    pub version: u64,
    /// Name of the party that tried to set the value.
    pub by: String,
}
