//! Tries tasks again after a failed attempt, cancels tasks, and reopens tasks that had ended.

use super::Tasks;
use super::add::attempts_of;
use super::attempt::fits;
use crate::barred::{Barred, QUOTA_ENDINGS_MAX};
use crate::effect::Effect;
use crate::ending::Outcome;
use crate::event::TimerId;
use crate::ids::{AgentId, PlanId, TaskId};
use crate::party::Party;
use crate::recorder::Decision;
use crate::task::{
    Counted, Held, Stage, Stopped, TaskBoard, TaskDenied, TaskEffect, TaskFact, TaskTimer, Trouble, Verdict, Work,
};
use crate::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Tasks<'_> {
    /// Handles a failed attempt: the task is tried again after a wait, or has failed.
    pub(super) fn attempt_failed(
        &mut self,
        task: TaskId,
        why: Trouble,
        verdict: Option<Verdict>,
        output: Option<String>,
    ) {
        let Some(known) = self.board.get(task) else { return };
        if known.attempts_spent() >= known.attempts_max {
            return self.fail(task, why, verdict, output);
        }
        let wait = self.policy.retry_wait(known.attempts_spent());
        self.try_later(task, why, output, wait, Counted::Yes);
    }

    fn try_later(&mut self, task: TaskId, why: Trouble, output: Option<String>, wait: Span, counted: Counted) {
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_of(task, TaskFact::Retried { task, why, output, until: self.out.now() + wait, counted });
        self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Backoff(task)), span: wait });
        self.unlock(task);
        self.look_again();
    }

    /// Ends the attempt, and lets the next one begin at once.
    pub(super) fn requeue(&mut self, task: TaskId, why: Trouble, counted: Counted) {
        let Some(known) = self.board.get(task) else { return };
        if counted == Counted::Yes && known.attempts_spent() >= known.attempts_max {
            return self.fail(task, why, None, None);
        }
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_of(task, TaskFact::Requeued { task, why, counted });
        self.unlock(task);
        self.release(task);
        self.look_again();
    }

    /// Handles an attempt whose program can do nothing for now: the task is tried again when there is quota, and has
    /// failed if there is no login.
    pub(super) fn attempt_barred(&mut self, task: TaskId, why: Trouble, barred: Barred) {
        let Some(known) = self.board.get(task) else { return };
        let count = known.quota_endings.saturating_add(1);
        match barred.wait(count, self.out.now()).filter(|_| count < QUOTA_ENDINGS_MAX) {
            Some(wait) => self.try_later(task, why, None, wait, Counted::No),
            None => self.fail(task, why, None, None),
        }
    }

    /// Takes the task back from an agent whose turn ended because its program is barred. Others may take the task, and
    /// the attempt does not count. A one-shot run ends by itself or at its time limit.
    pub(crate) fn barred(&mut self, agent: AgentId) {
        let Some((run, reason, barred)) = self.crew.barred(agent) else { return };
        let Some((task, known)) = self.board.task_of(run) else { return };
        if known.stage != Stage::Running || known.work == Work::OneShot {
            return;
        }
        let attempt = known.attempt;
        self.out.ask(Effect::Task(TaskEffect::Abandon { task, attempt }));
        let why = Trouble::RunEnded { run, outcome: Outcome::Failed, exit: None, reason, barred: Some(barred) };
        self.requeue(task, why, Counted::No);
    }

    /// Takes the task back if the program was barred before it was known that the prompt had been accepted.
    pub(super) fn barred_meanwhile(&mut self, task: TaskId) {
        if let Some(agent) = self.board.get(task).and_then(|known| known.agent) {
            self.barred(agent);
        }
    }

    /// Returns the reason for which a task is cancelled, or why this party may not cancel it.
    pub(crate) fn may_cancel(&self, task: TaskId, by: &Party, reason: Option<String>) -> Result<String, TaskDenied> {
        persons_only(by)?;
        fits(reason.as_deref())?;
        let known = self.board.get(task).ok_or(TaskDenied::UnknownTask { task })?;
        match known.has_ended() {
            true => Err(TaskDenied::Ended { task }),
            false => Ok(reason.unwrap_or_else(|| "no reason given".into())),
        }
    }

    /// Cancels a task that has not ended; a run that works on it is stopped. A one-shot run is stopped first, and the task
    /// ends when no process of the run remains. `by` is the party that wants it, if it is not the fleet.
    pub(crate) fn cancel(&mut self, task: TaskId, reason: String, by: Option<Party>) {
        let Some(known) = self.board.get(task).filter(|task| !task.has_ended()) else { return };
        let (stage, work) = (known.stage.clone(), known.work);
        match (stage, work) {
            (Stage::Assigned | Stage::Running, Work::OneShot) => {
                let why = match by {
                    Some(by) => Stopped::CancelledBy { by, reason },
                    None => Stopped::Cancelled(reason),
                };
                self.stop_run_of(task, why);
            }
            (Stage::Assigned | Stage::Running, Work::Pulled | Work::Typed) => {
                let name = self.name_of_task(task);
                self.tell_live_agent(
                    task,
                    "task.cancelled",
                    match &by {
                        Some(by) => format!("{name} is cancelled by {by}: {reason}"),
                        None => format!("{name} is cancelled: {reason}"),
                    },
                );
                self.abandon(task);
                self.end_cancelled(task, reason, by);
            }
            (Stage::Verifying, _) => {
                self.abandon(task);
                self.end_cancelled(task, reason, by);
            }
            _ => {
                self.disarm_backoff(task);
                self.end_cancelled(task, reason, by);
            }
        }
    }

    pub(super) fn end_cancelled(&mut self, task: TaskId, reason: String, by: Option<Party>) {
        let agent = self.board.get(task).filter(|task| task.is_in_hand()).and_then(|task| task.agent);
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_of(task, TaskFact::Cancelled { task, reason, by });
        self.ended(task);
        if let Some(agent) = agent {
            self.out.decide(Decision::DeskLeft(agent));
        }
    }

    /// Tries a task again that has ended or waits for its next attempt. Returns what else must happen for it.
    pub(crate) fn retry(&mut self, task: TaskId, by: &Party, reason: Option<String>) -> Result<Again, TaskDenied> {
        persons_only(by)?;
        if self.shutdown.is_some() {
            return Err(TaskDenied::ShuttingDown);
        }
        fits(reason.as_deref())?;
        let known = self.board.get(task).ok_or(TaskDenied::UnknownTask { task })?;
        match &known.stage {
            Stage::Done => return Err(TaskDenied::Done { task }),
            Stage::Held(Held::Backoff { .. }) => self.release(task),
            Stage::Failed | Stage::Cancelled => {
                if let Some(need) = self.board.unmeetable_need(task) {
                    return Err(TaskDenied::NeedEnded { task, need });
                }
                if let Some(plan) = known.spec.plan.filter(|plan| self.plans.is_over(*plan)) {
                    return Ok(Again::WithItsPlan(plan));
                }
                self.reopen(task, reason);
            }
            _ => return Err(TaskDenied::NotEnded { task }),
        }
        Ok(Again::ByItself)
    }

    /// Reopens a task, its parts that were not done, its parent, and the tasks that were skipped because of any of
    /// them.
    pub(crate) fn reopen(&mut self, task: TaskId, reason: Option<String>) {
        let mut reopened = Vec::new();
        let mut next = alloc::vec![task];
        let mut seen = BTreeSet::new();
        while let Some(task) = next.pop() {
            let Some(known) = self.board.get(task).filter(|_| seen.insert(task)) else { continue };
            let unfinished = |id: &TaskId| self.board.get(*id).is_some_and(|t| t.has_ended() && t.stage != Stage::Done);
            let skipped = known.needed_by.iter().filter(|id| {
                self.board.get(**id).is_some_and(|other| other.skipped_for == Some(task) && other.has_ended())
            });
            next.extend(skipped.copied());
            next.extend(known.parts.iter().copied().filter(unfinished));
            next.extend(known.spec.parent.filter(unfinished));
            let attempts = attempts_of(&known.spec, self.policy);
            let attempts_max = known.attempts_spent() + attempts;
            self.record_of(task, TaskFact::Reopened { task, reason: reason.clone(), attempts_max });
            reopened.push(task);
        }
        for task in reopened {
            self.release(task);
            let waiting = self.board.get(task).map(|task| task.needed_by.clone()).unwrap_or_default();
            waiting.into_iter().for_each(|other| self.reconsider(other));
        }
        self.look_again();
    }
}

/// How a task is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Nothing else must happen.
    ByItself,
    /// The plan of the task has ended, and must continue first.
    WithItsPlan(PlanId),
}

impl TaskBoard {
    /// Returns the task and its parts that have not ended, the task itself first, so that it is cancelled and does not
    /// fail because of its parts.
    pub(crate) fn open_family(&self, task: TaskId) -> Vec<TaskId> {
        let mut family = self.with_parts(task);
        family.retain(|member| self.is_open(*member));
        family
    }
}

fn persons_only(by: &Party) -> Result<(), TaskDenied> {
    match by {
        Party::Outside(_) => Ok(()),
        Party::Run(_) | Party::Task(_) => Err(TaskDenied::PersonsOnly),
    }
}
