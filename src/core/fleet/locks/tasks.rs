//! The locks of tasks: the fleet takes them before a task starts, and releases them when it is over.

use super::asking::ToGrant;
use crate::fleet::{Fleet, Step};
use crate::ids::{LeaseId, RunId, TaskId};
use crate::lock::line::Asked;
use crate::lock::request::read_texts;
use crate::lock::{Lease, LeaseEnd, LockDenied, LockFact, TaskLocks, WaitEnd};
use crate::party::Party;
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Takes the locks that a task names, as written in its specification, or puts the task into the line for them.
    /// When a waiting request ends, `task_locks_settled` is called. A repeated call has no further effect.
    pub(in crate::fleet) fn lock_for_task(&mut self, task: TaskId, wants: &[String]) -> TaskLocks {
        let party = Party::Task(task);
        if wants.is_empty() || self.locks().leases().any(|lease| lease.holder == party) {
            return TaskLocks::Held;
        }
        if self.locks().waiting().any(|request| request.holder == party) {
            return TaskLocks::Waiting;
        }
        self.try_lock_for_task(party, wants).unwrap_or_else(TaskLocks::Refused)
    }

    /// Releases the locks of a task, and withdraws its waiting requests.
    pub(in crate::fleet) fn unlock_for_task(&mut self, task: TaskId) {
        let party = Party::Task(task);
        let leases = self.leases_where(|lease| lease.holder == party);
        let waiting = self.requests_where(|request| request.holder == party);
        for request in &waiting {
            self.leave_lock_line(*request, WaitEnd::HolderEnded);
        }
        leases.iter().for_each(|lease| self.end_lease(*lease, &LeaseEnd::HolderEnded));
        if let Some(run) = self.locks().ally_of(task) {
            self.record_lock(Some(&Party::Run(run)), LockFact::Parted { run, task });
        }
        if !leases.is_empty() || !waiting.is_empty() {
            self.serve_lock_line();
        }
    }

    /// Makes a run and a task one party, so that neither blocks the other. A request that thereby comes to wait in a
    /// cycle is refused. A task that goes to another run takes its locks along; the earlier run loses its own leases
    /// that conflict with them.
    pub(in crate::fleet) fn locks_ally(&mut self, run: RunId, task: TaskId) {
        match self.locks().ally_of(task) {
            Some(ally) if ally == run => return,
            Some(before) => self.part_lock_parties(before, task),
            None => {}
        }
        self.record_lock(Some(&Party::Run(run)), LockFact::Allied { run, task });
        self.refuse_cycles();
        self.serve_lock_line();
    }

    fn try_lock_for_task(&mut self, holder: Party, texts: &[String]) -> Result<TaskLocks, LockDenied> {
        let wants = read_texts(texts, self.locks().resources())?;
        self.ensure_lock_possible(&wants)?;
        self.ensure_room_for_lease(&holder)?;
        let to_grant = ToGrant { holder, wants, ttl: None, key: None, purpose: None, process: None };
        if self.lock_is_free(&to_grant) {
            self.grant_lease(to_grant, None);
            return Ok(TaskLocks::Held);
        }
        self.enter_lock_line(to_grant, None).map(|_| TaskLocks::Waiting)
    }

    /// Lets a task take its locks as an ally of a run, if only leases of that run block it.
    pub(in crate::fleet) fn lock_as_ally(&mut self, run: RunId, task: TaskId) {
        for request in self.requests_where(|request| request.holder == Party::Task(task)) {
            self.leave_lock_line(request, WaitEnd::Withdrawn);
        }
        self.locks_ally(run, task);
    }

    fn part_lock_parties(&mut self, run: RunId, task: TaskId) {
        let its: Vec<Lease> =
            self.locks().leases().filter(|lease| lease.holder == Party::Task(task)).cloned().collect();
        let conflicts = |lease: &Lease| {
            its.iter().flat_map(Lease::wants).any(|want| lease.wants().any(|other| other.conflicts(want)))
        };
        let lost: Vec<LeaseId> = self.leases_where(|lease| lease.holder == Party::Run(run) && conflicts(lease));
        let reason = alloc::format!("{task} went to another run and took its locks along");
        let why = LeaseEnd::Forced { reason, by: None };
        lost.into_iter().for_each(|lease| self.end_lease(lease, &why));
        self.record_lock(Some(&Party::Run(run)), LockFact::Parted { run, task });
    }
}

impl Fleet {
    /// Whether only the leases of this run keep a task from its locks. If the run takes the task, there is no reason to
    /// wait.
    pub(in crate::fleet) fn only_itself_is_in_the_way(&self, run: RunId, task: TaskId) -> bool {
        let locks = &self.view.locks;
        let Some(known) = self.view.tasks.get(task).filter(|task| !task.spec.locks.is_empty()) else { return false };
        let Ok(wants) = read_texts(&known.spec.locks, locks.resources()) else { return false };
        let (run, task) = (Party::Run(run), Party::Task(task));
        let id = locks.waiting().find(|request| request.holder == task).map(|request| request.id);
        let is_free = |holder| locks.is_free(Asked { id, holder, wants: &wants });
        !is_free(&task) && is_free(&run)
    }
}
