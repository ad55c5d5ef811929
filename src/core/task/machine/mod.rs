//! The machine of tasks: the life of each task from its addition to its end, and the claims of runs.
//!
//! What crosses to other machines, and which way:
//!
//! ```text
//!   agents ── names, capabilities, pauses (`Crew`, `Parties`: read only) ──► ┌───────┐ ──► locks: takes and releases those
//!   plans ─── what is over, what is kept (`PlanBoard`: read only) ─────────► │ Tasks │     of a task (`Locks`, with which a
//!   locks ─── how the request of a task came to its end ───────────────────► │       │     request may be granted at once)
//!                                                                            └───┬───┘
//!   decisions, in their order, which the fleet carries out ◄────────────────────┘
//!     a message for an agent ─► mail        a task has ended ─► plans, then the next task that ended because of it
//!     a run is to stop ─► agents            its agent has worked ─► agents (its program has quota)
//!     tasks may go to agents ─► `fleet/tasks/assign`, at the end of the step
//! ```
//!
//! A decision with consequences for tasks (a task has ended, a run is to stop) is the last one of its call, but for
//! others that also wait for these consequences. So a call never decides on a state that its own decisions still change.
//!
//! [`add`] checks what may be added, and `stand` says where a task belongs that nobody works on; [`assign`] takes the locks
//! of a task and hands it to a worker; `attempt` is the life of one attempt; `ends` is the effect of a task's end on
//! others; `claims` handles runs that ask for tasks; [`again`] cancels tasks and tries them again.

mod add;
pub(crate) mod again;
pub(crate) mod assign;
mod attempt;
mod claims;
mod ends;
mod revise;
pub(crate) mod stand;

use crate::command::ShutdownMode;
use crate::crew::Crew;
use crate::effect::Effect;
use crate::ending::Outcome;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId, TaskId};
use crate::lock::machine::Locks;
use crate::lock::{LockPolicy, LockSettled, LockTable};
use crate::parties::Parties;
use crate::party::Party;
use crate::plan::PlanBoard;
use crate::recorder::{Decision, Recorder};
use crate::task::{
    Clock, Held, Stage, Task, TaskAnswer, TaskBoard, TaskDenied, TaskEvent, TaskFact, TaskPolicy, TaskTimer, Trouble,
    Work,
};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;

/// The machine of tasks, with the board of all tasks.
pub(crate) struct Tasks<'a> {
    /// All tasks and claims.
    pub(crate) board: &'a mut TaskBoard,
    /// The configured limits of tasks.
    pub(crate) policy: &'a TaskPolicy,
    /// The agents that may do the tasks.
    pub(crate) crew: Crew<'a>,
    /// The parties that speak about tasks.
    pub(crate) parties: Parties<'a>,
    /// The plans that tasks belong to.
    pub(crate) plans: &'a PlanBoard,
    /// The locks, which tasks take and release only through their machine.
    pub(crate) locks: (&'a mut LockTable, &'a LockPolicy),
    /// How the fleet is being shut down, if it is.
    pub(crate) shutdown: Option<ShutdownMode>,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

/// The answer to a command about tasks, or the reason why it is refused; a refused command records nothing.
pub(crate) type Reply = Result<TaskAnswer, TaskDenied>;

impl Tasks<'_> {
    /// Handles a timer of the tasks. A timer that fires early is armed again; an outdated one is ignored.
    pub(crate) fn timer(&mut self, timer: TaskTimer) {
        let due = match timer {
            TaskTimer::Timeout(task) => self.board.get(task).and_then(Task::times_out),
            TaskTimer::Backoff(task) => self.board.get(task).and_then(Task::begins_again),
            TaskTimer::Asks(task) => self.board.get(task).and_then(|task| task.asks.as_ref()).map(|asks| asks.until),
            TaskTimer::Claim(claim) => self.board.claim(claim).and_then(|claim| claim.until),
        };
        let Some(due) = due else { return };
        if due > self.out.now() {
            let span = due - self.out.now();
            return self.out.ask(Effect::Arm { timer: TimerId::Task(timer), span });
        }
        match timer {
            TaskTimer::Timeout(task) => self.timed_out(task),
            TaskTimer::Backoff(task) => self.release(task),
            TaskTimer::Asks(task) => self.nobody_answered(task),
            TaskTimer::Claim(claim) => self.claim_over(claim),
        }
    }

    /// Handles an event from outside that concerns a task.
    pub(crate) fn event(&mut self, event: TaskEvent) {
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

    /// Handles the end of a waiting request for a task's locks.
    pub(crate) fn locks_settled(&mut self, task: TaskId, settled: &LockSettled) {
        if !self.is_at(task, &Stage::Held(Held::Locks)) {
            return;
        }
        match settled {
            LockSettled::Granted(_) => {
                self.record_of(task, TaskFact::Locked { task });
                self.look_again();
            }
            LockSettled::TimedOut { .. } => self.release(task),
            LockSettled::Refused(denied) => self.fail(task, Trouble::Locks(denied.clone()), None, None),
            LockSettled::Withdrawn | LockSettled::HolderEnded => {}
        }
    }

    /// Handles that a run's process has started: the task for which the run was begun is now worked on.
    pub(crate) fn run_started(&mut self, run: RunId) {
        let Some((task, known)) = self.board.task_of(run) else { return };
        if known.work == Work::OneShot && known.stage == Stage::Assigned {
            self.begin_work(task);
        }
    }

    /// Handles the end of a run: ends its claims, and its attempt at a task.
    pub(crate) fn run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        self.end_claims_of(run);
        if let Some(task) = self.board.of_run(run) {
            self.worker_ended(task, agent, run, outcome);
        }
    }

    /// Suspends the clock of a frozen run's task.
    pub(crate) fn stand_still(&mut self, run: RunId) {
        let Some((task, known)) = self.board.task_of(run) else { return };
        if let Clock::Due(due) = known.clock {
            let left = due - self.out.now();
            self.record_of(task, TaskFact::StoodStill { task, left });
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Timeout(task)) });
        }
    }

    /// Resumes the clock of a run's task.
    pub(crate) fn go_on(&mut self, run: RunId) {
        self.look_again();
        let Some((task, known)) = self.board.task_of(run) else { return };
        if let Clock::Left(left) = known.clock {
            self.record_of(task, TaskFact::WentOn { task, due: self.out.now() + left });
            self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Timeout(task)), span: left });
        }
    }

    /// Handles that an agent was removed from the fleet: tasks in its queue may go to others, and tasks for it alone are
    /// held.
    pub(crate) fn agent_removed(&mut self, agent: AgentId) {
        let lined_up: Vec<TaskId> = self.board.desk(agent).into_iter().flat_map(|desk| desk.line.tasks()).collect();
        for task in lined_up {
            self.release(task);
        }
        self.hold_what_nobody_can_do();
        self.clear_desk(agent);
        self.look_again();
    }

    /// Handles that the capabilities of agents may have changed.
    pub(crate) fn crew_changed(&mut self) {
        self.hold_what_nobody_can_do();
        self.look_again();
    }

    /// Handles that a supervisor took over: all claims are dropped, and pending effects are requested again.
    pub(crate) fn took_over(&mut self) {
        self.drop_all_claims();
        let in_hand: Vec<TaskId> = self.board.desks().filter_map(|(_, desk)| desk.current).collect();
        for task in in_hand {
            self.ask_again(task);
        }
        self.look_again();
    }
}

/// The functions that the parts of this module share.
impl Tasks<'_> {
    fn is_at(&self, task: TaskId, stage: &Stage) -> bool {
        self.board.get(task).is_some_and(|task| task.stage == *stage)
    }

    fn is_in_attempt(&self, task: TaskId, attempt: u32) -> bool {
        self.board.get(task).is_some_and(|task| task.is_in_hand() && task.attempt == attempt)
    }

    /// Records a fact about a task, in the name of the agent and the run that have it in hand.
    fn record_of(&mut self, task: TaskId, fact: TaskFact) {
        let worker = self.board.get(task).filter(|task| task.is_in_hand()).map(|task| (task.agent, task.run));
        self.record(worker.unwrap_or_default(), fact);
    }

    /// Records a fact as an action of this party.
    fn record_by(&mut self, by: &Party, fact: TaskFact) {
        self.record(self.parties.agent_and_run(by), fact);
    }

    fn record(&mut self, by: (Option<AgentId>, Option<RunId>), fact: TaskFact) {
        self.board.apply(&fact, self.out.now());
        self.out.record(by, FactKind::Task(fact));
    }

    /// Notes that something changed which may allow a task to go to an agent. The fleet checks the tasks when the step
    /// ends.
    fn look_again(&mut self) {
        self.out.decide(Decision::TasksMayGo);
    }

    /// Releases the locks of a task, and withdraws its waiting requests.
    fn unlock(&mut self, task: TaskId) {
        if self.board.get(task).is_some_and(|task| !task.spec.locks.is_empty()) {
            self.with_locks(|locks| locks.release_for(task));
        }
    }

    /// Lets the machine of locks decide, and carries out at once what it decides about tasks.
    fn with_locks<T>(&mut self, decide: impl FnOnce(&mut Locks<'_>) -> T) -> T {
        let mut out = Recorder::new(self.out.now());
        let (table, policy) = (&mut *self.locks.0, self.locks.1);
        let decided = decide(&mut Locks { table, policy, parties: self.parties, out: &mut out });
        for decision in out.into_decisions() {
            match decision {
                Decision::TaskLocks { task, settled } => self.locks_settled(task, &settled),
                Decision::LineChanged if self.board.waiting_for_locks() > 0 => self.look_again(),
                Decision::LineChanged => {}
                decision => self.out.decide(decision),
            }
        }
        decided
    }

    /// Puts a message about a task into an agent's inbox.
    fn tell_agent(&mut self, agent: Option<AgentId>, topic: &'static str, body: String) {
        if let Some(agent) = agent.filter(|agent| self.crew.policy(*agent).is_some()) {
            self.out.tell(agent, topic, body);
        }
    }

    /// Returns the time limit of an attempt of a task.
    fn time_for(&self, task: &Task) -> Option<Span> {
        let of_agent = task.agent.and_then(|agent| self.crew.policy(agent)).and_then(|policy| policy.task_timeout);
        task.spec.timeout.or(of_agent).or(self.policy.timeout)
    }
}

impl Task {
    fn times_out(&self) -> Option<Time> {
        match self.clock {
            Clock::Due(due) => Some(due),
            Clock::Off | Clock::Left(_) => None,
        }
    }

    fn begins_again(&self) -> Option<Time> {
        match self.stage {
            Stage::Held(Held::Backoff { until }) => Some(until),
            _ => None,
        }
    }
}

impl TaskBoard {
    /// Returns the timers of the tasks that the shell must have armed.
    pub(crate) fn armed(&self) -> impl Iterator<Item = Armed> {
        let armed = |timer, due| Armed { timer: TimerId::Task(timer), due };
        let attempts = self
            .desks()
            .filter_map(|(_, desk)| desk.current)
            .filter_map(move |task| self.get(task)?.times_out().map(|due| armed(TaskTimer::Timeout(task), due)));
        let questions = self
            .desks()
            .filter_map(|(_, desk)| desk.current)
            .filter_map(move |task| self.get(task)?.asks.as_ref().map(|asks| armed(TaskTimer::Asks(task), asks.until)));
        let waits = self
            .backing_off()
            .filter_map(move |task| self.get(task)?.begins_again().map(|due| armed(TaskTimer::Backoff(task), due)));
        let claims = self.claims().filter(|(_, claim)| claim.got.is_none());
        let claims = claims.filter_map(move |(id, claim)| claim.until.map(|due| armed(TaskTimer::Claim(id), due)));
        attempts.chain(questions).chain(waits).chain(claims)
    }
}
