//! The machine of synchronisation: what may start, what a change invalidates, and what follows the end of the run that
//! synchronises.

use super::fact::{Doer, Priority, SyncFact};
use super::table::{Scope, Standing, SyncTable};
use super::{SCOPE_BYTES_MAX, SyncAnswer, SyncCommand, SyncDenied, SyncPolicy};
use crate::fact::FactKind;
use crate::ids::RunId;
use crate::parties::Parties;
use crate::party::Party;
use crate::recorder::Recorder;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The machine of synchronisation, with its table of scopes.
pub(crate) struct Synchronisation<'a> {
    /// The state of all scopes.
    pub(crate) table: &'a mut SyncTable,
    /// The configured limits of synchronisation.
    pub(crate) policy: &'a SyncPolicy,
    /// The parties that may act.
    pub(crate) parties: Parties<'a>,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

/// The answer to a command about synchronisation, or the reason why it is refused; a refused command records nothing.
type Reply = Result<SyncAnswer, SyncDenied>;

impl Synchronisation<'_> {
    /// Handles a command from a client about the synchronisation of scopes.
    pub(crate) fn command(&mut self, command: SyncCommand) -> Reply {
        match command {
            SyncCommand::Start { by, scope, needs, priority } => self.start(by, scope, needs, priority),
            SyncCommand::Complete { by, scope } => self.complete(by, scope),
            SyncCommand::Fail { by, scope, reason } => self.fail(by, scope, reason),
            SyncCommand::Change { by, scope } => self.change(by, &scope),
        }
    }

    /// Handles the end of a run: its synchronisations have failed, and its queued ones are withdrawn.
    pub(crate) fn run_ended(&mut self, run: RunId) {
        for scope in self.table.of_run(run) {
            let syncing = match self.table.get(&scope).map(|known| &known.standing) {
                Some(Standing::Syncing { by }) => Some(by.name.clone()),
                _ => None,
            };
            let fact = match syncing {
                Some(by) => SyncFact::Failed { scope, by, reason: "its run ended".into() },
                None => SyncFact::Withdrawn { scope },
            };
            self.record(&Party::Run(run), fact);
        }
        self.look_again();
    }

    /// Starts queued scopes whose dependencies are completed, as far as there are places.
    pub(crate) fn look_again(&mut self) {
        let syncing_max = self.policy.syncing_max as usize;
        let mut places = syncing_max.saturating_sub(self.table.syncing());
        let queue: Vec<String> = self.table.queue().into_iter().map(String::from).collect();
        for scope in queue {
            let Some(Standing::Queued { by, .. }) = self.startable(&scope).map(|known| known.standing.clone()) else {
                continue;
            };
            if places == 0 {
                return;
            }
            places -= 1;
            self.record(&by.party, SyncFact::Started { scope: scope.clone(), by: by.clone() });
            self.tell_syncer(
                &by,
                "sync.started",
                format!("you may synchronise `{scope}` now: everything that it needs is completed"),
            );
        }
    }

    fn start(&mut self, by: Party, scope: String, needs: Option<Vec<String>>, priority: Priority) -> Reply {
        let by = self.doer(by)?;
        let known = self.table.get(&scope);
        let needs = needs.map(sorted);
        let declares =
            known.is_none() || needs.as_ref().is_some_and(|needs| known.map(|known| &known.needs) != Some(needs));
        let needs = needs.or_else(|| known.map(|known| known.needs.clone())).unwrap_or_default();
        self.may_declare(&scope, &needs)?;
        let turn = self.may_start(&by, &scope, declares)?;
        let ready = needs.iter().all(|need| self.table.is_completed(need)) && self.has_place();
        self.has_room_in_queue(ready, turn)?;
        let forgotten = self.room_for(&scope, &needs)?;

        for scope in forgotten {
            self.record(&by.party, SyncFact::Forgotten { scope });
        }
        self.leave_what_was(&by, &scope);
        if declares {
            self.record(&by.party, SyncFact::Declared { scope: scope.clone(), needs });
        }
        let party = by.party.clone();
        if ready {
            self.record(&party, SyncFact::Started { scope, by });
            return Ok(SyncAnswer::Started);
        }
        let turn = turn.unwrap_or_else(|| self.table.next_turn());
        self.record(&party, SyncFact::Queued { scope, by, priority, turn });
        Ok(SyncAnswer::Queued)
    }

    /// Checks whether a scope may be started in its current state. Returns its turn, if this party has already queued
    /// it.
    fn may_start(&self, by: &Doer, scope: &str, declares: bool) -> Result<Option<u64>, SyncDenied> {
        let Some(known) = self.table.get(scope) else { return Ok(None) };
        let retries_max = self.policy.retries_max;
        match &known.standing {
            // A run may ask again after the supervisor that it waited with is gone. Of parties outside the fleet, any
            // two may use the same name.
            Standing::Queued { by: other, turn, .. } if other == by && matches!(by.party, Party::Run(_)) => {
                Ok(Some(*turn))
            }
            Standing::Queued { by, .. } => Err(SyncDenied::AlreadyQueued { by: by.name.clone() }),
            Standing::Syncing { by } => Err(SyncDenied::AlreadySyncing { by: by.name.clone() }),
            Standing::Completed { .. } if !declares => Err(SyncDenied::AlreadyCompleted),
            Standing::Failed { .. } if known.retries >= retries_max => {
                Err(SyncDenied::RetriesSpent { retries: known.retries })
            }
            Standing::Idle | Standing::Completed { .. } | Standing::Failed { .. } => Ok(None),
        }
    }

    /// Prepares a scope for a new start: a failed one counts a retry, and a completed one with new dependencies is
    /// invalidated as if it had changed.
    fn leave_what_was(&mut self, by: &Doer, scope: &str) {
        let Some(known) = self.table.get(scope) else { return };
        match known.standing {
            Standing::Failed { .. } => {
                let retries = known.retries + 1;
                self.record(&by.party, SyncFact::Retried { scope: scope.into(), retries });
            }
            Standing::Completed { .. } => self.invalidate(by, scope),
            Standing::Idle | Standing::Queued { .. } | Standing::Syncing { .. } => {}
        }
    }

    fn complete(&mut self, by: Party, scope: String) -> Reply {
        let by = self.syncer(by, &scope)?;
        self.record(&by.party, SyncFact::Completed { scope, by: by.name });
        self.look_again();
        Ok(SyncAnswer::Noted)
    }

    fn fail(&mut self, by: Party, scope: String, reason: String) -> Reply {
        let by = self.syncer(by, &scope)?;
        self.record(&by.party, SyncFact::Failed { scope, by: by.name, reason });
        self.look_again();
        Ok(SyncAnswer::Noted)
    }

    fn change(&mut self, by: Party, scope: &str) -> Reply {
        let by = self.doer(by)?;
        if self.table.get(scope).is_none() {
            return Err(SyncDenied::UnknownScope { scope: scope.into() });
        }
        self.invalidate(&by, scope);
        self.look_again();
        Ok(SyncAnswer::Noted)
    }

    /// Makes a scope and everything downstream idle, and tells the parties that were synchronising them. Queued scopes
    /// stay queued.
    fn invalidate(&mut self, by: &Doer, scope: &str) {
        let table = &*self.table;
        let mut invalidated = table.downstream(scope);
        invalidated.retain(|name| {
            let standing = table.get(name).map(|known| &known.standing);
            !matches!(standing, None | Some(Standing::Idle | Standing::Queued { .. }))
        });
        if invalidated.is_empty() {
            return;
        }
        let interrupted: Vec<(Doer, String)> = invalidated
            .iter()
            .filter_map(|name| match &table.get(name)?.standing {
                Standing::Syncing { by } => Some((by.clone(), name.clone())),
                _ => None,
            })
            .collect();
        let invalidated = invalidated.into_iter().collect();
        self.record(&by.party, SyncFact::Changed { scope: scope.into(), by: by.name.clone(), invalidated });
        for (syncer, name) in interrupted {
            self.tell_syncer(
                &syncer,
                "sync.invalidated",
                format!("`{name}` must be synchronised again: `{scope}` changed"),
            );
        }
    }
}

impl Synchronisation<'_> {
    /// Returns the scope if all its dependencies are completed.
    fn startable(&self, scope: &str) -> Option<&Scope> {
        let table = &*self.table;
        table.get(scope).filter(|known| table.waits_for(known).next().is_none())
    }

    fn has_place(&self) -> bool {
        self.table.syncing() < self.policy.syncing_max as usize
    }

    fn has_room_in_queue(&self, ready: bool, turn: Option<u64>) -> Result<(), SyncDenied> {
        let queue_max = self.policy.queue_max;
        let full = || self.table.queue().len() >= queue_max as usize;
        if !ready && turn.is_none() && full() { Err(SyncDenied::QueueFull { queue_max }) } else { Ok(()) }
    }

    fn may_declare(&self, scope: &str, needs: &[String]) -> Result<(), SyncDenied> {
        if let Some(bad) = needs.iter().map(String::as_str).chain([scope]).find(|name| !is_name(name)) {
            return Err(SyncDenied::BadName { scope: bad.chars().take(SCOPE_BYTES_MAX).collect() });
        }
        let needs_max = self.policy.needs_max;
        if needs.len() > needs_max as usize {
            return Err(SyncDenied::TooManyNeeds { needs_max });
        }
        match self.table.cycle_with(scope, needs) {
            Some(scopes) => Err(SyncDenied::Cycle { scopes }),
            None => Ok(()),
        }
    }

    /// Returns the scopes whose records must be deleted so that these can be added.
    fn room_for(&self, scope: &str, needs: &[String]) -> Result<Vec<String>, SyncDenied> {
        let table = &*self.table;
        let scopes_max = self.policy.scopes_max;
        let wanted = needs.iter().map(String::as_str).chain([scope]);
        let new = wanted.clone().filter(|name| table.get(name).is_none()).count();
        let excess = (table.len() + new).saturating_sub(scopes_max as usize);
        if excess == 0 {
            return Ok(Vec::new());
        }
        let wanted: Vec<&str> = wanted.collect();
        let mut forgotten = table.forgettable();
        forgotten.retain(|name| !wanted.contains(&name.as_str()));
        forgotten.truncate(excess);
        if forgotten.len() < excess { Err(SyncDenied::ScopesFull { scopes_max }) } else { Ok(forgotten) }
    }

    /// Returns the party that synchronises a scope, or a person: a person may end any synchronisation.
    fn syncer(&self, by: Party, scope: &str) -> Result<Doer, SyncDenied> {
        let known = self.table.get(scope).ok_or_else(|| SyncDenied::UnknownScope { scope: scope.into() })?;
        let Standing::Syncing { by: syncer } = &known.standing else { return Err(SyncDenied::NotSyncing) };
        if syncer.party != by && !matches!(by, Party::Outside(_)) {
            return Err(SyncDenied::NotYours { by: syncer.name.clone() });
        }
        self.doer(by)
    }

    fn doer(&self, party: Party) -> Result<Doer, SyncDenied> {
        let name = self.parties.name_of(&party).ok_or(SyncDenied::RunEnded)?;
        Ok(Doer { party, name })
    }

    /// Sends a message to the run that synchronises. A person sees the facts instead.
    fn tell_syncer(&mut self, syncer: &Doer, topic: &'static str, body: String) {
        if let (Some(agent), _) = self.parties.agent_and_run(&syncer.party) {
            self.out.tell(agent, topic, body);
        }
    }

    fn record(&mut self, by: &Party, fact: SyncFact) {
        self.table.apply(&fact, self.out.now());
        self.out.record(self.parties.agent_and_run(by), FactKind::Sync(fact));
    }
}

/// Whether a text can be the name of a scope.
fn is_name(name: &str) -> bool {
    let length = (1..=SCOPE_BYTES_MAX).contains(&name.len());
    length && name.trim() == name && !name.chars().any(char::is_control)
}

fn sorted(mut needs: Vec<String>) -> Vec<String> {
    needs.sort_unstable();
    needs.dedup();
    needs
}
