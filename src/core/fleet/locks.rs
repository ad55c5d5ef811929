//! Wires the locks into the fleet.

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::event::Armed;
use crate::ids::{RunId, TaskId};
use crate::lock::{LockCommand, LockEvent, LockTimer, TaskLocks};
use alloc::string::String;

impl Step<'_> {
    /// What a client asks of the locks.
    pub(super) fn lock_command(&mut self, command: LockCommand) -> Result<Answer, Denied> {
        let _ = command;
        Err(Denied::CoordinationOff)
    }

    /// A timer of the locks came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn lock_timer(&mut self, timer: LockTimer) {
        let _ = timer;
    }

    /// What happens to locks from outside.
    pub(super) fn lock_event(&mut self, event: LockEvent) {
        let _ = event;
    }

    /// Takes the locks that a task names, as written in its specification, or puts it into the line for them. When a
    /// request that waits comes to its end, `task_locks_settled` is called.
    pub(super) fn lock_for_task(&mut self, task: TaskId, wants: &[String]) -> TaskLocks {
        let _ = (task, wants);
        TaskLocks::Held
    }

    /// Gives back what a task holds, and withdraws what it waits for.
    pub(super) fn unlock_for_task(&mut self, task: TaskId) {
        let _ = task;
    }

    /// From now on this run and this task are one party: neither is in the other's way.
    pub(super) fn locks_ally(&mut self, run: RunId, task: TaskId) {
        let _ = (run, task);
    }

    /// A run holds and waits for nothing any more.
    pub(super) fn locks_run_ended(&mut self, run: RunId) {
        let _ = run;
    }

    /// A run is frozen: what it holds and waits for stands still.
    pub(super) fn locks_stand_still(&mut self, run: RunId) {
        let _ = run;
    }

    /// A run goes on.
    pub(super) fn locks_go_on(&mut self, run: RunId) {
        let _ = run;
    }

    /// Resources may have another capacity.
    pub(super) fn locks_configured(&mut self) {}

    /// No client that waited is there any more.
    pub(super) fn locks_took_over(&mut self) {}
}

impl Fleet {
    /// The timers that the shell must have armed for it.
    pub(super) fn locks_armed(&self) -> impl Iterator<Item = Armed> {
        core::iter::empty()
    }
}
