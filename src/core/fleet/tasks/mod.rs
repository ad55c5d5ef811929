//! Connects the tasks with the fleet: the commands about them, the effects of their agents' runs on them, and what follows
//! from their ends. The tasks themselves are decided about in `task/machine`.
//!
//! Tasks are assigned once, at the end of a step, after everything else that the event caused ([`assign`]). Code that may
//! allow a task to go to an agent only calls `tasks_look_again`.

mod assign;
mod claims;
pub mod explain;
mod invariants;

use super::{Course, Fleet, Step};
use crate::agent::Takes;
use crate::command::{Answer, Denied};
use crate::ending::{Outcome, StopCause};
use crate::ids::{AgentId, RunId, TaskId};
use crate::party::Party;
use crate::run::Haste;
use crate::task::machine::Reply;
use crate::task::machine::again::Again;
use crate::task::{Task, TaskAnswer, TaskCommand, TaskDenied, Work};
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Handles a command from a client about tasks.
    pub(super) fn task_command(&mut self, command: TaskCommand) -> Result<Answer, Denied> {
        let reply: Reply = match command {
            TaskCommand::Add { spec, by } => {
                self.with_tasks(|tasks| tasks.add(*spec, &by)).map(|task| TaskAnswer::Added { task })
            }
            TaskCommand::Revise { task, spec, by } => self.with_tasks(|tasks| tasks.revise(task, *spec, &by)),
            TaskCommand::Claim { run, task, wait } => self.claim(run, task, wait),
            TaskCommand::Withdraw { claim } => self.with_tasks(|tasks| tasks.withdraw(claim)),
            TaskCommand::Done { task, by, message } => self.with_tasks(|tasks| tasks.said_done(task, &by, message)),
            TaskCommand::Fail { task, by, message } => self.with_tasks(|tasks| tasks.said_failed(task, &by, message)),
            TaskCommand::Progress { task, by, percent, message } => {
                self.with_tasks(|tasks| tasks.said_progress(task, &by, percent, message))
            }
            TaskCommand::Cancel { task, by, reason } => self.cancel_by(task, &by, reason),
            TaskCommand::Retry { task, by, reason } => self.retry_by(task, &by, reason),
        };
        reply.map(Answer::Task).map_err(Denied::Task)
    }

    /// Notes that something changed which may allow a task to go to an agent. The tasks are checked when the step ends.
    pub(super) fn tasks_look_again(&mut self) {
        self.tasks_changed = true;
    }

    fn cancel_by(&mut self, task: TaskId, by: &Party, reason: Option<String>) -> Reply {
        let reason = self.with_tasks(|tasks| tasks.may_cancel(task, by, reason))?;
        self.cancel_task(task, reason, Some(by));
        Ok(TaskAnswer::Accepted { task })
    }

    /// Cancels a task that has not ended, with its parts. `by` is the party that wants it, if it is not the fleet.
    pub(super) fn cancel_task(&mut self, task: TaskId, reason: String, by: Option<&Party>) {
        for member in self.fleet.view.tasks.open_family(task) {
            self.with_tasks(|tasks| tasks.cancel(member, reason.clone(), by.cloned()));
        }
    }

    fn retry_by(&mut self, task: TaskId, by: &Party, reason: Option<String>) -> Reply {
        if let Again::WithItsPlan(plan) = self.with_tasks(|tasks| tasks.retry(task, by, reason.clone()))? {
            let goes_on = self.plan_goes_on(plan, Some(task), reason.as_ref());
            goes_on.map_err(|_| TaskDenied::PlanOver { task, plan })?;
        }
        Ok(TaskAnswer::Accepted { task })
    }

    /// Applies the consequences of a task's recorded end: its dependents continue or are skipped, its parent may be done, and
    /// its plan is told. All of this happens within one step.
    pub(super) fn task_ended(&mut self, task: TaskId) {
        let mut next = alloc::vec![task];
        while let Some(task) = next.pop() {
            next.extend(self.with_tasks(|tasks| tasks.settle(task)));
            if let Some(plan) = self.fleet.view.tasks.get(task).and_then(|task| task.spec.plan) {
                self.plan_task_ended(plan, task);
            }
        }
    }

    /// Asks the run of a task that has ended to end.
    pub(super) fn task_run_over(&mut self, agent: AgentId) {
        self.with_run(agent, |run, moment| run.stop(StopCause::TaskOver, Haste::InOrder, moment));
    }

    /// Handles the end of a run: ends its claims, and its attempt at a task.
    pub(super) fn tasks_run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        self.with_tasks(|tasks| tasks.run_ended(agent, run, outcome));
        // From now on, the policy that its agent received in the meantime applies.
        self.with_tasks(|tasks| tasks.crew_changed());
    }

    /// Handles that a supervisor took over. The one-shot agents of a fleet that begins again take tasks again.
    pub(super) fn tasks_took_over(&mut self) {
        if self.fleet.course == Course::BeginsAnew {
            self.fleet.agents.values_mut().for_each(|known| known.takes = Takes::Tasks);
            let put_off = self.fleet.view.agents.iter().filter(|(_, agent)| agent.state.is_put_off());
            let put_off: Vec<AgentId> = put_off.map(|(agent, _)| *agent).collect();
            let one_shot =
                |agent: &AgentId| self.fleet.agents.get(agent).is_some_and(|a| a.policy.work == Work::OneShot);
            for agent in put_off.into_iter().filter(one_shot).collect::<Vec<_>>() {
                self.start(agent);
            }
        }
        self.with_tasks(|tasks| tasks.took_over());
    }
}

impl Fleet {
    /// Returns the task that a run works on, or was begun for.
    pub fn task_of(&self, run: RunId) -> Option<(TaskId, &Task)> {
        self.view.tasks.task_of(run)
    }

    /// Whether no task continues by itself: none is in hand, none will be tried again, none waits for locks. A task that
    /// waits for an agent that nobody starts does not count.
    pub(super) fn tasks_quiescent(&self) -> bool {
        let board = &self.view.tasks;
        board.backing_off().next().is_none()
            && board.waiting_for_locks() == 0
            && board.desks().all(|(_, desk)| desk.current.is_none())
    }
}
