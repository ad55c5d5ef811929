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
use crate::agent::Takes;
use crate::ids::{AgentId, RunId, TaskId};
use crate::task::limits::WAITING_FOR_LOCKS_MAX;
use crate::task::line::{Bound, Class, Place, Wants};
use crate::task::machine::assign::{How, Locking, Pick, Worker};
use crate::task::{Locked, Placement, Stage, Work};
use crate::view::{AgentView, Config, Pause, State};
use alloc::vec::Vec;

/// Whether a task went to the worker for which it was picked.
enum Given {
    Yes,
    No,
}

impl Step<'_> {
    /// Assigns tasks to agents, as long as something changed that may allow it.
    pub(in crate::fleet) fn assign_tasks(&mut self) {
        while core::mem::take(&mut self.tasks_changed) && !self.shutting_down() {
            self.with_tasks(|tasks| tasks.release_what_someone_can_do());
            for worker in self.fleet.idle_workers() {
                while let Some(pick) = self.fleet.pick(worker).or_else(|| self.fleet.pick_of_those_that_wait(worker)) {
                    if let Given::Yes = self.give(pick, worker) {
                        break;
                    }
                }
            }
            self.with_tasks(|tasks| tasks.forget_old());
        }
    }

    /// Takes the locks of a task and begins the attempt. Returns `No` if the task must wait for its locks or cannot get
    /// them.
    fn give(&mut self, pick: Pick, worker: Worker) -> Given {
        let task = pick.task;
        if let Some(run) = worker.run().filter(|run| self.fleet.only_itself_keeps_from_locks(*run, task)) {
            self.with_locks(|locks| locks.leave_for(task));
            self.locks_ally(run, task);
        }
        if self.with_tasks(|tasks| tasks.lock(task)) == Locking::NotYet {
            return Given::No;
        }
        let next = RunId(self.fleet.runs_begun + 1);
        let Some(run) = self.with_tasks(|tasks| tasks.hand(pick, worker, next)) else { return Given::No };
        if worker.how == How::OneShot {
            self.begin_run(worker.agent);
        }
        if self.fleet.view.tasks.get(task).is_some_and(|known| !known.spec.locks.is_empty()) {
            self.locks_ally(run, task);
        }
        self.with_tasks(|tasks| tasks.end_other_claims(run, worker.claim(), task));
        Given::Yes
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

    /// Whether a task that does not hold its locks would have them if this run took it.
    fn only_itself_keeps_from_locks(&self, run: RunId, task: TaskId) -> bool {
        let unlocked = self.view.tasks.get(task).is_some_and(|known| known.locked != Locked::Held);
        unlocked && self.only_itself_is_in_the_way(run, task)
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
                && task.spec.plan.is_none_or(|plan| self.view.plans.assigns(plan))
                && self.crew().is_able(worker.agent, &task.class().capabilities)
                && self.only_itself_is_in_the_way(run, *id)
        };
        let task = self.view.tasks.in_line_for_locks().find(may_take)?;
        Some(Pick { task, from: None })
    }

    fn pick_first(&self, agent: AgentId) -> Option<Pick> {
        let board = &self.view.tasks;
        let takes = |class: &Class| self.is_open(class) && self.crew().is_able(agent, &class.capabilities);
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
        (self.is_open(&class) && self.crew().is_able(agent, &class.capabilities)).then_some(Pick { task, from })
    }

    /// Whether tasks of this class may be assigned to anyone now.
    fn is_open(&self, class: &Class) -> bool {
        let locks = class.locks == Wants::Nothing || self.view.tasks.waiting_for_locks() < WAITING_FOR_LOCKS_MAX;
        locks && class.plan.is_none_or(|plan| self.view.plans.assigns(plan))
    }

    /// Whether a one-shot agent can begin a run now.
    fn may_begin_for_task(&self, agent: AgentId, view: &AgentView) -> bool {
        let takes = self.agents.get(&agent).is_some_and(|known| known.takes == Takes::Tasks);
        takes && !view.state.is_live() && !view.state.is_put_off() && self.in_the_way_of(agent).is_none()
    }
}
