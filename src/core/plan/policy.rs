//! What the configuration says of the plans.

use serde::{Deserialize, Serialize};

/// What the configuration says of the plans.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanPolicy {
    /// Tasks of one plan, lists that are written down counted in full.
    pub tasks_max: u32,
    /// Edges of one plan, counted in the same way.
    pub edges_max: u32,
    /// Tasks one after the other.
    pub depth_max: u32,
    /// Items of one list.
    pub items_max: u32,
    /// Plans that have not come to their end, at one time.
    pub running_max: u32,
    /// Plans that are kept after their end.
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
