//! The parties of the fleet, as its machines see them.

use super::{Fleet, Step};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::parties::Parties;
use crate::party::Party;
use alloc::string::String;

impl Fleet {
    /// Returns the parties of the fleet.
    pub(super) fn parties(&self) -> Parties<'_> {
        Parties::new(&self.live, &self.view.agents)
    }

    /// Returns the name of a party; none for a run that has ended.
    pub(super) fn party_name(&self, party: &Party) -> Option<String> {
        self.parties().name_of(party)
    }

    /// Returns the agent and the run of a party; none for a party that is not a run, or for a run that has ended.
    pub(super) fn run_of_party(&self, party: &Party) -> (Option<AgentId>, Option<RunId>) {
        self.parties().agent_and_run(party)
    }
}

impl Step<'_> {
    /// Records a fact as an action of this party.
    pub(super) fn record_by(&mut self, party: &Party, kind: FactKind) {
        let (agent, run) = self.fleet.run_of_party(party);
        self.record(agent, run, kind);
    }
}
