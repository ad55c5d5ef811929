//! The whole configuration of a fleet, as the rest of the program uses it: complete, checked, one entry per agent.

use super::agent::AgentConfig;
use super::coordination::CoordinationSettings;
use super::fleet::FleetSettings;
use super::tasks::TaskSettings;
use quarterdeck_core::plan::{PlanPolicy, PlanSpec};
use quarterdeck_core::policy::{CoordinationPolicy, FleetPolicy, SafetyPolicy};
use std::path::PathBuf;

/// The whole configuration of a fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetConfig {
    /// Absolute path of the configuration file.
    pub path: PathBuf,
    /// The directory of the configuration file; every relative path of the fleet is below it.
    pub root: PathBuf,
    /// The settings of the fleet as a whole.
    pub fleet: FleetSettings,
    /// The settings for locks, messages and shared state between agents.
    pub coordination: CoordinationSettings,
    /// The settings that hold for all tasks.
    pub tasks: TaskSettings,
    /// The limits that hold for every plan.
    pub plans: PlanPolicy,
    /// The checks by which the supervisor notices that something is wrong with the fleet itself.
    pub safety: SafetyPolicy,
    /// The plan that the file itself holds in `[plan]`.
    pub plan: Option<PlanSpec>,
    /// The agents in the file's order, groups expanded.
    pub agents: Vec<AgentConfig>,
}

impl FleetConfig {
    /// The policy from which the core decides the fleet's limits.
    pub fn policy(&self) -> FleetPolicy {
        FleetPolicy {
            max_concurrent: self.fleet.max_concurrent,
            agents_max: self.fleet.agents_max,
            coordination: CoordinationPolicy {
                plans: self.plans.clone(),
                tasks: self.tasks.policy.clone(),
                ..self.coordination.policy()
            },
            safety: self.safety,
        }
    }

    /// Returns the agent that has this name, if there is one.
    pub fn agent(&self, name: &str) -> Option<&AgentConfig> {
        self.agents.iter().find(|agent| agent.name == name)
    }
}
