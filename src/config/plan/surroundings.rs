//! What the places, agents and limits of a plan are looked up in.

use crate::config::AgentConfig;
use quarterdeck_core::plan::PlanPolicy;
use std::ops::Range;

/// What a plan's places, agents and limits are looked up in.
pub(super) struct Surroundings<'a> {
    pub(super) source: &'a str,
    pub(super) agents: &'a [AgentConfig],
    pub(super) policy: &'a PlanPolicy,
    /// Where the plan as a whole is.
    pub(super) head: Range<usize>,
}
