//! The state of all synchronised scopes, as the facts tell it, and queries on it.

use super::fact::{Doer, Priority, SyncFact};
use crate::graph::shortest_way;
use crate::ids::RunId;
use crate::party::Party;
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use serde::{Deserialize, Serialize};

/// The state of all synchronised scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncTable {
    scopes: BTreeMap<String, Scope>,
    /// Number of turns given in the queue so far.
    turns: u64,
}

/// A scope that will be synchronised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "SyncScope")]
pub struct Scope {
    /// The scopes that this scope depends on, sorted.
    pub needs: Vec<String>,
    /// The state of the scope's synchronisation.
    pub standing: Standing,
    /// Number of retries since the scope last completed or changed.
    pub retries: u32,
    /// When the scope entered its state, in milliseconds since the epoch.
    pub since: Time,
}

/// The state of a scope's synchronisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "SyncStanding")]
pub enum Standing {
    /// The scope has not been started, or something that it depends on has changed.
    #[default]
    Idle,
    /// The scope waits for the scopes that it depends on, or for a free place.
    Queued { by: Doer, priority: Priority, turn: u64 },
    /// The scope is being synchronised, by `by`.
    Syncing { by: Doer },
    /// The scope has been synchronised, by `by`.
    Completed { by: String },
    /// The synchronisation of the scope failed.
    Failed { by: String, reason: String },
}

impl SyncTable {
    /// Folds one fact about scopes into the table.
    pub(crate) fn apply(&mut self, fact: &SyncFact, at: Time) {
        match fact {
            SyncFact::Declared { scope, needs } => self.declare(scope, needs, at),
            SyncFact::Queued { scope, by, priority, turn } => {
                self.turns = self.turns.max(*turn);
                self.enter(scope, Standing::Queued { by: by.clone(), priority: *priority, turn: *turn }, at);
            }
            SyncFact::Started { scope, by } => self.enter(scope, Standing::Syncing { by: by.clone() }, at),
            SyncFact::Completed { scope, by } => {
                self.enter(scope, Standing::Completed { by: by.clone() }, at);
                self.retried(scope, 0);
            }
            SyncFact::Failed { scope, by, reason } => {
                self.enter(scope, Standing::Failed { by: by.clone(), reason: reason.clone() }, at);
            }
            SyncFact::Retried { scope, retries } => {
                self.enter(scope, Standing::Idle, at);
                self.retried(scope, *retries);
            }
            SyncFact::Changed { invalidated, .. } => invalidated.iter().for_each(|scope| {
                self.enter(scope, Standing::Idle, at);
                self.retried(scope, 0);
            }),
            SyncFact::Withdrawn { scope } => self.enter(scope, Standing::Idle, at),
            SyncFact::Forgotten { scope } => drop(self.scopes.remove(scope)),
        }
    }

    /// Sets the scopes that a scope depends on, and adds those that are not known yet.
    fn declare(&mut self, scope: &str, needs: &[String], at: Time) {
        for name in needs.iter().map(String::as_str).chain([scope]) {
            if !self.scopes.contains_key(name) {
                let unknown = Scope { needs: Vec::new(), standing: Standing::Idle, retries: 0, since: at };
                self.scopes.insert(name.into(), unknown);
            }
        }
        if let Some(known) = self.scopes.get_mut(scope) {
            known.needs = needs.to_vec();
        }
    }

    fn enter(&mut self, scope: &str, standing: Standing, at: Time) {
        if let Some(known) = self.scopes.get_mut(scope) {
            known.standing = standing;
            known.since = at;
        }
    }

    fn retried(&mut self, scope: &str, retries: u32) {
        if let Some(known) = self.scopes.get_mut(scope) {
            known.retries = retries;
        }
    }
}

impl SyncTable {
    /// Returns all scopes, by name.
    pub fn scopes(&self) -> impl Iterator<Item = (&str, &Scope)> {
        self.scopes.iter().map(|(name, scope)| (name.as_str(), scope))
    }

    /// Returns the scope of this name.
    pub fn get(&self, scope: &str) -> Option<&Scope> {
        self.scopes.get(scope)
    }

    /// Returns the scopes that a scope depends on and that are not completed.
    pub fn waits_for<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a str> {
        scope.needs.iter().map(String::as_str).filter(|need| !self.is_completed(need))
    }

    /// Whether a scope is known and completed.
    pub fn is_completed(&self, scope: &str) -> bool {
        self.scopes.get(scope).is_some_and(|known| matches!(known.standing, Standing::Completed { .. }))
    }

    /// Returns how many scopes are being synchronised.
    pub fn syncing(&self) -> usize {
        self.scopes.values().filter(|scope| matches!(scope.standing, Standing::Syncing { .. })).count()
    }

    /// Returns the waiting scopes, the most urgent first, then the oldest.
    pub fn queue(&self) -> Vec<&str> {
        let mut queue: Vec<(Reverse<Priority>, u64, &str)> = self
            .scopes
            .iter()
            .filter_map(|(name, scope)| match &scope.standing {
                Standing::Queued { priority, turn, .. } => Some((Reverse(*priority), *turn, name.as_str())),
                _ => None,
            })
            .collect();
        queue.sort_unstable();
        queue.into_iter().map(|(_, _, name)| name).collect()
    }

    /// Returns how many scopes are known.
    pub fn len(&self) -> usize {
        self.scopes.len()
    }

    /// Whether no scope is known.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Returns the turn that the next waiting scope gets.
    pub(crate) fn next_turn(&self) -> u64 {
        self.turns + 1
    }

    /// Returns the scope and everything that depends on it, directly or indirectly.
    pub(crate) fn downstream(&self, scope: &str) -> BTreeSet<String> {
        let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, known) in &self.scopes {
            for need in &known.needs {
                dependents.entry(need).or_default().push(name);
            }
        }
        let mut reached = BTreeSet::new();
        let mut open = alloc::vec![scope];
        while let Some(name) = open.pop() {
            if reached.insert(String::from(name)) {
                open.extend(dependents.get(name).into_iter().flatten());
            }
        }
        reached
    }

    /// Returns the cycle that there would be if `scope` depended on `needs`: from the scope over those that it needs
    /// back to itself.
    pub(crate) fn cycle_with(&self, scope: &str, needs: &[String]) -> Option<Vec<String>> {
        let behind = |name: &str| match self.scopes.get(name) {
            _ if name == scope => needs,
            Some(known) => known.needs.as_slice(),
            None => &[],
        };
        let way = shortest_way(scope, scope, |name| behind(name).iter().map(|need| (need.as_str(), ())))?;
        Some(core::iter::once(scope).chain(way.into_iter().map(|(name, ())| name)).map(String::from).collect())
    }

    /// Returns the scopes that this run has queued or synchronises.
    pub(crate) fn of_run(&self, run: RunId) -> Vec<String> {
        let its = |by: &Doer| by.party == Party::Run(run);
        let scopes = self.scopes.iter().filter(|(_, scope)| match &scope.standing {
            Standing::Queued { by, .. } | Standing::Syncing { by } => its(by),
            _ => false,
        });
        scopes.map(|(name, _)| name.clone()).collect()
    }

    /// Returns the idle scopes that nobody depends on, the oldest first; their records may be deleted.
    pub(crate) fn forgettable(&self) -> Vec<String> {
        let needed: BTreeSet<&str> = self.scopes.values().flat_map(|scope| &scope.needs).map(String::as_str).collect();
        let idle = self
            .scopes
            .iter()
            .filter(|(name, scope)| scope.standing == Standing::Idle && !needed.contains(name.as_str()));
        let mut oldest: Vec<(Time, &String)> = idle.map(|(name, scope)| (scope.since, name)).collect();
        oldest.sort_unstable();
        oldest.into_iter().map(|(_, name)| name.clone()).collect()
    }
}
