//! The configuration of the plans.

use serde::{Deserialize, Serialize};

/// The configuration of the plans.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanPolicy {
    /// The most tasks of one plan, with written lists counted in full.
    pub tasks_max: u32,
    /// The most edges of one plan, with written lists counted in full.
    pub edges_max: u32,
    /// The most tasks in a chain of dependencies.
    pub depth_max: u32,
    /// The most items of one list.
    pub items_max: u32,
    /// The most plans that have not ended at the same time.
    pub running_max: u32,
    /// The most plans that are kept after their end.
    pub kept_max: u32,
}

impl Default for PlanPolicy {
    fn default() -> Self {
        PlanPolicy {
            tasks_max: 10_000,
            edges_max: 100_000,
            depth_max: 1_000,
            items_max: 1_000,
            running_max: 20,
            kept_max: 50,
        }
    }
}
