//! The parties of the fleet, as its machines see them.

use super::{Fleet, Step};
use crate::fact::FactKind;
use crate::parties::Parties;
use crate::party::Party;

impl Fleet {
    /// Returns the parties of the fleet.
    pub(super) fn parties(&self) -> Parties<'_> {
        Parties::new(&self.live, &self.view.agents)
    }
}

impl Step<'_> {
    /// Records a fact as an action of this party.
    pub(super) fn record_by(&mut self, party: &Party, kind: FactKind) {
        let (agent, run) = self.fleet.parties().agent_and_run(party);
        self.record(agent, run, kind);
    }
}
