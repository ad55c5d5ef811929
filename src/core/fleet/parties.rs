//! Who acts, as the fleet knows it: a run by its agent's name, anyone else by their own.

use super::{Fleet, Step};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::party::Party;
use alloc::string::{String, ToString};

impl Fleet {
    /// The name of whoever acts; none when it is a run that has ended.
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

    /// The agent and the run that a party is; none for those that are no run, or a run that has ended.
    pub(super) fn run_of_party(&self, party: &Party) -> (Option<AgentId>, Option<RunId>) {
        match party {
            Party::Run(run) => (self.live.get(run).copied(), Some(*run)),
            Party::Task(_) | Party::Outside(_) => (None, None),
        }
    }
}

impl Step<'_> {
    /// Records a fact as this party's doing.
    pub(super) fn record_by(&mut self, party: &Party, kind: FactKind) {
        let (agent, run) = self.fleet.run_of_party(party);
        self.record(agent, run, kind);
    }
}
