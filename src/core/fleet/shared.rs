//! Connects the shared state with the fleet: which party may set which keys, and what a conflict records.

use super::Step;
use crate::command::{Answer, Denied};
use crate::fact::FactKind;
use crate::party::Party;
use crate::shared::SharedState;
use crate::shared::{Attempt, Entry, KEY_BYTES_MAX, Owner, SharedAnswer, SharedCommand, SharedDenied, SharedFact};
use alloc::boxed::Box;
use alloc::string::String;

impl Step<'_> {
    /// Handles a command from a client about the shared state.
    pub(super) fn shared_command(&mut self, command: SharedCommand) -> Result<Answer, Denied> {
        let reply = match command {
            SharedCommand::Set { by, owner, key, value, version } => {
                let place = Place { by, owner, key };
                self.set_shared(place, value, version)
            }
            SharedCommand::Clear { by, owner, key } => self.clear_shared(&by, owner, key),
        };
        reply.map(Answer::Shared).map_err(Denied::Shared)
    }

    fn set_shared(&mut self, place: Place, value: String, version: Option<u64>) -> Result<SharedAnswer, SharedDenied> {
        let Place { by, owner, key } = place;
        let (by_name, owner_name) = self.may_set(&by, owner)?;
        self.fits(owner, &key, &value)?;
        let current = self.shared().get(owner, &key).cloned();
        let found = current.as_ref().map_or(0, |entry| entry.version);
        if let Some(expected) = version.filter(|expected| *expected != found) {
            let refused = Attempt { value, version: expected, by: by_name };
            let fact = SharedFact::Conflict { owner, name: owner_name, key, refused, current: current.clone() };
            self.record_by(&by, FactKind::State(fact));
            return Err(SharedDenied::Conflict { expected, current: current.map(Box::new) });
        }
        let version = self.shared().next_version(owner, &key);
        let entry = Entry { value, version, by: by_name, at: self.now };
        let fact = SharedFact::Set { owner, name: owner_name, key, entry: entry.clone() };
        self.record_by(&by, FactKind::State(fact));
        Ok(SharedAnswer::Set(entry))
    }

    fn clear_shared(&mut self, by: &Party, owner: Owner, key: Option<String>) -> Result<SharedAnswer, SharedDenied> {
        let (by_name, name) = self.may_set(by, owner)?;
        if key.is_none() && owner == Owner::Fleet && matches!(by, Party::Run(_)) {
            return Err(SharedDenied::NotYours);
        }
        let cleared = match &key {
            Some(key) if self.shared().get(owner, key).is_none() => {
                return Err(SharedDenied::UnknownKey { key: key.chars().take(KEY_BYTES_MAX).collect() });
            }
            Some(_) => 1,
            None => self.shared().count(owner) as u32,
        };
        if cleared > 0 {
            let fact = SharedFact::Cleared { owner, name, key, by: by_name, cleared };
            self.record_by(by, FactKind::State(fact));
        }
        Ok(SharedAnswer::Cleared { cleared })
    }

    /// Returns the names of the setting party and of the owner, if that party may set the owner's keys.
    fn may_set(&self, by: &Party, owner: Owner) -> Result<(String, String), SharedDenied> {
        let by_name = self.fleet.party_name(by).ok_or(SharedDenied::RunEnded)?;
        let owner_name = match owner {
            Owner::Fleet => "fleet".into(),
            Owner::Agent(agent) => {
                let known = self.fleet.view.agents.get(&agent).ok_or(SharedDenied::UnknownAgent)?;
                known.name.clone()
            }
        };
        let allowed = match (by, owner) {
            (Party::Run(run), Owner::Agent(agent)) => self.fleet.live.get(run) == Some(&agent),
            (Party::Run(_) | Party::Task(_) | Party::Outside(_), _) => true,
        };
        if allowed { Ok((by_name, owner_name)) } else { Err(SharedDenied::NotYours) }
    }

    /// Verifies that a value is within all limits.
    fn fits(&self, owner: Owner, key: &str, value: &str) -> Result<(), SharedDenied> {
        let policy = &self.fleet.policy.coordination.shared;
        let shared = self.shared();
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

    fn shared(&self) -> &SharedState {
        &self.fleet.view.shared
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
