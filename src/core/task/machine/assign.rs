//! Hands a task to a worker: takes its locks and begins the attempt. `fleet/tasks/assign` says which worker takes which
//! task.

use super::Tasks;
use crate::effect::Effect;
use crate::event::TimerId;
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::lock::{LockDenied, TaskLocks};
use crate::task::line::Class;
use crate::task::{Held, Locked, TaskEffect, TaskFact, TaskTimer, Trouble, Work};
use alloc::vec::Vec;

/// A worker: a run or an agent that could take a task now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worker {
    /// The agent that would get the task.
    pub(crate) agent: AgentId,
    /// The way in which it would get the task.
    pub(crate) how: How,
}

/// The way in which a worker would get a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The worker gets the task through this claim of this run.
    Claim { claim: ClaimId, run: RunId, wanted: Option<TaskId> },
    /// The prompt is typed into the terminal of this run.
    Typed { run: RunId },
    /// A run begins for the task.
    OneShot,
}

impl Worker {
    /// Returns the run that would get the task, if it is already running.
    pub(crate) fn run(self) -> Option<RunId> {
        match self.how {
            How::Claim { run, .. } | How::Typed { run } => Some(run),
            How::OneShot => None,
        }
    }

    /// Returns the claim through which the worker would get the task.
    pub(crate) fn claim(self) -> Option<ClaimId> {
        match self.how {
            How::Claim { claim, .. } => Some(claim),
            How::Typed { .. } | How::OneShot => None,
        }
    }
}

/// A task that a worker takes, and the agent from whose queue it comes, if that is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    /// The task that the worker takes.
    pub(crate) task: TaskId,
    /// The agent from whose queue the task comes, if that is another one.
    pub(crate) from: Option<AgentId>,
}

/// Whether a task may go to a worker, as far as its locks are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locking {
    /// The task has all its locks.
    Done,
    /// The task waits for its locks, or cannot get them.
    NotYet,
}

impl Tasks<'_> {
    /// Takes the locks of a task, before it is handed to a worker.
    pub(crate) fn lock(&mut self, task: TaskId) -> Locking {
        let Some(known) = self.board.get(task) else { return Locking::NotYet };
        if known.spec.locks.is_empty() || known.locked == Locked::Held {
            return Locking::Done;
        }
        let wants = known.spec.locks.clone();
        match self.with_locks(|locks| locks.take_for(task, &wants)) {
            TaskLocks::Held => return Locking::Done,
            TaskLocks::Waiting => self.record_of(task, TaskFact::Held { task, why: Held::Locks }),
            TaskLocks::Refused(LockDenied::TooManyWaiting { .. } | LockDenied::TooManyLeases { .. }) => {
                self.put_off(task);
            }
            TaskLocks::Refused(denied) => self.fail(task, Trouble::Locks(denied), None, None),
        }
        Locking::NotYet
    }

    /// Begins an attempt of a task: hands it to a worker, whose run is `next` if it is only to begin. Returns the run, or
    /// none if the task is not kept. The fleet begins a run that is to begin; the locks of the task and the other claims
    /// of the run follow.
    pub(crate) fn hand(&mut self, pick: Pick, worker: Worker, next: RunId) -> Option<RunId> {
        let Pick { task, from } = pick;
        let known = self.board.get(task)?;
        let (attempt, is_provided, agent) = (known.attempt + 1, known.is_provided(), worker.agent);
        if let Some(from) = from {
            self.record_of(task, TaskFact::Stolen { task, from, to: agent });
        }
        let (run, work) = match worker.how {
            How::Claim { run, .. } => (run, Work::Pulled),
            How::Typed { run } => (run, Work::Typed),
            How::OneShot => (next, Work::OneShot),
        };
        let claim = worker.claim();
        self.record((Some(agent), Some(run)), TaskFact::Assigned { task, agent, run, attempt, claim, work });
        if let Some(claim) = claim {
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) });
        }
        match worker.how {
            How::OneShot => {}
            _ if is_provided => self.out.ask(Effect::Task(TaskEffect::Provide { task, attempt, agent, run })),
            How::Typed { .. } => self.out.ask(Effect::Task(TaskEffect::Deliver { task, attempt, agent, run })),
            How::Claim { .. } => self.begin_work(task),
        }
        Some(run)
    }

    /// Releases tasks that no agent could do, if an agent can do them now.
    pub(crate) fn release_what_someone_can_do(&mut self) {
        let (crew, board) = (self.crew, &*self.board);
        let classes = board.unplaceable().classes();
        let possible = classes.filter(|class| crew.someone_is_able(&class.capabilities));
        let common = possible.flat_map(|class| board.unplaceable().of_class(class));
        let bound = board.unplaceable_for().filter(|(name, _)| crew.find(name).is_some());
        let tasks: Vec<TaskId> = common.chain(bound.flat_map(|(_, tasks)| tasks.iter().copied())).collect();
        for task in tasks {
            self.release(task);
        }
    }

    /// Holds the queued tasks that no agent of their queue can do any more.
    pub(super) fn hold_what_nobody_can_do(&mut self) {
        let (crew, board) = (self.crew, &*self.board);
        let impossible = |class: &&Class| !crew.someone_is_able(&class.capabilities);
        let common = board.queued().classes().filter(impossible).flat_map(|class| board.queued().of_class(class));
        let lined_up = board.desks().flat_map(|(agent, desk)| {
            let unable = move |class: &&Class| !crew.is_able(agent, &class.capabilities);
            desk.line.classes().filter(unable).flat_map(|class| desk.line.of_class(class))
        });
        let tasks: Vec<TaskId> = common.chain(lined_up).collect();
        for task in tasks {
            self.release(task);
        }
    }

    /// Puts a task off, because the line for locks has no room for it; it asks again after a while.
    fn put_off(&mut self, task: TaskId) {
        let wait = self.policy.retry_wait(1);
        self.record_of(task, TaskFact::Held { task, why: Held::Backoff { until: self.out.now() + wait } });
        self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Backoff(task)), span: wait });
    }
}
