//! The shared values, as the facts tell them.

use super::fact::{Entry, Owner, SharedFact};
use crate::ids::AgentId;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// All shared values of the fleet and its agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedState {
    fleet: Values,
    agents: BTreeMap<AgentId, Values>,
    /// Total size of all keys and values, in bytes.
    total_bytes: u64,
    /// Number of times that a value was set.
    updates: u64,
    /// Number of conflicts so far.
    conflicts: u64,
}

/// Lists the values of one owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Values {
    entries: BTreeMap<String, Entry>,
    /// The largest version of any removed key; a key that is set again begins above it.
    floor: u64,
}

impl SharedState {
    /// Folds one fact about the shared state in.
    pub(crate) fn apply(&mut self, fact: &SharedFact) {
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
    /// Returns the value of one key, if it is set.
    pub fn get(&self, owner: Owner, key: &str) -> Option<&Entry> {
        self.values(owner)?.entries.get(key)
    }

    /// Returns all values of an owner, by key.
    pub fn of(&self, owner: Owner) -> impl Iterator<Item = (&str, &Entry)> {
        self.values(owner).into_iter().flat_map(|values| &values.entries).map(|(key, entry)| (key.as_str(), entry))
    }

    /// Returns the owners that have values: the fleet first, then agents in the order in which the fleet got to know
    /// them.
    pub fn owners(&self) -> impl Iterator<Item = Owner> {
        let fleet = (!self.fleet.entries.is_empty()).then_some(Owner::Fleet);
        let agents = self.agents.iter().filter(|(_, values)| !values.entries.is_empty());
        fleet.into_iter().chain(agents.map(|(agent, _)| Owner::Agent(*agent)))
    }

    /// Returns how many values an owner has.
    pub fn count(&self, owner: Owner) -> usize {
        self.values(owner).map_or(0, |values| values.entries.len())
    }

    /// Returns the total size of all keys and values, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Returns how often a value was set.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Returns how often a value was refused because its version was no longer the expected one.
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Returns the version that the next value of a key gets.
    pub(crate) fn next_version(&self, owner: Owner, key: &str) -> u64 {
        let before = self.get(owner, key).map(|entry| entry.version);
        before.unwrap_or_else(|| self.values(owner).map_or(0, |values| values.floor)) + 1
    }

    /// Returns the total size of all keys and values if this value were set, in bytes.
    pub(crate) fn total_bytes_with(&self, owner: Owner, key: &str, value: &str) -> u64 {
        let before = self.get(owner, key).map_or(0, |entry| size(key, entry));
        self.total_bytes - before + (key.len() + value.len()) as u64
    }

    /// Forgets the values of an agent, with their versions; the agent's number is never used again.
    pub(crate) fn forget(&mut self, agent: AgentId) {
        self.clear_all(Owner::Agent(agent));
        self.agents.remove(&agent);
    }
}

/// Returns the size that a value counts for in the total, in bytes.
fn size(key: &str, entry: &Entry) -> u64 {
    (key.len() + entry.value.len()) as u64
}
