//! All that is known of the locks: a fold over the facts.
//!
//! **Invariant 3:** tokens only grow: there is one counter, and it never goes back.

use super::lease::{CycleStep, Deadline, EndedLease, Lease, Process};
use crate::ids::{LeaseId, RequestId, RunId, TaskId, Token};
use crate::party::Party;
use crate::scope::{Resources, Scope, Want};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Leases that ended and are remembered, so that whoever comes with an old token is told what became of it. Beyond it,
/// the oldest is forgotten, and its token is told to be unknown.
pub const ENDED_LEASES_MAX: usize = 256;

/// Refused cycles that are remembered. Beyond it, the oldest is forgotten; its fact stays.
pub const CYCLES_MAX: usize = 16;

/// Writers into one lease that are remembered, so that the same write is not recorded again at once. Beyond it, the
/// oldest is forgotten, and its next write is recorded again.
pub const WRITERS_MAX: usize = 8;

/// All that is known of the locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockTable {
    pub(super) leases: BTreeMap<LeaseId, Lease>,
    pub(super) waiting: BTreeMap<RequestId, Request>,
    pub(super) allies: BTreeMap<TaskId, RunId>,
    pub(super) resources: Resources,
    /// Units of each resource that may be held now: more than its capacity while those of a larger one are held.
    pub(super) held_max: BTreeMap<String, u32>,
    pub(super) ended: VecDeque<EndedLease>,
    pub(super) cycles: VecDeque<RefusedCycle>,
    pub(super) statistics: LockStatistics,
    pub(super) leases_granted: u64,
    pub(super) requests_asked: u64,
    pub(super) newest_token: Token,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// Its number, which is its place in the line.
    pub id: RequestId,
    /// Who asks.
    pub holder: Party,
    /// What is wanted.
    pub wants: Vec<Want>,
    /// Since when.
    pub since: Time,
    /// When it is given up; none: not by itself.
    pub until: Option<Deadline>,
    /// What its lease will have.
    pub ttl: Option<Span>,
    /// How many times it was asked.
    pub asking: u32,
    /// The word under which it was asked.
    pub key: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// The process that its lease will end with.
    #[serde(default)]
    pub process: Option<Process>,
}

/// A request that was refused because it would have closed a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefusedCycle {
    /// When.
    pub at: Time,
    /// Who asked.
    pub holder: Party,
    /// For what.
    pub wants: Vec<Want>,
    /// The cycle.
    pub cycle: Vec<CycleStep>,
}

/// Counts since the journal began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockStatistics {
    /// Requests granted.
    pub granted: u64,
    /// Of those, how many had to wait.
    pub waited: u64,
    /// The longest wait.
    pub longest_wait: Span,
    /// The sum of all waits.
    pub total_wait: Span,
    /// Requests given up because the wait became too long.
    pub timed_out: u64,
    /// Requests refused because they would have closed a cycle.
    pub cycles_refused: u64,
    /// Leases that ended because they were not renewed.
    pub expired: u64,
    /// Leases taken by force.
    pub forced: u64,
    /// Writes seen into a scope that another held.
    pub violations: u64,
}

/// What is read of it.
impl LockTable {
    /// Every lease, oldest first.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.leases.values()
    }

    /// The requests that wait, in the order in which they were asked.
    pub fn waiting(&self) -> impl Iterator<Item = &Request> {
        self.waiting.values()
    }

    /// A lease.
    pub fn lease(&self, lease: LeaseId) -> Option<&Lease> {
        self.leases.get(&lease)
    }

    /// A request that waits.
    pub fn request(&self, request: RequestId) -> Option<&Request> {
        self.waiting.get(&request)
    }

    /// The named resources.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// How many units of a resource are held.
    pub fn units_held(&self, resource: &str) -> u32 {
        let held = self.leases.values().flat_map(|lease| &lease.scopes);
        held.filter(|held| matches!(&held.want.scope, Scope::Resource(name) if name == resource)).count() as u32
    }

    /// How many units of a resource may be held now.
    pub(crate) fn units_max(&self, resource: &str) -> u32 {
        self.held_max.get(resource).copied().unwrap_or(0)
    }

    /// The tasks that a live run works on.
    pub(crate) fn allies(&self) -> impl Iterator<Item = (TaskId, RunId)> {
        self.allies.iter().map(|(task, run)| (*task, *run))
    }

    /// Leases that ended, newest last.
    pub fn ended(&self) -> impl Iterator<Item = &EndedLease> {
        self.ended.iter()
    }

    /// Requests that were refused because of a cycle, newest last.
    pub fn cycles(&self) -> impl Iterator<Item = &RefusedCycle> {
        self.cycles.iter()
    }

    /// Counts since the journal began.
    pub fn statistics(&self) -> &LockStatistics {
        &self.statistics
    }

    /// The newest token.
    pub fn newest_token(&self) -> Token {
        self.newest_token
    }

    /// How many leases there have been.
    pub fn leases_granted(&self) -> u64 {
        self.leases_granted
    }

    /// How many requests have had to wait.
    pub fn requests_asked(&self) -> u64 {
        self.requests_asked
    }

    /// The tasks that a run works on.
    pub(crate) fn tasks_of(&self, run: RunId) -> impl Iterator<Item = TaskId> {
        self.allies.iter().filter(move |(_, ally)| **ally == run).map(|(task, _)| *task)
    }

    /// The run that works on a task, as far as the locks know.
    pub fn ally_of(&self, task: TaskId) -> Option<RunId> {
        self.allies.get(&task).copied()
    }

    /// The party that answers for `party`: the run that works on the task, or itself.
    pub fn principal(&self, party: &Party) -> Party {
        match party {
            Party::Task(task) => self.ally_of(*task).map_or(Party::Task(*task), Party::Run),
            other => other.clone(),
        }
    }
}
