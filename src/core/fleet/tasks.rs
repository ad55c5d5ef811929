//! Wires the tasks into the fleet.

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::event::Armed;
use crate::fact::Outcome;
use crate::ids::{AgentId, RunId, TaskId};
use crate::lock::LockSettled;
use crate::task::{Task, TaskCommand, TaskDenied, TaskEvent, TaskSpec, TaskTimer};
use alloc::string::String;

impl Step<'_> {
    /// What a client asks of the tasks.
    pub(super) fn task_command(&mut self, command: TaskCommand) -> Result<Answer, Denied> {
        let _ = command;
        Err(Denied::CoordinationOff)
    }

    /// A timer of the tasks came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn task_timer(&mut self, timer: TaskTimer) {
        let _ = timer;
    }

    /// What happens to tasks from outside.
    pub(super) fn task_event(&mut self, event: TaskEvent) {
        let _ = event;
    }

    /// Adds a task. It is assigned in the same step if an agent can take it.
    pub(super) fn add_task(&mut self, spec: TaskSpec) -> Result<TaskId, TaskDenied> {
        let _ = spec;
        Ok(TaskId(0))
    }

    /// Cancels a task that has not come to its end; what works on it is stopped.
    pub(super) fn cancel_task(&mut self, task: TaskId, reason: String) {
        let _ = (task, reason);
    }

    /// Something changed that may let a task go to an agent.
    pub(super) fn tasks_look_again(&mut self) {}

    /// A request for a task's locks that waited came to its end.
    pub(super) fn task_locks_settled(&mut self, task: TaskId, settled: &LockSettled) {
        let _ = (task, settled);
    }

    /// A run has ended: what it worked on, and what stood in its queue.
    pub(super) fn tasks_run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        let _ = (agent, run, outcome);
    }

    /// A run is frozen: the time of its task stands still.
    pub(super) fn tasks_stand_still(&mut self, run: RunId) {
        let _ = run;
    }

    /// A run goes on.
    pub(super) fn tasks_go_on(&mut self, run: RunId) {
        let _ = run;
    }

    /// The fleet has forgotten an agent.
    pub(super) fn tasks_agent_removed(&mut self, agent: AgentId) {
        let _ = agent;
    }

    /// Nothing is assigned any more.
    pub(super) fn tasks_shutting_down(&mut self) {}

    /// What was asked of the world is asked again.
    pub(super) fn tasks_took_over(&mut self) {}
}

impl Fleet {
    /// The task that a run works on, or was begun for.
    pub fn task_of(&self, run: RunId) -> Option<(TaskId, &Task)> {
        let task = self.view.tasks.of_run(run)?;
        self.view.tasks.get(task).map(|found| (task, found))
    }

    /// The timers that the shell must have armed for it.
    pub(super) fn tasks_armed(&self) -> impl Iterator<Item = Armed> {
        core::iter::empty()
    }
}
