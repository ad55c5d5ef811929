//! The fold: how each fact changes the board.
//!
//! Each task is in exactly the index that its stage names: it leaves the old index, changes, and enters the new one.

use super::board::{Asks, Claim, Clock, Happened, Held, Locked, Progress, Stage, Task, TaskBoard};
use super::event::Left;
use super::fact::TaskFact;
use super::limits::HISTORY_ENTRIES_MAX;
use super::line::{Place, Turn};
use super::spec::{Placement, TaskSpec};
use super::trouble::{Counted, Trouble};
use crate::barred::Barred;
use crate::ids::{AgentId, TaskId};
use crate::time::Time;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;

impl TaskBoard {
    /// Folds one fact into the board.
    pub(crate) fn apply(&mut self, fact: &TaskFact, at: Time) {
        match fact.clone() {
            TaskFact::Added { task, spec, rank, attempts_max } => self.add(task, spec, rank, attempts_max, at),
            TaskFact::Revised { task, spec, rank, attempts_max } => self.revise(task, *spec, rank, attempts_max, at),
            TaskFact::Held { task, why } => self.hold(task, why, at),
            TaskFact::Queued { task } => self.enter(task, Stage::Queued, at, Task::wait_for_locks_no_more),
            TaskFact::LinedUp { task, agent } => self.line_up(task, agent, at),
            TaskFact::Locked { task } => self.enter_queue(task, at, |task| task.locked = Locked::Held),
            fact @ TaskFact::Assigned { .. } => self.assign(&fact, at),
            TaskFact::Provided { task, inputs, workspace } => self.change(task, |task| {
                task.inputs = inputs;
                task.workspace = workspace.or(task.workspace.take());
            }),
            TaskFact::Started { task, due } => self.enter(task, Stage::Running, at, |task| {
                task.started = Some(at);
                task.clock = due.map_or(Clock::Off, Clock::Due);
            }),
            TaskFact::StoodStill { task, left } => self.change(task, |task| task.clock = Clock::Left(left)),
            TaskFact::WentOn { task, due } => self.change(task, |task| task.clock = Clock::Due(due)),
            TaskFact::Progress { task, percent, message } => self.change(task, |task| {
                let message = message.or(task.progress.message.take());
                task.progress = Progress { percent: percent.or(task.progress.percent), message };
            }),
            TaskFact::Reported { task, word, message } => self.change(task, |task| {
                task.word = Some(word);
                task.result = message;
            }),
            TaskFact::Stopping { task, why } => self.change(task, |task| {
                task.stopping = Some(why);
                task.clock = Clock::Off;
            }),
            TaskFact::Verifying { task, message } => self.enter(task, Stage::Verifying, at, |task| {
                task.result = message.or(task.result.take());
                task.clock = Clock::Off;
            }),
            TaskFact::Done { task, verdict, output, left } => self.end(task, Stage::Done, at, |task| {
                task.verdict = Some(verdict);
                task.verify_output = output;
                task.left = *left;
            }),
            TaskFact::Failed { task, why, verdict, output } => self.end(task, Stage::Failed, at, |task| {
                task.verdict = verdict;
                task.verify_output = output.or(task.verify_output.take());
                task.trouble = Some(why);
            }),
            TaskFact::Cancelled { task, reason, .. } => {
                self.end(task, Stage::Cancelled, at, |task| task.reason = Some(reason))
            }
            TaskFact::Skipped { task, need } => {
                self.end(task, Stage::Cancelled, at, |task| task.skipped_for = Some(need))
            }
            TaskFact::Asks { task, until, why } => self.change(task, |task| task.asks = Some(Asks { until, why })),
            TaskFact::AsksNoMore { task } => self.change(task, |task| task.asks = None),
            TaskFact::Retried { task, why, output, until, counted } => {
                let stage = Stage::Held(Held::Backoff { until });
                self.try_again(task, why, counted, stage, at, |task| task.verify_output = output)
            }
            // The attempt has ended; the next fact tells which stage the task enters.
            TaskFact::Requeued { task, why, counted } => {
                self.try_again(task, why, counted, Stage::Held(Held::Needs), at, |_| {})
            }
            TaskFact::Reopened { task, reason, attempts_max } => self.reopen(task, reason, attempts_max, at),
            TaskFact::Forgotten { tasks } => tasks.into_iter().for_each(|task| self.forget(task)),
            TaskFact::Stolen { .. } => {}
            TaskFact::DeskCleared { agent } => drop(self.desks.remove(&agent)),
            TaskFact::ClaimWaits { claim, run, task, until } => {
                self.newest_claim = self.newest_claim.max(claim.0);
                self.claims.insert(claim, Claim { run, task, until, got: None });
            }
            TaskFact::ClaimEnded { claim } => drop(self.claims.remove(&claim)),
        }
    }

    fn add(&mut self, id: TaskId, spec: Box<TaskSpec>, rank: i64, attempts_max: u32, at: Time) {
        self.newest_task = self.newest_task.max(id.0);
        self.names.insert(spec.name.clone(), id);
        let mut unmet = 0;
        for need in &spec.needs {
            let Some(needed) = self.tasks.get_mut(&need.task) else { continue };
            needed.needed_by.push(id);
            unmet += u32::from(!needed.has_ended());
        }
        if let Some(parent) = spec.parent.and_then(|parent| self.tasks.get_mut(&parent)) {
            parent.parts.push(id);
        }
        self.tasks.insert(id, Task::new(*spec, rank, attempts_max, unmet, at));
    }

    fn hold(&mut self, id: TaskId, why: Held, at: Time) {
        self.enter(id, Stage::Held(why.clone()), at, |task| {
            task.clock = Clock::Off;
            task.locked = match why {
                Held::Locks => Locked::Waiting,
                _ => Locked::No,
            };
        });
    }

    fn line_up(&mut self, id: TaskId, agent: AgentId, at: Time) {
        self.enter(id, Stage::LinedUp, at, |task| {
            task.agent = Some(agent);
            task.wait_for_locks_no_more();
        });
    }

    /// Moves a task into the queue that its placement names.
    fn enter_queue(&mut self, id: TaskId, at: Time, with: impl FnOnce(&mut Task)) {
        let Some(task) = self.tasks.get(&id) else { return };
        let stage = match (&task.spec.placement, task.agent) {
            (Placement::Only(_) | Placement::Prefer(_), Some(_)) => Stage::LinedUp,
            _ => Stage::Queued,
        };
        self.enter(id, stage, at, with);
    }

    fn assign(&mut self, fact: &TaskFact, at: Time) {
        let TaskFact::Assigned { task, agent, run, attempt, claim, work } = *fact else { return };
        self.assignments += 1;
        self.enter(task, Stage::Assigned, at, |task| {
            task.agent = Some(agent);
            task.run = Some(run);
            task.attempt = attempt;
            task.claim = claim;
            task.work = work;
            task.locked = if task.spec.locks.is_empty() { Locked::No } else { Locked::Held };
            task.progress = Progress::default();
            (task.started, task.word, task.stopping, task.inputs) = (None, None, None, None);
            (task.result, task.verdict, task.workspace) = (None, None, None);
        });
        self.desks.entry(agent).or_default().newest = self.assignments;
        if let Some(claim) = claim.and_then(|claim| self.claims.get_mut(&claim)) {
            claim.got = Some(task);
        }
    }

    fn end(&mut self, id: TaskId, stage: Stage, at: Time, with: impl FnOnce(&mut Task)) {
        self.let_go_of_claim(id);
        self.enter(id, stage, at, |task| {
            task.ended = Some(at);
            task.clock = Clock::Off;
            task.locked = Locked::No;
            with(task);
        });
        self.count_unmet(id, |unmet| unmet.saturating_sub(1));
    }

    fn try_again(
        &mut self,
        id: TaskId,
        why: Trouble,
        counted: Counted,
        stage: Stage,
        at: Time,
        with: impl FnOnce(&mut Task),
    ) {
        self.let_go_of_claim(id);
        self.enter(id, stage, at, |task| {
            task.forgiven += u32::from(counted == Counted::No);
            task.quota_endings = match why.barred() {
                Some(Barred::Quota { .. }) => task.quota_endings.saturating_add(1),
                Some(Barred::Login) | None => 0,
            };
            task.trouble = Some(why);
            task.clock = Clock::Off;
            task.locked = Locked::No;
            with(task);
        });
    }

    fn reopen(&mut self, id: TaskId, reason: Option<String>, attempts_max: u32, at: Time) {
        if self.tasks.get(&id).is_some_and(Task::has_ended) {
            self.count_unmet(id, |unmet| unmet + 1);
        }
        self.enter(id, Stage::Held(Held::Needs), at, |task| {
            (task.ended, task.verdict, task.skipped_for, task.trouble) = (None, None, None, None);
            task.left = Left::default();
            task.reason = reason;
            task.attempts_max = attempts_max;
            task.quota_endings = 0;
            task.reopened += 1;
        });
    }

    fn forget(&mut self, id: TaskId) {
        self.leave(id);
        let Some(task) = self.tasks.remove(&id) else { return };
        self.names.remove(&task.spec.name);
        for need in &task.spec.needs {
            if let Some(needed) = self.tasks.get_mut(&need.task) {
                needed.needed_by.retain(|other| *other != id);
            }
        }
        if let Some(parent) = task.spec.parent.and_then(|parent| self.tasks.get_mut(&parent)) {
            parent.parts.retain(|other| *other != id);
        }
    }

    /// Lets the claim for which a task was being prepared wait again, for another task.
    fn let_go_of_claim(&mut self, id: TaskId) {
        let claim = self.tasks.get(&id).and_then(|task| task.claim);
        if let Some(claim) = claim.and_then(|claim| self.claims.get_mut(&claim)) {
            claim.got = claim.got.filter(|got| *got != id);
        }
    }

    fn count_unmet(&mut self, id: TaskId, count: impl Fn(u32) -> u32) {
        let needed_by = self.tasks.get(&id).map(|task| task.needed_by.clone()).unwrap_or_default();
        for other in needed_by {
            self.change(other, |task| task.unmet = count(task.unmet));
        }
    }

    /// Changes a task without moving it to another stage.
    pub(super) fn change(&mut self, id: TaskId, with: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(&id) {
            with(task);
        }
    }

    /// Whether a task is in the index of its stage.
    pub(crate) fn stands(&self, id: TaskId, task: &Task) -> bool {
        let (class, place) = (task.class(), task.place(id));
        match (&task.stage, task.agent) {
            (Stage::Held(Held::Nobody { .. } | Held::NoAgent { .. }), _) => match &task.spec.placement {
                Placement::Only(name) => self.unplaceable_for.get(name).is_some_and(|tasks| tasks.contains(&id)),
                Placement::Anyone | Placement::Prefer(_) | Placement::Parts(_) => self.unplaceable.holds(&class, place),
            },
            (Stage::Held(Held::Locks), _) => self.waiting_for_locks.contains(&id),
            (Stage::Held(Held::Backoff { .. }), _) => self.backing_off.contains(&id),
            (Stage::Queued, _) => self.queued.holds(&class, place),
            (Stage::LinedUp, Some(agent)) => self.desks.get(&agent).is_some_and(|desk| desk.line.holds(&class, place)),
            (Stage::Done | Stage::Failed | Stage::Cancelled, _) => {
                self.ended.contains(&(task.ended.unwrap_or_default(), id))
            }
            (Stage::LinedUp, None) => false,
            (Stage::Assigned | Stage::Running | Stage::Verifying, agent) => {
                agent.is_some_and(|agent| self.current(agent) == Some(id))
            }
            (Stage::Held(Held::Needs | Held::Parts), _) => true,
        }
    }

    /// Returns how many tasks are in all indexes together, including those whose stage has no index.
    pub(crate) fn standing(&self) -> usize {
        let held =
            self.tasks.values().filter(|task| matches!(task.stage, Stage::Held(Held::Needs | Held::Parts))).count();
        let desks: usize = self.desks.values().map(|desk| desk.line.len() + usize::from(desk.current.is_some())).sum();
        let bound: usize = self.unplaceable_for.values().map(BTreeSet::len).sum();
        held + desks
            + bound
            + self.queued.len()
            + self.unplaceable.len()
            + self.waiting_for_locks.len()
            + self.backing_off.len()
            + self.ended.len()
    }

    /// Moves a task to another stage.
    pub(super) fn enter(&mut self, id: TaskId, stage: Stage, at: Time, with: impl FnOnce(&mut Task)) {
        self.leave(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.asks = None;
        with(task);
        task.since = at;
        task.stage = stage;
        task.remember(at);
        self.stand(id);
    }

    /// Takes a task out of the index of its stage.
    fn leave(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(&id) else { return };
        match (&task.stage, task.agent) {
            (Stage::Held(Held::Nobody { .. } | Held::NoAgent { .. }), _) => match &task.spec.placement {
                Placement::Only(name) => {
                    let name = name.clone();
                    if let Some(tasks) = self.unplaceable_for.get_mut(&name) {
                        tasks.remove(&id);
                    }
                    self.unplaceable_for.retain(|_, tasks| !tasks.is_empty());
                }
                Placement::Anyone | Placement::Prefer(_) | Placement::Parts(_) => {
                    self.unplaceable.leave(&task.class(), task.place(id))
                }
            },
            (Stage::Held(Held::Locks), _) => drop(self.waiting_for_locks.remove(&id)),
            (Stage::Held(Held::Backoff { .. }), _) => drop(self.backing_off.remove(&id)),
            (Stage::Queued, _) => self.queued.leave(&task.class(), task.place(id)),
            (Stage::LinedUp, Some(agent)) => {
                let (class, place) = (task.class(), task.place(id));
                if let Some(desk) = self.desks.get_mut(&agent) {
                    desk.line.leave(&class, place);
                }
            }
            (Stage::Assigned | Stage::Running | Stage::Verifying, Some(agent)) => {
                if let Some(desk) = self.desks.get_mut(&agent) {
                    desk.current = desk.current.filter(|current| *current != id);
                }
                if let Some(run) = task.run {
                    self.runs.remove(&run);
                }
            }
            (Stage::Done | Stage::Failed | Stage::Cancelled, _) => {
                self.ended.remove(&(task.ended.unwrap_or_default(), id));
            }
            _ => {}
        }
    }

    /// Puts a task into the index of its stage.
    fn stand(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(&id) else { return };
        match (&task.stage, task.agent) {
            (Stage::Held(Held::Nobody { .. } | Held::NoAgent { .. }), _) => match &task.spec.placement {
                Placement::Only(name) => drop(self.unplaceable_for.entry(name.clone()).or_default().insert(id)),
                Placement::Anyone | Placement::Prefer(_) | Placement::Parts(_) => {
                    self.unplaceable.enter(task.class(), task.place(id))
                }
            },
            (Stage::Held(Held::Locks), _) => drop(self.waiting_for_locks.insert(id)),
            (Stage::Held(Held::Backoff { .. }), _) => drop(self.backing_off.insert(id)),
            (Stage::Queued, _) => self.queued.enter(task.class(), task.place(id)),
            (Stage::LinedUp, Some(agent)) => {
                self.desks.entry(agent).or_default().line.enter(task.class(), task.place(id));
            }
            (Stage::Assigned | Stage::Running | Stage::Verifying, Some(agent)) => {
                self.desks.entry(agent).or_default().current = Some(id);
                self.runs.extend(task.run.map(|run| (run, id)));
            }
            (Stage::Done | Stage::Failed | Stage::Cancelled, _) => {
                self.ended.insert((task.ended.unwrap_or_default(), id));
            }
            _ => {}
        }
    }
}

impl Task {
    fn place(&self, id: TaskId) -> Place {
        let turn = if self.locked == Locked::Held { Turn::First } else { Turn::ByRank };
        Place { turn, rank: self.rank, task: id }
    }

    fn wait_for_locks_no_more(&mut self) {
        if self.locked == Locked::Waiting {
            self.locked = Locked::No;
        }
    }

    fn remember(&mut self, at: Time) {
        if self.history.len() == HISTORY_ENTRIES_MAX {
            self.history.remove(0);
        }
        let tried = matches!(self.stage, Stage::Held(_) | Stage::Failed);
        let trouble = self.trouble.clone().filter(|_| tried);
        self.history.push(Happened { at, stage: self.stage.clone(), agent: self.agent, trouble });
    }
}
