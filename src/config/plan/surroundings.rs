//! The context in which a plan is checked: its source, the fleet's agents and the limits.

use crate::config::AgentConfig;
use quarterdeck_core::plan::PlanPolicy;
use std::ops::Range;

/// The source, the fleet's agents and the limits that the checks of a plan need.
pub(super) struct Surroundings<'a> {
    pub(super) source: &'a str,
    pub(super) agents: &'a [AgentConfig],
    pub(super) policy: &'a PlanPolicy,
    /// The place of the plan as a whole in the file.
    pub(super) head: Range<usize>,
}
