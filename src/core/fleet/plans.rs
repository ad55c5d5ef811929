//! Wires the plans into the fleet.

use super::Step;
use crate::command::{Answer, Denied};
use crate::ids::{PlanId, TaskId};
use crate::plan::{PlanCommand, PlanTimer};

impl Step<'_> {
    /// What a client asks of the plans.
    pub(super) fn plan_command(&mut self, command: PlanCommand) -> Result<Answer, Denied> {
        let _ = command;
        Err(Denied::Plan(crate::plan::PlanDenied::UnknownPlan))
    }

    /// A timer of the plans came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn plan_timer(&mut self, timer: PlanTimer) {
        match timer {}
    }

    /// A task of a plan came to its end.
    pub(super) fn plan_task_ended(&mut self, plan: PlanId, task: TaskId) {
        let _ = (plan, task);
    }

    /// Whether tasks of this plan may be assigned now: it runs, is not paused, and was not ended by a failure.
    pub(super) fn plan_assigns(&self, plan: PlanId) -> bool {
        let _ = plan;
        true
    }

    /// Nothing is assigned any more.
    pub(super) fn plans_shutting_down(&mut self) {}
}
