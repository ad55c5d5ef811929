//! The stored state of one agent, as far as the view does not contain it.

use crate::policy::AgentPolicy;
use crate::restart::Restarts;
use crate::run::Run;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The part of an agent's state that the view does not contain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// The policy with which the live run was started, or with which the next run will be.
    pub(crate) policy: AgentPolicy,
    /// The policy that the file contains now, if it differs from the one in use.
    pub(crate) pending: Option<Box<AgentPolicy>>,
    /// The live run of the agent.
    pub(crate) run: Option<Run>,
    /// The restarts of the agent so far.
    pub(crate) restarts: Restarts,
    /// The total time that the ended runs were frozen. The restart window does not count this time.
    pub(crate) paused: Span,
    /// Whether runs begin for the agent's tasks, if tasks start its runs.
    pub(crate) takes: Takes,
}

/// Whether runs begin for the tasks of a one-shot agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Takes {
    /// Runs begin for the agent's tasks.
    #[default]
    Tasks,
    /// No run begins, because a person stopped the newest run. This lasts until a person starts the agent again.
    Nothing,
}

impl Agent {
    /// Returns an agent with this policy that never ran.
    pub(crate) fn new(policy: AgentPolicy) -> Agent {
        Agent { policy, pending: None, run: None, restarts: Restarts::default(), paused: Span(0), takes: Takes::Tasks }
    }

    /// Applies a newer policy. The agent must have no live run.
    pub(crate) fn apply(&mut self, policy: AgentPolicy) {
        self.restarts.fit(policy.restart.budget);
        self.policy = policy;
    }

    /// Whether the agent has all of these capabilities.
    pub(crate) fn can(&self, needed: &[String]) -> bool {
        needed.iter().all(|capability| self.policy.capabilities.contains(capability))
    }
}
