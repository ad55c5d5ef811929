//! Locks of tasks: taken by the fleet before a task starts, and given back when it is over.

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
    /// Takes the locks that a task names, as written in its specification, or puts it into the line for them. When a
    /// request that waits comes to its end, `task_locks_settled` is called. Asking twice is asking once.
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

    /// Gives back what a task holds, and withdraws what it waits for.
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

    /// From now on this run and this task are one party: neither is in the other's way. What becomes a circle of
    /// waiters by it is refused. A task that goes to another run takes its locks along: where the run before holds
    /// something of them besides, it loses that.
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

    /// A task whose locks only what this run holds is in the way of takes them as an ally of that run.
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
        let reason = alloc::format!("{task} went to another run, and its locks with it");
        let why = LeaseEnd::Forced { reason, by: None };
        lost.into_iter().for_each(|lease| self.end_lease(lease, &why));
        self.record_lock(Some(&Party::Run(run)), LockFact::Parted { run, task });
    }
}

impl Fleet {
    /// Whether nothing keeps a task from its locks but what this run holds. If the run takes the task, that is no reason
    /// to wait.
    pub(in crate::fleet) fn only_itself_is_in_the_way(&self, run: RunId, task: TaskId) -> bool {
        let locks = &self.view.locks;
        let Some(known) = self.view.tasks.get(task).filter(|task| !task.spec.locks.is_empty()) else { return false };
        let Ok(wants) = read_texts(&known.spec.locks, locks.resources()) else { return false };
        let (run, task) = (Party::Run(run), Party::Task(task));
        let id = locks.waiting().find(|request| request.holder == task).map(|request| request.id);
        let is_free = |holder| locks.is_free(Asked { id, holder, wants: &wants }, self.rules);
        !is_free(&task) && is_free(&run)
    }
}
