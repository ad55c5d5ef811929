//! The machine of the shared state: which party may set which keys, and what a conflict records.

use super::fact::{Attempt, Entry, Owner, SharedFact};
use super::values::SharedState;
use super::{KEY_BYTES_MAX, SharedAnswer, SharedCommand, SharedDenied, SharedPolicy};
use crate::fact::FactKind;
use crate::parties::Parties;
use crate::party::Party;
use crate::recorder::Recorder;
use alloc::boxed::Box;
use alloc::string::String;

/// The machine of the shared state, with all values.
pub(crate) struct Sharing<'a> {
    /// All values of all owners.
    pub(crate) table: &'a mut SharedState,
    /// The configured limits of the shared state.
    pub(crate) policy: &'a SharedPolicy,
    /// The parties that may act.
    pub(crate) parties: Parties<'a>,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

/// The answer to a command about the shared state, or the reason why it is refused.
type Reply = Result<SharedAnswer, SharedDenied>;

impl Sharing<'_> {
    /// Handles a command from a client about the shared state.
    pub(crate) fn command(&mut self, command: SharedCommand) -> Reply {
        match command {
            SharedCommand::Set { by, owner, key, value, version } => {
                let place = Place { by, owner, key };
                self.set(place, value, version)
            }
            SharedCommand::Clear { by, owner, key } => self.clear(&by, owner, key),
        }
    }

    fn set(&mut self, place: Place, value: String, version: Option<u64>) -> Reply {
        let Place { by, owner, key } = place;
        let (by_name, owner_name) = self.may_set(&by, owner)?;
        self.fits(owner, &key, &value)?;
        let current = self.table.get(owner, &key).cloned();
        let found = current.as_ref().map_or(0, |entry| entry.version);
        if let Some(expected) = version.filter(|expected| *expected != found) {
            let refused = Attempt { value, version: expected, by: by_name };
            let fact = SharedFact::Conflict { owner, name: owner_name, key, refused, current: current.clone() };
            self.record(&by, fact);
            return Err(SharedDenied::Conflict { expected, current: current.map(Box::new) });
        }
        let version = self.table.next_version(owner, &key);
        let entry = Entry { value, version, by: by_name, at: self.out.now() };
        let fact = SharedFact::Set { owner, name: owner_name, key, entry: entry.clone() };
        self.record(&by, fact);
        Ok(SharedAnswer::Set(entry))
    }

    fn clear(&mut self, by: &Party, owner: Owner, key: Option<String>) -> Reply {
        let (by_name, name) = self.may_set(by, owner)?;
        if key.is_none() && owner == Owner::Fleet && matches!(by, Party::Run(_)) {
            return Err(SharedDenied::NotYours);
        }
        let cleared = match &key {
            Some(key) if self.table.get(owner, key).is_none() => {
                return Err(SharedDenied::UnknownKey { key: key.chars().take(KEY_BYTES_MAX).collect() });
            }
            Some(_) => 1,
            None => self.table.count(owner) as u32,
        };
        if cleared > 0 {
            let fact = SharedFact::Cleared { owner, name, key, by: by_name, cleared };
            self.record(by, fact);
        }
        Ok(SharedAnswer::Cleared { cleared })
    }

    /// Returns the names of the setting party and of the owner, if that party may set the owner's keys.
    fn may_set(&self, by: &Party, owner: Owner) -> Result<(String, String), SharedDenied> {
        let by_name = self.parties.name_of(by).ok_or(SharedDenied::RunEnded)?;
        let owner_name = match owner {
            Owner::Fleet => "fleet".into(),
            Owner::Agent(agent) => self.parties.agent_name(agent).ok_or(SharedDenied::UnknownAgent)?.into(),
        };
        let allowed = match (by, owner) {
            (Party::Run(_), Owner::Agent(agent)) => self.parties.agent_and_run(by).0 == Some(agent),
            (Party::Run(_) | Party::Task(_) | Party::Outside(_), _) => true,
        };
        if allowed { Ok((by_name, owner_name)) } else { Err(SharedDenied::NotYours) }
    }

    /// Verifies that a value is within all limits.
    fn fits(&self, owner: Owner, key: &str, value: &str) -> Result<(), SharedDenied> {
        let (policy, shared) = (self.policy, &*self.table);
        if !is_key(key) {
            return Err(SharedDenied::BadKey);
        }
        if value.len() > policy.value_bytes_max as usize {
            return Err(SharedDenied::ValueTooLong { value_bytes_max: policy.value_bytes_max });
        }
        if shared.get(owner, key).is_none() && shared.count(owner) >= policy.keys_max as usize {
            return Err(SharedDenied::KeysFull { keys_max: policy.keys_max });
        }
        if shared.total_bytes_with(owner, key, value) > policy.total_bytes_max {
            return Err(SharedDenied::StateFull { total_bytes_max: policy.total_bytes_max });
        }
        Ok(())
    }

    fn record(&mut self, by: &Party, fact: SharedFact) {
        self.table.apply(&fact);
        self.out.record(self.parties.agent_and_run(by), FactKind::State(fact));
    }
}

/// A key to be set, its owner, and the party that sets it.
struct Place {
    by: Party,
    owner: Owner,
    key: String,
}

/// Whether a text can be a key.
fn is_key(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    (1..=KEY_BYTES_MAX).contains(&key.len()) && key.chars().all(allowed)
}
