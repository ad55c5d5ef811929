//! Who the parties are: a run acts in the name of its agent, any other party in its own. Machines read this, and
//! nothing else of the agents.

use crate::ids::{AgentId, RunId};
use crate::party::Party;
use crate::view::{AgentView, Ending, Pause, State};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

/// The live runs and the agents of a fleet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parties<'a> {
    live: &'a BTreeMap<RunId, AgentId>,
    agents: &'a BTreeMap<AgentId, AgentView>,
}

impl<'a> Parties<'a> {
    /// Returns the parties among these live runs and agents.
    pub(crate) fn new(live: &'a BTreeMap<RunId, AgentId>, agents: &'a BTreeMap<AgentId, AgentView>) -> Parties<'a> {
        Parties { live, agents }
    }

    /// Returns the name of a party; none for a run that has ended.
    pub(crate) fn name_of(self, party: &Party) -> Option<String> {
        match party {
            Party::Run(run) => {
                let agent = self.live.get(run)?;
                self.agents.get(agent).map(|known| known.name.clone())
            }
            Party::Task(task) => Some(task.to_string()),
            Party::Outside(name) => Some(name.clone()),
        }
    }

    /// Returns the name of an agent that the fleet knows.
    pub(crate) fn agent_name(self, agent: AgentId) -> Option<&'a str> {
        self.agents.get(&agent).map(|known| known.name.as_str())
    }

    /// Returns every agent that the fleet knows, with its name.
    pub(crate) fn agents(self) -> impl Iterator<Item = (AgentId, &'a str)> {
        self.agents.iter().map(|(agent, known)| (*agent, known.name.as_str()))
    }

    /// Whether a run is alive.
    pub(crate) fn is_live(self, run: RunId) -> bool {
        self.live.contains_key(&run)
    }

    /// Returns the agent of a live run.
    pub(crate) fn agent_of(self, run: RunId) -> Option<AgentId> {
        self.live.get(&run).copied()
    }

    /// Returns the agent of a run, also if the run has just ended and is the newest of its agent.
    pub(crate) fn newest_agent_of(self, run: RunId) -> Option<AgentId> {
        let ended = || self.agents.iter().find(|(_, view)| view.run == Some(run)).map(|(agent, _)| *agent);
        self.agent_of(run).or_else(ended)
    }

    /// Whether an agent is paused, or is about to be.
    pub(crate) fn is_paused(self, agent: AgentId) -> bool {
        self.agents.get(&agent).is_some_and(|known| known.pause != Pause::Running)
    }

    /// Returns the state of an agent.
    pub(crate) fn state_of(self, agent: AgentId) -> Option<&'a State> {
        self.agents.get(&agent).map(|known| &known.state)
    }

    /// Returns how the newest of an agent's ended runs ended.
    pub(crate) fn last_end_of(self, agent: AgentId) -> Option<&'a Ending> {
        self.agents.get(&agent)?.last.as_ref()
    }

    /// Returns the live run of an agent.
    pub(crate) fn live_run_of(self, agent: AgentId) -> Option<RunId> {
        self.agents.get(&agent)?.run.filter(|run| self.live.contains_key(run))
    }

    /// Returns the agent and the run of a party; no agent for a run that has ended, and none for a party that is not a
    /// run.
    pub(crate) fn agent_and_run(self, party: &Party) -> (Option<AgentId>, Option<RunId>) {
        match party {
            Party::Run(run) => (self.live.get(run).copied(), Some(*run)),
            Party::Task(_) | Party::Outside(_) => (None, None),
        }
    }

    /// Whether a party can still act: a run must be alive.
    pub(crate) fn is_there(self, party: &Party) -> bool {
        match party {
            Party::Run(run) => self.live.contains_key(run),
            Party::Task(_) | Party::Outside(_) => true,
        }
    }
}
