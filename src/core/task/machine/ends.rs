//! The effect of a task's end on others: its dependents continue or are skipped, its parent may be done, its plan is told,
//! and tasks that ended long ago are deleted from the records. All of this happens within one step.

use super::Tasks;
use crate::effect::Effect;
use crate::ids::{AgentId, ClaimId, TaskId};
use crate::recorder::Decision;
use crate::task::{ClaimSettled, Held, Left, Stage, Task, TaskBoard, TaskEffect, TaskFact, Trouble, Verdict, When};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The most tasks that are forgotten in one step, so that no step is long. Beyond it, the next step forgets further
/// tasks.
const FORGOTTEN_PER_STEP_MAX: usize = 256;
/// The most tasks that one step examines for forgetting. While a large plan runs, its own ended tasks cannot be
/// forgotten. Beyond it, the next step examines further tasks.
const LOOKED_AT_PER_STEP_MAX: usize = 512;

impl Tasks<'_> {
    /// Notes the recorded end of a task. The fleet lets everything follow that the end has as its consequence.
    pub(super) fn ended(&mut self, task: TaskId) {
        self.out.decide(Decision::TaskEnded(task));
    }

    /// Applies the consequences that the end of a task has for other tasks. Returns those that ended because of it; their
    /// plans are told after the plan of this task.
    pub(crate) fn settle(&mut self, task: TaskId) -> Vec<TaskId> {
        self.unlock(task);
        self.end_claims_for(task);
        let mut ended = self.settle_dependents(task);
        ended.extend(self.settle_parent(task));
        self.look_again();
        ended
    }

    /// Skips a task that can never get what it needs.
    pub(super) fn skip(&mut self, task: TaskId, need: TaskId) {
        self.record_of(task, TaskFact::Skipped { task, need });
        self.ended(task);
    }

    /// Lets the dependents of a task continue, or skips them. Returns those that were skipped.
    fn settle_dependents(&mut self, task: TaskId) -> Vec<TaskId> {
        let Some(known) = self.board.get(task) else { return Vec::new() };
        let waiting: BTreeSet<TaskId> = known.needed_by.iter().copied().collect();
        let mut skipped = Vec::new();
        for other in waiting {
            let Some(waits) = self.board.get(other).filter(|other| !other.has_ended() && !other.is_in_hand()) else {
                continue;
            };
            let Some(known) = self.board.get(task) else { break };
            let meets = waits.spec.needs.iter().filter(|need| need.task == task).all(|need| meets(known, need.when));
            if !meets {
                self.disarm_and_skip(other, task);
                skipped.push(other);
            } else if waits.unmet == 0 {
                self.reconsider(other);
            }
        }
        skipped
    }

    fn disarm_and_skip(&mut self, task: TaskId, need: TaskId) {
        self.disarm_backoff(task);
        self.record_of(task, TaskFact::Skipped { task, need });
    }

    /// Ends a parent that only waited for its parts, after the last of them. Returns the parent, if it ended.
    fn settle_parent(&mut self, task: TaskId) -> Option<TaskId> {
        let board = &*self.board;
        let parent = board.get(task)?.spec.parent?;
        let known = board.get(parent).filter(|parent| parent.stage == Stage::Held(Held::Parts))?;
        if board.has_open_parts(known) {
            return None;
        }
        let parts = || known.parts.iter().filter_map(|part| board.get(*part));
        let failed = parts().filter(|part| part.stage != Stage::Done).count() as u32;
        let all_verified = parts().all(|part| part.verdict == Some(Verdict::Verified));
        let verdict = if all_verified { Verdict::Verified } else { Verdict::Unverified };
        let fact = match failed {
            0 => TaskFact::Done { task: parent, verdict, output: None, left: Box::new(Left::default()) },
            failed => TaskFact::Failed { task: parent, why: Trouble::Parts { failed }, verdict: None, output: None },
        };
        self.record_of(parent, fact);
        Some(parent)
    }

    /// Ends the claims that ask for this very task.
    fn end_claims_for(&mut self, task: TaskId) {
        let claims = self.board.claims().filter(|(_, claim)| claim.task == Some(task));
        let claims: Vec<ClaimId> = claims.map(|(claim, _)| claim).collect();
        for claim in claims {
            self.settle_claim(claim, ClaimSettled::Ended { task });
        }
    }

    /// Forgets the oldest ended tasks that no unfinished task refers to, if there are more than allowed.
    pub(crate) fn forget_old(&mut self) {
        let kept_max = self.policy.ended_max as usize + self.plans.ended_tasks_kept();
        let board = &*self.board;
        let too_many = board.ended_count().saturating_sub(kept_max).min(FORGOTTEN_PER_STEP_MAX);
        if too_many == 0 {
            return;
        }
        let after_plans = self.plans.newest_end_of_those_kept();
        let behind = after_plans.into_iter().flat_map(|at| board.ended_after(at).take(LOOKED_AT_PER_STEP_MAX));
        let mut seen = BTreeSet::new();
        let looked_at = board.ended().take(LOOKED_AT_PER_STEP_MAX).chain(behind).filter(|task| seen.insert(*task));
        let oldest = looked_at.filter(|task| self.may_forget(*task)).take(too_many);
        let tasks: Vec<TaskId> = oldest.flat_map(|task| board.with_parts(task)).collect();
        if !tasks.is_empty() {
            self.record((None, None), TaskFact::Forgotten { tasks: tasks.clone() });
            self.out.ask(Effect::Task(TaskEffect::Forget { tasks }));
        }
    }

    /// Removes the desk of an agent that was removed from the fleet, once the desk is empty.
    pub(crate) fn clear_desk(&mut self, agent: AgentId) {
        let empty = self.board.desk(agent).is_some_and(|desk| desk.current.is_none() && desk.line.is_empty());
        if empty && self.crew.policy(agent).is_none() {
            self.record((Some(agent), None), TaskFact::DeskCleared { agent });
        }
    }

    /// Whether an ended task may be forgotten: its plan no longer needs it, its parent is forgotten or does not exist,
    /// and all its dependents have ended.
    fn may_forget(&self, task: TaskId) -> bool {
        let board = &*self.board;
        let Some(known) = board.get(task) else { return false };
        let family = board.with_parts(task);
        let over = |task: &TaskId| board.get(*task).is_none_or(Task::has_ended);
        known.spec.parent.is_none_or(|parent| board.get(parent).is_none())
            && known.spec.plan.is_none_or(|plan| !self.plans.keeps_tasks(plan))
            && family.iter().filter_map(|task| board.get(*task)).all(|task| task.needed_by.iter().all(over))
    }
}

/// Whether an ended task ended as `when` requires.
fn meets(needed: &Task, when: When) -> bool {
    match when {
        When::Done => needed.stage == Stage::Done,
        When::Failed => needed.stage == Stage::Failed,
        When::Settled => true,
    }
}

impl TaskBoard {
    /// Returns a dependency of this task that did not end as required.
    pub(crate) fn unmeetable_need(&self, task: TaskId) -> Option<TaskId> {
        let needs = &self.get(task)?.spec.needs;
        let unmeetable = |need: &&crate::task::Need| {
            self.get(need.task).is_some_and(|needed| needed.has_ended() && !meets(needed, need.when))
        };
        needs.iter().find(unmeetable).map(|need| need.task)
    }

    /// Returns a task with all its direct and indirect parts.
    pub(super) fn with_parts(&self, task: TaskId) -> Vec<TaskId> {
        let mut family = alloc::vec![task];
        let mut at = 0;
        while let Some(member) = family.get(at) {
            let parts = self.get(*member).map(|task| task.parts.clone()).unwrap_or_default();
            family.extend(parts);
            at += 1;
        }
        family
    }
}
