//! The locks of tasks: the fleet takes them before a task starts, and releases them when it has ended.

use super::Locks;
use super::asking::ToGrant;
use crate::ids::{LeaseId, RunId, TaskId};
use crate::lock::line::Asked;
use crate::lock::request::read_texts;
use crate::lock::{Lease, LeaseEnd, LockDenied, LockFact, LockTable, TaskLocks, WaitEnd};
use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;

impl Locks<'_> {
    /// Takes the locks that a task names, as written in its specification, or puts the task into the line for them.
    /// When a waiting request ends, the task is told. A repeated call has no further effect.
    pub(crate) fn take_for(&mut self, task: TaskId, wants: &[String]) -> TaskLocks {
        let party = Party::Task(task);
        if wants.is_empty() || self.table.leases().any(|lease| lease.holder == party) {
            return TaskLocks::Held;
        }
        if self.table.waiting().any(|request| request.holder == party) {
            return TaskLocks::Waiting;
        }
        self.try_take_for(party, wants).unwrap_or_else(TaskLocks::Refused)
    }

    /// Releases the locks of a task, and withdraws its waiting requests.
    pub(crate) fn release_for(&mut self, task: TaskId) {
        let party = Party::Task(task);
        let leases = self.leases_where(|lease| lease.holder == party);
        let waiting = self.requests_where(|request| request.holder == party);
        for request in &waiting {
            self.leave_line(*request, WaitEnd::HolderEnded);
        }
        leases.iter().for_each(|lease| self.end_lease(*lease, &LeaseEnd::HolderEnded));
        if let Some(run) = self.table.ally_of(task) {
            self.record(Some(&Party::Run(run)), LockFact::Parted { run, task });
        }
        if !leases.is_empty() || !waiting.is_empty() {
            self.serve();
        }
    }

    /// Makes a run and a task one party, so that neither blocks the other. A task that goes to another run takes its
    /// locks along; the earlier run loses its own leases that conflict with them. Returns whether anything changed;
    /// then requests may wait in a cycle ([`Locks::refuse_a_cycle`]), or for nothing ([`Locks::serve`]).
    pub(crate) fn ally(&mut self, run: RunId, task: TaskId) -> bool {
        match self.table.ally_of(task) {
            Some(ally) if ally == run => return false,
            Some(before) => self.part(before, task),
            None => {}
        }
        self.record(Some(&Party::Run(run)), LockFact::Allied { run, task });
        true
    }

    /// Takes the waiting requests of a task out of the queue, because it takes its locks as an ally of a run.
    pub(crate) fn leave_for(&mut self, task: TaskId) {
        for request in self.requests_where(|request| request.holder == Party::Task(task)) {
            self.leave_line(request, WaitEnd::Withdrawn);
        }
    }

    fn try_take_for(&mut self, holder: Party, texts: &[String]) -> Result<TaskLocks, LockDenied> {
        let wants = read_texts(texts, self.table.resources())?;
        self.ensure_possible(&wants)?;
        self.ensure_room_for_lease(&holder)?;
        let to_grant = ToGrant { holder, wants, ttl: None, key: None, purpose: None, process: None };
        if self.is_free(&to_grant) {
            self.grant_lease(to_grant, None);
            return Ok(TaskLocks::Held);
        }
        self.enter_line(to_grant, None).map(|_| TaskLocks::Waiting)
    }

    fn part(&mut self, run: RunId, task: TaskId) {
        let its: Vec<Lease> = self.table.leases().filter(|lease| lease.holder == Party::Task(task)).cloned().collect();
        let conflicts = |lease: &Lease| {
            its.iter().flat_map(Lease::wants).any(|want| lease.wants().any(|other| other.conflicts(want)))
        };
        let lost: Vec<LeaseId> = self.leases_where(|lease| lease.holder == Party::Run(run) && conflicts(lease));
        let reason = alloc::format!("{task} went to another run, together with its locks");
        let why = LeaseEnd::Forced { reason, by: None };
        lost.into_iter().for_each(|lease| self.end_lease(lease, &why));
        self.record(Some(&Party::Run(run)), LockFact::Parted { run, task });
    }
}

impl LockTable {
    /// Whether only the leases of this run keep a task from these scopes. If the run takes the task, there is no reason
    /// to wait.
    pub(crate) fn only_itself_is_in_the_way(&self, run: RunId, task: TaskId, texts: &[String]) -> bool {
        let Ok(wants) = read_texts(texts, self.resources()) else { return false };
        let (run, task) = (Party::Run(run), Party::Task(task));
        let id = self.waiting().find(|request| request.holder == task).map(|request| request.id);
        let is_free = |holder| self.is_free(Asked { id, holder, wants: &wants });
        !texts.is_empty() && !is_free(&task) && is_free(&run)
    }
}
