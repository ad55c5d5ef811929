//! The crew: what tasks may know of the agents. That is who has which name and which capabilities, and whose program its
//! provider does not let work. Nothing of an agent can be changed here.

use crate::agent::Agent;
use crate::barred::Barred;
use crate::ids::{AgentId, RunId};
use crate::policy::AgentPolicy;
use crate::view::{AgentView, Config};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// The agents of a fleet, with their names and capabilities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crew<'a> {
    agents: &'a BTreeMap<AgentId, Agent>,
    names: &'a BTreeMap<String, AgentId>,
    views: &'a BTreeMap<AgentId, AgentView>,
}

impl<'a> Crew<'a> {
    /// Returns the crew of these agents.
    pub(crate) fn new(
        agents: &'a BTreeMap<AgentId, Agent>,
        names: &'a BTreeMap<String, AgentId>,
        views: &'a BTreeMap<AgentId, AgentView>,
    ) -> Crew<'a> {
        Crew { agents, names, views }
    }

    /// Returns the agent with this name.
    pub(crate) fn find(self, name: &str) -> Option<AgentId> {
        self.names.get(name).copied()
    }

    /// Returns the policy with which an agent's live run was started, or its next run will be; none for an agent that
    /// the fleet has forgotten.
    pub(crate) fn policy(self, agent: AgentId) -> Option<&'a AgentPolicy> {
        self.agents.get(&agent).map(|known| &known.policy)
    }

    /// Returns the live run of an agent whose program is barred, its line of output that tells why, and the reason.
    pub(crate) fn barred(self, agent: AgentId) -> Option<(RunId, Option<String>, Barred)> {
        let run = self.agents.get(&agent)?.run.as_ref()?;
        run.barred().map(|barred| (run.id(), run.last_line(), barred))
    }

    /// Whether some agent of the fleet has all of these capabilities.
    pub(crate) fn someone_is_able(self, needed: &[String]) -> bool {
        self.agents.keys().any(|agent| self.is_able(*agent, needed))
    }

    /// Whether this agent has all of these capabilities, and the configuration still names it.
    pub(crate) fn is_able(self, agent: AgentId, needed: &[String]) -> bool {
        let stays = self.views.get(&agent).is_some_and(|agent| agent.config != Config::Removed);
        stays && self.agents.get(&agent).is_some_and(|agent| agent.can(needed))
    }

    /// Returns the capabilities that this agent does not have.
    pub(crate) fn missing(self, agent: AgentId, needed: &[String]) -> Vec<String> {
        let can = self.policy(agent).map(|policy| policy.capabilities.as_slice()).unwrap_or_default();
        needed.iter().filter(|capability| !can.contains(capability)).cloned().collect()
    }

    /// Returns the capabilities that no agent has.
    pub(crate) fn missing_everywhere(self, needed: &[String]) -> Vec<String> {
        let nobody =
            |capability: &&String| !self.agents.values().any(|agent| agent.policy.capabilities.contains(capability));
        needed.iter().filter(nobody).cloned().collect()
    }
}
