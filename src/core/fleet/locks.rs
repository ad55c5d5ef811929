//! Connects the locks with the fleet. Where the end of a request may change tasks, and these the locks again, the
//! machine is asked for one end at a time.

use super::{Fleet, Step};
use crate::ids::{RequestId, RunId, TaskId};
use crate::party::Party;
use alloc::vec::Vec;

impl Step<'_> {
    /// Applies changed capacities of resources. Requests that want more units than exist now are refused.
    pub(super) fn locks_configured(&mut self) {
        if !self.with_locks(|locks| locks.configured()) {
            return;
        }
        let line: Vec<RequestId> = self.fleet.view.locks.waiting().map(|request| request.id).collect();
        for request in line {
            self.with_locks(|locks| locks.refuse_if_impossible(request));
        }
        self.refuse_cycles();
    }

    /// Makes a run and a task one party, so that neither blocks the other. A request that has to wait in a cycle
    /// because of this is refused.
    pub(super) fn locks_ally(&mut self, run: RunId, task: TaskId) {
        if self.with_locks(|locks| locks.ally(run, task)) {
            self.refuse_cycles();
        }
    }

    /// Refuses requests that wait in a cycle, newest first, and grants those that wait for nothing any more.
    fn refuse_cycles(&mut self) {
        while self.with_locks(|locks| locks.refuse_a_cycle()).is_some() {}
        self.with_locks(|locks| locks.serve());
    }

    /// Ends the leases and requests of dead runs and ended tasks.
    pub(super) fn free_what_nobody_holds(&mut self) {
        let (fleet, locks) = (&*self.fleet, &self.fleet.view.locks);
        let allies: Vec<(TaskId, RunId)> = locks.allies().filter(|(_, run)| !fleet.live.contains_key(run)).collect();
        let holders = locks.leases().map(|lease| &lease.holder);
        let all = holders.chain(locks.waiting().map(|request| &request.holder));
        let gone: Vec<Party> = all.filter(|party| !fleet.takes_part(party)).cloned().collect();
        self.with_locks(|locks| locks.free(&gone, &allies));
    }
}

impl Fleet {
    /// Whether only the leases of this run keep a task from its locks. If the run takes the task, there is no reason to
    /// wait.
    pub(super) fn only_itself_is_in_the_way(&self, run: RunId, task: TaskId) -> bool {
        let known = self.view.tasks.get(task);
        known.is_some_and(|known| self.view.locks.only_itself_is_in_the_way(run, task, &known.spec.locks))
    }
}
