//! Lets a failed plan go on from its failed tasks. Tasks that are done stay done; tasks that were skipped, held back or
//! cancelled because of a failure wait again.

use super::Step;
use crate::ids::{PlanId, TaskId};
use crate::plan::{FailMode, PlanDenied, PlanFact, PlanState, TaskEnd};
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Tries failed and cancelled tasks of a failed plan again: the given task, or all of them. All of them are tried
    /// if no task is given, or if the fail mode lets nothing continue while one of them remains.
    pub(in crate::fleet) fn plan_goes_on(
        &mut self,
        plan: PlanId,
        task: Option<TaskId>,
        reason: Option<&String>,
    ) -> Result<(), PlanDenied> {
        let bad = self.reopenable(plan, task)?;
        self.record_plan(PlanFact::Reopened { plan });
        for task in bad {
            // A task may have waited for another one and been reopened together with it.
            if self.fleet.view.tasks.get(task).is_some_and(|task| task.has_ended()) {
                self.with_tasks(|tasks| tasks.reopen(task, reason.cloned()));
            }
        }
        self.go_on_with(plan);
        Ok(())
    }

    /// Returns the tasks to try again. Refused for a plan that did not fail, or whose tasks are no longer all known.
    fn reopenable(&self, plan: PlanId, task: Option<TaskId>) -> Result<Vec<TaskId>, PlanDenied> {
        let known = self.board().get(plan).ok_or(PlanDenied::UnknownPlan)?;
        let kept = known.members.keys().all(|task| self.fleet.view.tasks.get(*task).is_some());
        if known.state != PlanState::Failed || !kept {
            return Err(PlanDenied::Over { state: known.state });
        }
        self.room_for_a_plan()?;
        let is_bad = |end: Option<TaskEnd>| matches!(end, Some(TaskEnd::Failed | TaskEnd::Cancelled));
        let bad = known.members.iter().filter(|(_, member)| is_bad(member.end)).map(|(task, _)| *task);
        Ok(match task {
            Some(task) if known.spec.fail_mode != FailMode::Stop => alloc::vec![task],
            _ => bad.collect(),
        })
    }
}
