//! Connects the tasks with the fleet: the commands about them, and the effects of their agents' runs on them.
//!
//! [`add`] checks what may be added; [`assign`] gives tasks to agents; [`attempt`] is the life of one attempt; [`ends`]
//! is the effect of a task's end on others; [`claims`] handles runs that ask for tasks; [`again`] cancels tasks and
//! tries them again.
//!
//! Tasks are assigned once, at the end of a step, after everything else that the event caused. Code that may allow a
//! task to go to an agent only calls `tasks_look_again`.

mod add;
mod again;
mod assign;
mod attempt;
mod claims;
mod ends;
pub mod explain;
mod invariants;
mod revise;

use super::{Course, Fleet, Step, Takes};
use crate::command::{Answer, Denied};
use crate::effect::Effect;
use crate::ending::Outcome;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId, TaskId};
use crate::lock::LockSettled;
use crate::task::{
    Clock, Held, Stage, Task, TaskAnswer, TaskBoard, TaskCommand, TaskDenied, TaskEvent, TaskFact, TaskTimer, Trouble,
    Work,
};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;

/// The answer to a command about tasks, or the reason why it is refused; a refused command records nothing.
type Reply = Result<TaskAnswer, TaskDenied>;

impl Step<'_> {
    /// Handles a command from a client about tasks.
    pub(super) fn task_command(&mut self, command: TaskCommand) -> Result<Answer, Denied> {
        let reply: Reply = match command {
            TaskCommand::Add { spec, by } => self.add_by(*spec, &by).map(|task| TaskAnswer::Added { task }),
            TaskCommand::Revise { task, spec, by } => self.revise_by(task, *spec, &by),
            TaskCommand::Claim { run, task, wait } => self.claim(run, task, wait),
            TaskCommand::Withdraw { claim } => self.withdraw(claim),
            TaskCommand::Done { task, by, message } => self.said_done(task, &by, message),
            TaskCommand::Fail { task, by, message } => self.said_failed(task, &by, message),
            TaskCommand::Progress { task, by, percent, message } => self.said_progress(task, &by, percent, message),
            TaskCommand::Cancel { task, by, reason } => self.cancel_by(task, &by, reason),
            TaskCommand::Retry { task, by, reason } => self.retry_by(task, &by, reason),
        };
        reply.map(Answer::Task).map_err(Denied::Task)
    }

    /// Handles a timer of the tasks. A timer that fires early is armed again; an outdated one is ignored.
    pub(super) fn task_timer(&mut self, timer: TaskTimer) {
        let due = match timer {
            TaskTimer::Timeout(task) => self.tasks().get(task).and_then(Task::times_out),
            TaskTimer::Backoff(task) => self.tasks().get(task).and_then(Task::begins_again),
            TaskTimer::Asks(task) => self.tasks().get(task).and_then(|task| task.asks.as_ref()).map(|asks| asks.until),
            TaskTimer::Claim(claim) => self.tasks().claim(claim).and_then(|claim| claim.until),
        };
        let Some(due) = due else { return };
        if due > self.now {
            let span = due - self.now;
            return self.effects.push(Effect::Arm { timer: TimerId::Task(timer), span });
        }
        match timer {
            TaskTimer::Timeout(task) => self.timed_out(task),
            TaskTimer::Backoff(task) => self.release(task),
            TaskTimer::Asks(task) => self.nobody_answered(task),
            TaskTimer::Claim(claim) => self.claim_over(claim),
        }
    }

    /// Handles an event from outside that concerns a task.
    pub(super) fn task_event(&mut self, event: TaskEvent) {
        match event {
            TaskEvent::Provided { task, attempt, inputs, workspace } => {
                if self.is_in_attempt(task, attempt) {
                    self.provided(task, inputs, workspace);
                }
            }
            TaskEvent::ProvideFailed { task, attempt, reason, hope } => {
                self.not_provided(task, attempt, reason, hope);
            }
            TaskEvent::Delivered { task, attempt } => {
                if self.is_in_attempt(task, attempt) && self.is_at(task, &Stage::Assigned) {
                    self.begin_work(task);
                    self.barred_meanwhile(task);
                }
            }
            TaskEvent::DeliveryFailed { task, attempt, reason } => {
                self.on_its_way_failed(task, attempt, Trouble::NotDelivered(reason));
            }
            TaskEvent::TurnEnded { run } => self.turn_ended(run),
            TaskEvent::TurnSilent { run, why } => self.turn_silent(run, why),
            TaskEvent::TurnBegun { run } => self.turn_begun(run),
            TaskEvent::Verified { task, attempt, verdict, output, left } => {
                if self.is_in_attempt(task, attempt) && self.is_at(task, &Stage::Verifying) {
                    self.verified(task, verdict, output, left);
                }
            }
        }
    }

    /// Notes that something changed which may allow a task to go to an agent. The tasks are checked when the step ends.
    pub(super) fn tasks_look_again(&mut self) {
        self.tasks_changed = true;
    }

    /// Handles the end of a waiting request for a task's locks.
    pub(super) fn task_locks_settled(&mut self, task: TaskId, settled: &LockSettled) {
        if !self.is_at(task, &Stage::Held(Held::Locks)) {
            return;
        }
        match settled {
            LockSettled::Granted(_) => {
                self.record_task(task, TaskFact::Locked { task });
                self.tasks_look_again();
            }
            LockSettled::TimedOut { .. } => self.release(task),
            LockSettled::Refused(denied) => self.fail_task(task, Trouble::Locks(denied.clone()), None, None),
            LockSettled::Withdrawn | LockSettled::HolderEnded => {}
        }
    }

    /// Handles that a run's process has started: the task for which the run was begun is now worked on.
    pub(super) fn tasks_run_started(&mut self, run: RunId) {
        let Some((task, known)) = self.fleet.task_of(run) else { return };
        if known.work == Work::OneShot && known.stage == Stage::Assigned {
            self.begin_work(task);
        }
    }

    /// Handles the end of a run: ends its claims, and its attempt at a task.
    pub(super) fn tasks_run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        self.end_claims_of(run);
        if let Some(task) = self.tasks().of_run(run) {
            self.worker_ended(task, agent, run, outcome);
        }
        // From now on, the policy that its agent received in the meantime applies.
        self.hold_what_nobody_can_do();
        self.tasks_look_again();
    }

    /// Suspends the clock of a frozen run's task.
    pub(super) fn tasks_stand_still(&mut self, run: RunId) {
        let Some((task, known)) = self.fleet.task_of(run) else { return };
        if let Clock::Due(due) = known.clock {
            let left = due - self.now;
            self.record_task(task, TaskFact::StoodStill { task, left });
            self.effects.push(Effect::Disarm { timer: TimerId::Task(TaskTimer::Timeout(task)) });
        }
    }

    /// Resumes the clock of a run's task.
    pub(super) fn tasks_go_on(&mut self, run: RunId) {
        self.tasks_look_again();
        let Some((task, known)) = self.fleet.task_of(run) else { return };
        if let Clock::Left(left) = known.clock {
            self.record_task(task, TaskFact::WentOn { task, due: self.now + left });
            self.effects.push(Effect::Arm { timer: TimerId::Task(TaskTimer::Timeout(task)), span: left });
        }
    }

    /// Handles that the fleet has forgotten an agent: tasks in its queue may go to others, and tasks for it alone are
    /// held.
    pub(super) fn tasks_agent_removed(&mut self, agent: AgentId) {
        let lined_up: Vec<TaskId> = self.tasks().desk(agent).into_iter().flat_map(|desk| desk.line.tasks()).collect();
        for task in lined_up {
            self.release(task);
        }
        self.hold_what_nobody_can_do();
        self.clear_desk(agent);
        self.tasks_look_again();
    }

    /// Handles an applied configuration: the capabilities of agents may have changed.
    pub(super) fn tasks_configured(&mut self) {
        self.hold_what_nobody_can_do();
        self.tasks_look_again();
    }

    /// Ends all claims at a shutdown, because nothing is assigned any more.
    pub(super) fn tasks_shutting_down(&mut self) {
        self.end_all_claims();
    }

    /// Handles that a supervisor took over: all claims are dropped, and pending effects are requested again.
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
        self.drop_all_claims();
        let in_hand: Vec<TaskId> = self.tasks().desks().filter_map(|(_, desk)| desk.current).collect();
        for task in in_hand {
            self.ask_again(task);
        }
        self.tasks_look_again();
    }

    fn tasks(&self) -> &TaskBoard {
        &self.fleet.view.tasks
    }

    fn is_at(&self, task: TaskId, stage: &Stage) -> bool {
        self.tasks().get(task).is_some_and(|task| task.stage == *stage)
    }

    fn is_in_attempt(&self, task: TaskId, attempt: u32) -> bool {
        self.tasks().get(task).is_some_and(|task| task.is_in_hand() && task.attempt == attempt)
    }

    /// Records a fact about a task, in the name of the agent and the run that have it in hand.
    fn record_task(&mut self, task: TaskId, fact: TaskFact) {
        let worker = self.tasks().get(task).filter(|task| task.is_in_hand()).map(|task| (task.agent, task.run));
        let (agent, run) = worker.unwrap_or_default();
        self.record(agent, run, FactKind::Task(fact));
    }

    /// Releases the locks of a task, and withdraws its waiting requests.
    fn unlock_task(&mut self, task: TaskId) {
        if self.tasks().get(task).is_some_and(|task| !task.spec.locks.is_empty()) {
            self.with_locks(|locks| locks.release_for(task));
        }
    }

    /// Puts a message about a task into an agent's inbox.
    fn tell_agent(&mut self, agent: Option<AgentId>, topic: &str, body: String) {
        if let Some(agent) = agent.filter(|agent| self.fleet.agents.contains_key(agent)) {
            self.notify(agent, topic, body);
        }
    }
}

impl Task {
    fn times_out(&self) -> Option<crate::time::Time> {
        match self.clock {
            Clock::Due(due) => Some(due),
            Clock::Off | Clock::Left(_) => None,
        }
    }

    fn begins_again(&self) -> Option<crate::time::Time> {
        match self.stage {
            Stage::Held(Held::Backoff { until }) => Some(until),
            _ => None,
        }
    }
}

impl Fleet {
    /// Returns the task that a run works on, or was begun for.
    pub fn task_of(&self, run: RunId) -> Option<(TaskId, &Task)> {
        let task = self.view.tasks.of_run(run)?;
        self.view.tasks.get(task).map(|found| (task, found))
    }

    /// Returns the timers of the tasks that the shell must have armed.
    pub(super) fn tasks_armed(&self) -> impl Iterator<Item = Armed> {
        let board = &self.view.tasks;
        let armed = |timer, due| Armed { timer: TimerId::Task(timer), due };
        let attempts = board
            .desks()
            .filter_map(|(_, desk)| desk.current)
            .filter_map(move |task| board.get(task)?.times_out().map(|due| armed(TaskTimer::Timeout(task), due)));
        let questions = board.desks().filter_map(|(_, desk)| desk.current).filter_map(move |task| {
            board.get(task)?.asks.as_ref().map(|asks| armed(TaskTimer::Asks(task), asks.until))
        });
        let waits = board
            .backing_off()
            .filter_map(move |task| board.get(task)?.begins_again().map(|due| armed(TaskTimer::Backoff(task), due)));
        let claims = board.claims().filter(|(_, claim)| claim.got.is_none());
        let claims = claims.filter_map(move |(id, claim)| claim.until.map(|due| armed(TaskTimer::Claim(id), due)));
        attempts.chain(questions).chain(waits).chain(claims)
    }

    /// Whether no task goes on by itself: none is in hand, none is to be tried again, none waits for locks. A task that
    /// waits for an agent that nobody starts does not count.
    pub(super) fn tasks_quiescent(&self) -> bool {
        let board = &self.view.tasks;
        board.backing_off().next().is_none()
            && board.waiting_for_locks() == 0
            && board.desks().all(|(_, desk)| desk.current.is_none())
    }

    /// Returns the time limit of an attempt of a task.
    fn time_for(&self, task: &Task) -> Option<Span> {
        let of_agent = task.agent.and_then(|agent| self.policy(agent)).and_then(|policy| policy.task_timeout);
        task.spec.timeout.or(of_agent).or(self.policy.coordination.tasks.timeout)
    }
}
