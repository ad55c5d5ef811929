//! `[plans]`: the limits that hold for every plan.

use quarterdeck_core::plan::PlanPolicy;
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroU32;

/// `[plans]`: limits that hold for every plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PlansTable {
    /// The most tasks of one plan. Default: 10000.
    tasks_max: Option<NonZeroU32>,
    /// The most needs of one plan, all tasks together. Default: 100000.
    edges_max: Option<NonZeroU32>,
    /// The longest chain of tasks of which each needs the one before it. Default: 1000.
    depth_max: Option<NonZeroU32>,
    /// The most items of one list, written in the plan or given by a task's result. Default: 1000.
    items_max: Option<NonZeroU32>,
    /// The most plans that run at one time. Default: 20.
    running_max: Option<NonZeroU32>,
    /// The most plans that are kept after their end. Default: 50.
    kept_max: Option<NonZeroU32>,
}

impl PlansTable {
    /// The limits of plans from which the core decides.
    pub(super) fn policy(&self) -> PlanPolicy {
        let default = PlanPolicy::default();
        let or = |given: Option<NonZeroU32>, default: u32| given.map_or(default, NonZeroU32::get);
        PlanPolicy {
            tasks_max: or(self.tasks_max, default.tasks_max),
            edges_max: or(self.edges_max, default.edges_max),
            depth_max: or(self.depth_max, default.depth_max),
            items_max: or(self.items_max, default.items_max),
            running_max: or(self.running_max, default.running_max),
            kept_max: or(self.kept_max, default.kept_max),
        }
    }
}
