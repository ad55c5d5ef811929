//! What happened to the shared state: whose values were set, and to what.

use crate::ids::AgentId;
use crate::time::Time;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// Whose value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The fleet's as a whole.
    Fleet,
    /// An agent's. It outlives its runs, and goes with the agent.
    Agent(AgentId),
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

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// The value, as JSON.
    pub value: String,
    /// Counts up by one with each change of this key.
    pub version: u64,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Time,
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
