//! The values as the facts tell them.

use super::fact::{Entry, Owner, SharedFact};
use crate::ids::AgentId;
use crate::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// All that is known of the shared state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedState {
    fleet: Values,
    agents: BTreeMap<AgentId, Values>,
    /// All keys and values together.
    total_bytes: u64,
    /// Values set so far.
    updates: u64,
    /// Conflicts so far.
    conflicts: u64,
}

/// One owner's values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Values {
    entries: BTreeMap<String, Entry>,
    /// The largest version of a key that was taken away: one that is set anew begins above it.
    floor: u64,
}

impl SharedState {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &SharedFact, _at: Time) {
        match fact {
            SharedFact::Set { owner, key, entry, .. } => self.set(*owner, key, entry),
            SharedFact::Conflict { .. } => self.conflicts += 1,
            SharedFact::Cleared { owner, key: Some(key), .. } => self.clear(*owner, key),
            SharedFact::Cleared { owner, key: None, .. } => self.clear_all(*owner),
        }
    }

    fn set(&mut self, owner: Owner, key: &str, entry: &Entry) {
        let values = match owner {
            Owner::Fleet => &mut self.fleet,
            Owner::Agent(agent) => self.agents.entry(agent).or_default(),
        };
        self.updates += 1;
        self.total_bytes += size(key, entry);
        match values.entries.get_mut(key) {
            Some(current) => {
                self.total_bytes -= size(key, current);
                *current = entry.clone();
            }
            None => drop(values.entries.insert(key.into(), entry.clone())),
        }
    }

    fn clear(&mut self, owner: Owner, key: &str) {
        let Some(values) = self.values_mut(owner) else { return };
        let Some(cleared) = values.entries.remove(key) else { return };
        values.floor = values.floor.max(cleared.version);
        self.total_bytes -= size(key, &cleared);
    }

    fn clear_all(&mut self, owner: Owner) {
        let Some(values) = self.values_mut(owner) else { return };
        let cleared = core::mem::take(&mut values.entries);
        values.floor = cleared.values().map(|entry| entry.version).fold(values.floor, u64::max);
        self.total_bytes -= cleared.iter().map(|(key, entry)| size(key, entry)).sum::<u64>();
    }

    fn values_mut(&mut self, owner: Owner) -> Option<&mut Values> {
        match owner {
            Owner::Fleet => Some(&mut self.fleet),
            Owner::Agent(agent) => self.agents.get_mut(&agent),
        }
    }

    fn values(&self, owner: Owner) -> Option<&Values> {
        match owner {
            Owner::Fleet => Some(&self.fleet),
            Owner::Agent(agent) => self.agents.get(&agent),
        }
    }
}

impl SharedState {
    /// One value.
    pub fn get(&self, owner: Owner, key: &str) -> Option<&Entry> {
        self.values(owner)?.entries.get(key)
    }

    /// All of an owner's, by key.
    pub fn of(&self, owner: Owner) -> impl Iterator<Item = (&str, &Entry)> {
        self.values(owner).into_iter().flat_map(|values| &values.entries).map(|(key, entry)| (key.as_str(), entry))
    }

    /// Whoever has values: the fleet first, then agents as the fleet came to know them.
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        let fleet = (!self.fleet.entries.is_empty()).then_some(Owner::Fleet);
        let agents = self.agents.iter().filter(|(_, values)| !values.entries.is_empty());
        fleet.into_iter().chain(agents.map(|(agent, _)| Owner::Agent(*agent)))
    }

    /// How many values an owner has.
    pub fn count(&self, owner: Owner) -> usize {
        self.values(owner).map_or(0, |values| values.entries.len())
    }

    /// All keys and values together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// How often a value was set.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// How often someone set a value that was no longer the one they thought.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// The version that a key's next value has.
    pub(crate) fn next_version(&self, owner: Owner, key: &str) -> u64 {
        let before = self.get(owner, key).map(|entry| entry.version);
        before.unwrap_or_else(|| self.values(owner).map_or(0, |values| values.floor)) + 1
    }

    /// What all would take if this value were set.
    pub(crate) fn total_bytes_with(&self, owner: Owner, key: &str, value: &str) -> u64 {
        let before = self.get(owner, key).map_or(0, |entry| size(key, entry));
        self.total_bytes - before + (key.len() + value.len()) as u64
    }

    /// Forgets an agent's values, and the versions that they had: its number is never used again.
    pub(crate) fn forget(&mut self, agent: AgentId) {
        self.clear_all(Owner::Agent(agent));
        self.agents.remove(&agent);
    }
}

/// What a value counts for against the bound on all of them.
fn size(key: &str, entry: &Entry) -> u64 {
    (key.len() + entry.value.len()) as u64
}
