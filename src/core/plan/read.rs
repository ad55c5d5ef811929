//! What tasks ask of the plans: whether a plan's tasks may go to agents, and whether its ended tasks are still needed.

use super::{Plan, PlanBoard, PlanState};
use crate::ids::PlanId;
use crate::time::Time;

impl PlanBoard {
    /// Whether tasks of this plan may be assigned now: it runs and is not paused. The tasks that a failure ended are
    /// cancelled already.
    pub(crate) fn assigns(&self, plan: PlanId) -> bool {
        let plan = self.get(plan);
        plan.is_some_and(|plan| plan.state == PlanState::Running && plan.paused.is_none() && !plan.must_stop())
    }

    /// Whether a plan has ended, or is no longer known.
    pub(crate) fn is_over(&self, plan: PlanId) -> bool {
        self.get(plan).is_none_or(|plan| plan.state.is_over())
    }

    /// Whether the ended tasks of a plan are kept: it is still running, or no other plan was started since it ended. So
    /// a client that waited for its end can read the outcome of each task.
    pub(crate) fn keeps_tasks(&self, plan: PlanId) -> bool {
        self.get(plan).is_some_and(|plan| self.keeps_tasks_of(plan))
    }

    fn keeps_tasks_of(&self, plan: &Plan) -> bool {
        let newest = self.iter().next_back().map(|(_, newest)| newest.begun);
        plan.ended.is_none_or(|ended| newest.is_none_or(|begun| begun <= ended))
    }

    /// Returns how many ended tasks are kept for the sake of their plans.
    pub(crate) fn ended_tasks_kept(&self) -> usize {
        let kept = self.iter().filter(|(_, plan)| self.keeps_tasks_of(plan));
        kept.map(|(_, plan)| (plan.counts.tasks - plan.counts.open()) as usize).sum()
    }

    /// Returns when the last of the plans ended whose tasks are kept.
    pub(crate) fn newest_end_of_those_kept(&self) -> Option<Time> {
        self.iter().filter(|(_, plan)| self.keeps_tasks_of(plan)).filter_map(|(_, plan)| plan.ended).max()
    }
}
