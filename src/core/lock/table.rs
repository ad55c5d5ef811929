//! The stored state of the locks, folded from the facts.
//!
//! **Invariant 3:** tokens only grow: there is one counter, and it never goes back (`tests/brain/arbiter.rs`).

use super::lease::{CycleStep, Deadline, EndedLease, Lease, Process};
use crate::ids::{LeaseId, RequestId, RunId, TaskId, Token};
use crate::party::Party;
use crate::scope::{Resources, Scope, Want};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The most ended leases that are remembered, so that a client that comes with an old token is told how its lease
/// ended. Beyond it, the oldest is forgotten, and its token is reported as unknown.
pub const ENDED_LEASES_MAX: usize = 256;

/// The most refused cycles that are remembered. Beyond it, the oldest is forgotten; its fact is kept.
pub const CYCLES_MAX: usize = 16;

/// The most writers into one lease that are remembered, so that the same write is not recorded again at once. Beyond
/// it, the oldest is forgotten, and its next write is recorded again.
pub const WRITERS_MAX: usize = 8;

/// The stored state of the locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockTable {
    pub(super) leases: BTreeMap<LeaseId, Lease>,
    pub(super) waiting: BTreeMap<RequestId, Request>,
    pub(super) allies: BTreeMap<TaskId, RunId>,
    pub(super) resources: Resources,
    /// The units of each resource that may be held now. This is more than its capacity while units from an earlier,
    /// larger capacity are still held.
    pub(super) held_max: BTreeMap<String, u32>,
    pub(super) ended: VecDeque<EndedLease>,
    pub(super) cycles: VecDeque<RefusedCycle>,
    pub(super) statistics: LockStatistics,
    pub(super) leases_granted: u64,
    pub(super) requests_asked: u64,
    pub(super) newest_token: Token,
}

/// A request that waits in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// The number of the request, which is also its place in the queue.
    pub id: RequestId,
    /// The party that makes the request.
    pub holder: Party,
    /// The scopes that the request wants.
    pub wants: Vec<Want>,
    /// When the request began to wait.
    pub since: Time,
    /// When the request is given up; none if it has no limit.
    pub until: Option<Deadline>,
    /// The time to live that the lease will have.
    pub ttl: Option<Span>,
    /// How many times the request was made.
    pub asking: u32,
    /// The key with which the request was made.
    pub key: Option<String>,
    /// The purpose of the request, in a few words.
    pub purpose: Option<String>,
    /// The process with which the lease will end.
    #[serde(default)]
    pub process: Option<Process>,
}

/// A lock request that was refused because it would have closed a cycle of waiters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefusedCycle {
    /// When the request was refused.
    pub at: Time,
    /// The party that made the request.
    pub holder: Party,
    /// The scopes that the request wanted.
    pub wants: Vec<Want>,
    /// The cycle that waiting would have closed.
    pub cycle: Vec<CycleStep>,
}

/// Counts of the locks since the journal began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockStatistics {
    /// The number of requests that were granted.
    pub granted: u64,
    /// How many of the granted requests had to wait.
    pub waited: u64,
    /// The longest wait of a granted request.
    pub longest_wait: Span,
    /// The sum of the waits of all granted requests.
    pub total_wait: Span,
    /// The number of requests that were given up because they waited too long.
    pub timed_out: u64,
    /// The number of requests that were refused because they would have closed a cycle.
    pub cycles_refused: u64,
    /// The number of leases that ended because they were not renewed.
    pub expired: u64,
    /// The number of leases that were taken by force.
    pub forced: u64,
    /// The number of writes into a scope that another party held.
    pub violations: u64,
}

/// Reading the state of the locks.
impl LockTable {
    /// Returns every current lease, oldest first.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.leases.values()
    }

    /// Returns the waiting requests, in the order in which they were made.
    pub fn waiting(&self) -> impl Iterator<Item = &Request> {
        self.waiting.values()
    }

    /// Returns the current lease with this number.
    pub fn lease(&self, lease: LeaseId) -> Option<&Lease> {
        self.leases.get(&lease)
    }

    /// Returns the waiting request with this number.
    pub fn request(&self, request: RequestId) -> Option<&Request> {
        self.waiting.get(&request)
    }

    /// Returns the named resources that can be locked.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Returns how many units of a resource are held.
    pub fn units_held(&self, resource: &str) -> u32 {
        let held = self.leases.values().flat_map(|lease| &lease.scopes);
        held.filter(|held| matches!(&held.want.scope, Scope::Resource(name) if name == resource)).count() as u32
    }

    /// Returns how many units of a resource may be held now.
    pub(crate) fn units_max(&self, resource: &str) -> u32 {
        self.held_max.get(resource).copied().unwrap_or(0)
    }

    /// Returns the tasks that live runs work on, each with its run.
    pub(crate) fn allies(&self) -> impl Iterator<Item = (TaskId, RunId)> {
        self.allies.iter().map(|(task, run)| (*task, *run))
    }

    /// Returns the remembered leases that have ended, newest last.
    pub fn ended(&self) -> impl Iterator<Item = &EndedLease> {
        self.ended.iter()
    }

    /// Returns the remembered requests that were refused because of a cycle, newest last.
    pub fn cycles(&self) -> impl Iterator<Item = &RefusedCycle> {
        self.cycles.iter()
    }

    /// Returns the counts of the locks since the journal began.
    pub fn statistics(&self) -> &LockStatistics {
        &self.statistics
    }

    /// Returns the newest token that was given out.
    pub fn newest_token(&self) -> Token {
        self.newest_token
    }

    /// Returns how many leases were granted since the journal began.
    pub fn leases_granted(&self) -> u64 {
        self.leases_granted
    }

    /// Returns how many requests have had to wait since the journal began.
    pub fn requests_asked(&self) -> u64 {
        self.requests_asked
    }

    /// Returns the tasks that a run works on.
    pub(crate) fn tasks_of(&self, run: RunId) -> impl Iterator<Item = TaskId> {
        self.allies.iter().filter(move |(_, ally)| **ally == run).map(|(task, _)| *task)
    }

    /// Returns the run that works on a task, as far as the locks know.
    pub fn ally_of(&self, task: TaskId) -> Option<RunId> {
        self.allies.get(&task).copied()
    }

    /// Returns the party that answers for `party`: for a task the run that works on it, else the party itself.
    pub fn principal(&self, party: &Party) -> Party {
        match party {
            Party::Task(task) => self.ally_of(*task).map_or(Party::Task(*task), Party::Run),
            other => other.clone(),
        }
    }
}
