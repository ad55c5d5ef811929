//! The names of parties: a run has the name of its agent, any other party its own name.

use super::{Fleet, Step};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::party::Party;
use alloc::string::{String, ToString};

impl Fleet {
    /// Returns the name of a party; none for a run that has ended.
    pub(super) fn party_name(&self, party: &Party) -> Option<String> {
        match party {
            Party::Run(run) => {
                let agent = self.live.get(run)?;
                self.view.agents.get(agent).map(|known| known.name.clone())
            }
            Party::Task(task) => Some(task.to_string()),
            Party::Outside(name) => Some(name.clone()),
        }
    }

    /// Returns the agent and the run of a party; none for a party that is not a run, or for a run that has ended.
    pub(super) fn run_of_party(&self, party: &Party) -> (Option<AgentId>, Option<RunId>) {
        match party {
            Party::Run(run) => (self.live.get(run).copied(), Some(*run)),
            Party::Task(_) | Party::Outside(_) => (None, None),
        }
    }
}

impl Step<'_> {
    /// Records a fact as an action of this party.
    pub(super) fn record_by(&mut self, party: &Party, kind: FactKind) {
        let (agent, run) = self.fleet.run_of_party(party);
        self.record(agent, run, kind);
    }
}
