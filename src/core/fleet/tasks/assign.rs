//! Assigns tasks to agents.
//!
//! An idle worker is a run that waits with a claim, a run into whose terminal a prompt can be typed, or an agent for
//! which a run can begin. It takes the task with the first rank from its own queue and the common line. If its own
//! queue has nothing for it, it also looks at the longest queue of another agent, where a task counts one priority
//! less. A running task is never taken from an agent.
//!
//! Workers with the fewest capabilities choose first, so that more capable ones remain for the tasks that need them;
//! among equals, the one that has been idle longest chooses first. The cost depends on the numbers of idle workers and
//! kinds of tasks, not on the number of tasks: `O(workers · kinds · log tasks)`.
//!
//! **Invariant:** after a step, no idle worker could take a task (`tests/brain/tasks/mod.rs`).

use super::super::{Fleet, Step};
use crate::command::WaitId;
use crate::effect::Effect;
use crate::event::TimerId;
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::lock::{LockDenied, TaskLocks};
use crate::task::limits::WAITING_FOR_LOCKS_MAX;
use crate::task::line::{Bound, Class, Place, Wants};
use crate::task::{ClaimSettled, Held, Locked, Placement, Stage, TaskEffect, TaskFact, TaskTimer, Trouble, Work};
use crate::view::{AgentView, Config, Pause, State};
use alloc::vec::Vec;

/// A worker: a run or an agent that could take a task now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worker {
    pub(super) agent: AgentId,
    pub(super) how: How,
}

/// The way in which a worker would get a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The worker gets the task through this claim of this run.
    Claim { claim: ClaimId, run: RunId, wanted: Option<TaskId> },
    /// The prompt is typed into the terminal of this run.
    Typed { run: RunId },
    /// A run begins for the task.
    OneShot,
}

impl Worker {
    /// Returns the run that would get the task, if it is already running.
    fn run(self) -> Option<RunId> {
        match self.how {
            How::Claim { run, .. } | How::Typed { run } => Some(run),
            How::OneShot => None,
        }
    }
}

/// A task that a worker takes, and the agent from whose queue it comes, if that is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    task: TaskId,
    from: Option<AgentId>,
}

/// Whether a task went to the worker for which it was picked.
enum Given {
    Yes,
    No,
}

impl Step<'_> {
    /// Assigns tasks to agents, as long as something changed that may allow it.
    pub(in crate::fleet) fn assign_tasks(&mut self) {
        while core::mem::take(&mut self.tasks_changed) && !self.shutting_down() {
            self.release_what_someone_can_do();
            for worker in self.fleet.idle_workers() {
                while let Some(pick) = self.fleet.pick(worker).or_else(|| self.fleet.pick_of_those_that_wait(worker)) {
                    if let Given::Yes = self.give(pick, worker) {
                        break;
                    }
                }
            }
            self.forget_old_tasks();
        }
    }

    /// Releases tasks that no agent could do, if an agent can do them now.
    fn release_what_someone_can_do(&mut self) {
        let board = self.tasks();
        let classes = board.unplaceable().classes();
        let possible = classes.filter(|class| self.fleet.someone_is_able(&class.capabilities));
        let common = possible.flat_map(|class| board.unplaceable().of_class(class));
        let bound = board.unplaceable_for().filter(|(name, _)| self.fleet.names.contains_key(*name));
        let tasks: Vec<TaskId> = common.chain(bound.flat_map(|(_, tasks)| tasks.iter().copied())).collect();
        for task in tasks {
            self.release(task);
        }
    }

    /// Holds the queued tasks that no agent of their queue can do any more.
    pub(super) fn hold_what_nobody_can_do(&mut self) {
        let (fleet, board) = (&*self.fleet, self.tasks());
        let impossible = |class: &&Class| !fleet.someone_is_able(&class.capabilities);
        let common = board.queued().classes().filter(impossible).flat_map(|class| board.queued().of_class(class));
        let lined_up = board.desks().flat_map(|(agent, desk)| {
            let unable = move |class: &&Class| !fleet.is_able(agent, &class.capabilities);
            desk.line.classes().filter(unable).flat_map(|class| desk.line.of_class(class))
        });
        let tasks: Vec<TaskId> = common.chain(lined_up).collect();
        for task in tasks {
            self.release(task);
        }
    }

    /// Takes the locks of a task and begins the attempt. Returns `No` if the task must wait for its locks or cannot get
    /// them.
    fn give(&mut self, pick: Pick, worker: Worker) -> Given {
        let Pick { task, from } = pick;
        if let Given::No = self.lock(task, worker.run()) {
            return Given::No;
        }
        let Some(known) = self.tasks().get(task) else { return Given::No };
        let attempt = known.attempt + 1;
        let locks = !known.spec.locks.is_empty();
        let is_provided = known.is_provided();
        let agent = worker.agent;
        if let Some(from) = from {
            self.record_task(task, TaskFact::Stolen { task, from, to: agent });
        }
        let (run, claim, work) = match worker.how {
            How::Claim { claim, run, .. } => (run, Some(claim), Work::Pulled),
            How::Typed { run } => (run, None, Work::Typed),
            How::OneShot => (RunId(self.fleet.runs_begun + 1), None, Work::OneShot),
        };
        let fact = TaskFact::Assigned { task, agent, run, attempt, claim, work };
        self.record(Some(agent), Some(run), crate::fact::FactKind::Task(fact));
        self.effects.extend(claim.map(|claim| Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) }));
        match worker.how {
            How::OneShot => self.begin_run(agent),
            _ if is_provided => self.effects.push(Effect::Task(TaskEffect::Provide { task, attempt, agent, run })),
            How::Typed { .. } => self.effects.push(Effect::Task(TaskEffect::Deliver { task, attempt, agent, run })),
            How::Claim { .. } => self.begin_work(task),
        }
        if locks {
            self.locks_ally(run, task);
        }
        self.end_other_claims(run, claim, task);
        Given::Yes
    }

    fn lock(&mut self, task: TaskId, run: Option<RunId>) -> Given {
        let Some(known) = self.tasks().get(task) else { return Given::No };
        if known.spec.locks.is_empty() || known.locked == Locked::Held {
            return Given::Yes;
        }
        if let Some(run) = run.filter(|run| self.fleet.only_itself_is_in_the_way(*run, task)) {
            self.with_locks(|locks| locks.leave_for(task));
            self.locks_ally(run, task);
        }
        let Some(known) = self.tasks().get(task) else { return Given::No };
        let wants = known.spec.locks.clone();
        match self.with_locks(|locks| locks.take_for(task, &wants)) {
            TaskLocks::Held => Given::Yes,
            TaskLocks::Waiting => {
                self.record_task(task, TaskFact::Held { task, why: Held::Locks });
                Given::No
            }
            TaskLocks::Refused(LockDenied::TooManyWaiting { .. } | LockDenied::TooManyLeases { .. }) => {
                self.put_off(task);
                Given::No
            }
            TaskLocks::Refused(denied) => {
                self.fail_task(task, Trouble::Locks(denied), None, None);
                Given::No
            }
        }
    }

    /// Puts a task off, because the line for locks has no room for it; it asks again after a while.
    fn put_off(&mut self, task: TaskId) {
        let wait = self.fleet.policy.coordination.tasks.retry_wait(1);
        self.record_task(task, TaskFact::Held { task, why: Held::Backoff { until: self.now + wait } });
        self.effects.push(Effect::Arm { timer: TimerId::Task(TaskTimer::Backoff(task)), span: wait });
    }

    /// Ends the other claims of a run that has got a task.
    fn end_other_claims(&mut self, run: RunId, but: Option<ClaimId>, task: TaskId) {
        let others = self.tasks().claims().filter(|(claim, known)| known.run == run && Some(*claim) != but);
        let others: Vec<ClaimId> = others.map(|(claim, _)| claim).collect();
        for claim in others {
            self.settle_claim(claim, ClaimSettled::Busy { task });
        }
    }

    /// Ends a claim and tells the client that waits for it.
    pub(super) fn settle_claim(&mut self, claim: ClaimId, settled: ClaimSettled) {
        let Some(known) = self.tasks().claim(claim) else { return };
        let (run, timed) = (known.run, known.until.is_some() && known.got.is_none());
        let agent = self.fleet.agent_of(run);
        self.record(agent, Some(run), crate::fact::FactKind::Task(TaskFact::ClaimEnded { claim }));
        if timed {
            self.effects.push(Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) });
        }
        let settled = crate::command::Settled::Claim(settled);
        self.effects.push(Effect::Settle { wait: WaitId::Claim(claim), settled });
    }
}

impl Fleet {
    /// Returns all workers that could take a task now, in the order in which they choose. Returns none if there is no
    /// task to choose.
    pub(super) fn idle_workers(&self) -> Vec<Worker> {
        let board = &self.view.tasks;
        let none_waits = board.waiting_for_locks() == 0;
        if none_waits && board.queued().is_empty() && board.desks().all(|(_, desk)| desk.line.is_empty()) {
            return Vec::new();
        }
        let claims = board.claims().filter_map(|(claim, known)| {
            let agent = self.live.get(&known.run).copied().filter(|_| known.got.is_none())?;
            let how = How::Claim { claim, run: known.run, wanted: known.task };
            Some(Worker { agent, how })
        });
        let others = self.agents.iter().filter_map(|(agent, known)| {
            let how = match known.policy.work {
                Work::Pulled => return None,
                Work::Typed => How::Typed { run: known.run.as_ref()?.id() },
                Work::OneShot => How::OneShot,
            };
            Some(Worker { agent: *agent, how })
        });
        let mut idle: Vec<Worker> = claims.chain(others).filter(|worker| self.is_idle(worker)).collect();
        idle.sort_by_cached_key(|worker| {
            let capabilities = self.agents.get(&worker.agent).map_or(0, |agent| agent.policy.capabilities.len());
            let newest = board.desk(worker.agent).map_or(0, |desk| desk.newest);
            let claim = match worker.how {
                How::Claim { claim, .. } => claim.0,
                How::Typed { .. } | How::OneShot => 0,
            };
            (capabilities, newest, claim, worker.agent)
        });
        idle
    }

    /// Whether a worker could take a task at this moment.
    fn is_idle(&self, worker: &Worker) -> bool {
        let Some(view) = self.view.agents.get(&worker.agent) else { return false };
        let barred = self.barred_alive(worker.agent).is_some();
        if barred || view.config == Config::Removed || self.view.tasks.current(worker.agent).is_some() {
            return false;
        }
        match worker.how {
            How::Claim { .. } => view.pause == Pause::Running && matches!(view.state, State::Starting | State::Ready),
            How::Typed { .. } => view.pause == Pause::Running && view.state == State::Ready,
            How::OneShot => self.may_begin_for_task(worker.agent, view),
        }
    }

    /// Returns the task that this worker takes next, if any. Tasks that it was given since it was found idle are
    /// considered.
    pub(super) fn pick(&self, worker: Worker) -> Option<Pick> {
        if !self.is_idle(&worker) {
            return None;
        }
        match worker.how {
            How::Claim { wanted: Some(task), .. } => self.pick_wanted(worker.agent, task),
            How::Claim { wanted: None, .. } | How::Typed { .. } | How::OneShot => self.pick_first(worker.agent),
        }
    }

    /// Returns a task that waits for its locks only because this worker's run holds them.
    fn pick_of_those_that_wait(&self, worker: Worker) -> Option<Pick> {
        let run = worker.run().filter(|_| self.is_idle(&worker))?;
        let wanted = match worker.how {
            How::Claim { wanted, .. } => wanted,
            How::Typed { .. } | How::OneShot => None,
        };
        let may_take = |id: &TaskId| {
            let Some(task) = self.view.tasks.get(*id) else { return false };
            let elsewhere = match &task.spec.placement {
                Placement::Anyone | Placement::Prefer(_) => false,
                Placement::Only(name) => self.names.get(name) != Some(&worker.agent),
                Placement::Parts(_) => true,
            };
            !elsewhere
                && wanted.is_none_or(|wanted| wanted == *id)
                && task.spec.plan.is_none_or(|plan| self.plan_assigns(plan))
                && self.is_able(worker.agent, &task.class().capabilities)
                && self.only_itself_is_in_the_way(run, *id)
        };
        let task = self.view.tasks.in_line_for_locks().find(may_take)?;
        Some(Pick { task, from: None })
    }

    fn pick_first(&self, agent: AgentId) -> Option<Pick> {
        let board = &self.view.tasks;
        let takes = |class: &Class| self.is_open(class) && self.is_able(agent, &class.capabilities);
        let own = board.desk(agent).and_then(|desk| desk.line.first(takes));
        let common = board.queued().first(takes);
        let others = if own.is_none() { self.first_of_longest_queue(agent, takes) } else { None };
        let mine = own.into_iter().chain(common).min().map(|place| (place, None));
        let theirs = others.map(|(place, from)| (self.for_another(place), Some(from)));
        let (place, from) = mine.into_iter().chain(theirs).min_by_key(|(place, _)| *place)?;
        Some(Pick { task: place.task, from })
    }

    /// Returns the first task that may be taken from another agent's queue: from the longest queue that has such a
    /// task.
    fn first_of_longest_queue(&self, agent: AgentId, takes: impl Fn(&Class) -> bool) -> Option<(Place, AgentId)> {
        let loose = |class: &Class| class.bound == Bound::ToNobody && takes(class);
        let queues = self.view.tasks.desks().filter(|(other, desk)| *other != agent && !desk.line.is_empty());
        let offers =
            queues.filter_map(|(other, desk)| desk.line.first(loose).map(|place| (desk.line.len(), place, other)));
        offers
            .max_by_key(|(length, place, _)| (*length, core::cmp::Reverse(*place)))
            .map(|(_, place, other)| (place, other))
    }

    /// Returns a place with one priority less, for a task in the queue of another agent.
    fn for_another(&self, place: Place) -> Place {
        let ageing = i64::try_from(self.policy.coordination.tasks.ageing.0).unwrap_or(i64::MAX);
        Place { rank: place.rank.saturating_add(ageing), ..place }
    }

    fn pick_wanted(&self, agent: AgentId, task: TaskId) -> Option<Pick> {
        let known = self.view.tasks.get(task)?;
        let class = known.class();
        let from = match (&known.stage, &known.spec.placement) {
            (Stage::Queued, _) => None,
            (Stage::LinedUp, _) if known.agent == Some(agent) => None,
            (Stage::LinedUp, Placement::Prefer(_)) => known.agent,
            _ => return None,
        };
        (self.is_open(&class) && self.is_able(agent, &class.capabilities)).then_some(Pick { task, from })
    }

    /// Whether tasks of this class may be assigned to anyone now.
    fn is_open(&self, class: &Class) -> bool {
        let locks = class.locks == Wants::Nothing || self.view.tasks.waiting_for_locks() < WAITING_FOR_LOCKS_MAX;
        locks && class.plan.is_none_or(|plan| self.plan_assigns(plan))
    }

    /// Whether a one-shot agent can begin a run now.
    fn may_begin_for_task(&self, agent: AgentId, view: &AgentView) -> bool {
        let takes = self.agents.get(&agent).is_some_and(|known| known.takes == super::super::Takes::Tasks);
        takes && !view.state.is_live() && !view.state.is_put_off() && self.in_the_way_of(agent).is_none()
    }
}
