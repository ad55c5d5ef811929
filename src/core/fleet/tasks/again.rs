//! Tries tasks again after a failed attempt, cancels tasks, and reopens tasks that had ended.

use super::super::Step;
use super::Reply;
use super::add::attempts_of;
use super::attempt::fits;
use crate::barred::{Barred, QUOTA_ENDINGS_MAX};
use crate::effect::Effect;
use crate::ending::Outcome;
use crate::event::TimerId;
use crate::ids::{AgentId, TaskId};
use crate::party::Party;
use crate::task::{
    Counted, Held, Stage, Stopped, TaskAnswer, TaskDenied, TaskEffect, TaskFact, TaskTimer, Trouble, Verdict, Work,
};
use crate::time::Span;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Handles a failed attempt: the task is tried again after a wait, or has failed.
    pub(super) fn attempt_failed(
        &mut self,
        task: TaskId,
        why: Trouble,
        verdict: Option<Verdict>,
        output: Option<String>,
    ) {
        let Some(known) = self.tasks().get(task) else { return };
        if known.attempts_spent() >= known.attempts_max {
            return self.fail_task(task, why, verdict, output);
        }
        let wait = self.fleet.policy.coordination.tasks.retry_wait(known.attempts_spent());
        self.try_later(task, why, output, wait, Counted::Yes);
    }

    fn try_later(&mut self, task: TaskId, why: Trouble, output: Option<String>, wait: Span, counted: Counted) {
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_task(task, TaskFact::Retried { task, why, output, until: self.now + wait, counted });
        self.effects.push(Effect::Arm { timer: TimerId::Task(TaskTimer::Backoff(task)), span: wait });
        self.unlock_task(task);
        self.tasks_look_again();
    }

    /// Ends the attempt, and lets the next one begin at once.
    pub(super) fn requeue(&mut self, task: TaskId, why: Trouble, counted: Counted) {
        let Some(known) = self.tasks().get(task) else { return };
        if counted == Counted::Yes && known.attempts_spent() >= known.attempts_max {
            return self.fail_task(task, why, None, None);
        }
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_task(task, TaskFact::Requeued { task, why, counted });
        self.unlock_task(task);
        self.release(task);
        self.tasks_look_again();
    }

    /// Handles an attempt whose program can do nothing for now: the task is tried again when there is quota, and has
    /// failed if there is no login.
    pub(super) fn attempt_barred(&mut self, task: TaskId, why: Trouble, barred: Barred) {
        let Some(known) = self.tasks().get(task) else { return };
        let count = known.quota_endings.saturating_add(1);
        match barred.wait(count, self.now).filter(|_| count < QUOTA_ENDINGS_MAX) {
            Some(wait) => self.try_later(task, why, None, wait, Counted::No),
            None => self.fail_task(task, why, None, None),
        }
    }

    /// Takes the task back from an agent whose turn ended because its program is barred. Others may take the task, and
    /// the attempt does not count. A one-shot run ends by itself or at its time limit.
    pub(in crate::fleet) fn task_barred(&mut self, agent: AgentId) {
        let Some(live) = self.fleet.agents.get(&agent).and_then(|known| known.run.as_ref()) else { return };
        let (run, reason, barred) = (live.id(), live.last_line(), live.barred());
        let Some((task, known)) = self.fleet.task_of(run).filter(|_| barred.is_some()) else { return };
        if known.stage != Stage::Running || known.work == Work::OneShot {
            return;
        }
        let attempt = known.attempt;
        self.effects.push(Effect::Task(TaskEffect::Abandon { task, attempt }));
        self.requeue(
            task,
            Trouble::RunEnded { run, outcome: Outcome::Failed, exit: None, reason, barred },
            Counted::No,
        );
    }

    /// Takes the task back if the program was barred before it was known that the prompt had been accepted.
    pub(super) fn barred_meanwhile(&mut self, task: TaskId) {
        if let Some(agent) = self.tasks().get(task).and_then(|known| known.agent) {
            self.task_barred(agent);
        }
    }

    pub(super) fn cancel_by(&mut self, task: TaskId, by: &Party, reason: Option<String>) -> Reply {
        persons_only(by)?;
        fits(reason.as_deref())?;
        let known = self.tasks().get(task).ok_or(TaskDenied::UnknownTask { task })?;
        if known.has_ended() {
            return Err(TaskDenied::Ended { task });
        }
        self.cancel_task(task, reason.unwrap_or_else(|| "no reason given".into()), Some(by));
        Ok(TaskAnswer::Accepted { task })
    }

    /// Cancels a task that has not ended, with its parts; a run that works on it is stopped. A one-shot run is stopped
    /// first, and the task ends when no process of the run remains. `by` is the party that wants it, if it is not the
    /// fleet.
    pub(in crate::fleet) fn cancel_task(&mut self, task: TaskId, reason: String, by: Option<&Party>) {
        for member in self.open_family(task) {
            self.cancel_one(member, reason.clone(), by.cloned());
        }
    }

    /// Returns the task and its parts that have not ended, the task itself first, so that it is cancelled and does not
    /// fail because of its parts.
    fn open_family(&self, task: TaskId) -> Vec<TaskId> {
        let mut family: Vec<TaskId> = alloc::vec![task];
        let mut at = 0;
        while let Some(member) = family.get(at) {
            let parts = self.tasks().get(*member).map(|task| task.parts.clone()).unwrap_or_default();
            family.extend(parts);
            at += 1;
        }
        family.retain(|member| self.tasks().get(*member).is_some_and(|task| !task.has_ended()));
        family
    }

    fn cancel_one(&mut self, task: TaskId, reason: String, by: Option<Party>) {
        let Some(known) = self.tasks().get(task).filter(|task| !task.has_ended()) else { return };
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
        let agent = self.tasks().get(task).filter(|task| task.is_in_hand()).and_then(|task| task.agent);
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_task(task, TaskFact::Cancelled { task, reason, by });
        self.ended(task);
        if let Some(agent) = agent {
            self.clear_desk(agent);
        }
    }

    pub(super) fn retry_by(&mut self, task: TaskId, by: &Party, reason: Option<String>) -> Reply {
        persons_only(by)?;
        if self.shutting_down() {
            return Err(TaskDenied::ShuttingDown);
        }
        fits(reason.as_deref())?;
        let known = self.tasks().get(task).ok_or(TaskDenied::UnknownTask { task })?;
        let over = known.spec.plan.filter(|plan| self.fleet.plan_is_over(*plan));
        match &known.stage {
            Stage::Done => return Err(TaskDenied::Done { task }),
            Stage::Held(Held::Backoff { .. }) => self.release(task),
            Stage::Failed | Stage::Cancelled => {
                if let Some(plan) = over {
                    let goes_on = self.plan_goes_on(plan, Some(task), reason.as_ref());
                    return match goes_on {
                        Ok(()) => Ok(TaskAnswer::Accepted { task }),
                        Err(_) => Err(TaskDenied::PlanOver { task, plan }),
                    };
                }
                if let Some(need) = self.tasks().unmeetable_need(task) {
                    return Err(TaskDenied::NeedEnded { task, need });
                }
                self.reopen(task, reason);
            }
            _ => return Err(TaskDenied::NotEnded { task }),
        }
        Ok(TaskAnswer::Accepted { task })
    }

    /// Reopens a task, its parts that were not done, its parent, and the tasks that were skipped because of any of
    /// them.
    pub(in crate::fleet) fn reopen(&mut self, task: TaskId, reason: Option<String>) {
        let mut reopened = Vec::new();
        let mut next = alloc::vec![task];
        let mut seen = BTreeSet::new();
        while let Some(task) = next.pop() {
            let Some(known) = self.tasks().get(task).filter(|_| seen.insert(task)) else { continue };
            let unfinished =
                |id: &TaskId| self.tasks().get(*id).is_some_and(|t| t.has_ended() && t.stage != Stage::Done);
            let skipped = known.needed_by.iter().filter(|id| {
                self.tasks().get(**id).is_some_and(|other| other.skipped_for == Some(task) && other.has_ended())
            });
            next.extend(skipped.copied());
            next.extend(known.parts.iter().copied().filter(unfinished));
            next.extend(known.spec.parent.filter(unfinished));
            let attempts = attempts_of(&known.spec, &self.fleet.policy.coordination.tasks);
            let attempts_max = known.attempts_spent() + attempts;
            self.record_task(task, TaskFact::Reopened { task, reason: reason.clone(), attempts_max });
            reopened.push(task);
        }
        for task in reopened {
            self.release(task);
            let waiting = self.tasks().get(task).map(|task| task.needed_by.clone()).unwrap_or_default();
            waiting.into_iter().for_each(|other| self.reconsider(other));
        }
        self.tasks_look_again();
    }
}

fn persons_only(by: &Party) -> Result<(), TaskDenied> {
    match by {
        Party::Outside(_) => Ok(()),
        Party::Run(_) | Party::Task(_) => Err(TaskDenied::PersonsOnly),
    }
}
