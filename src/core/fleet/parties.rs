//! The parties of the fleet, as its machines see them.

use super::Fleet;
use crate::crew::Crew;
use crate::parties::Parties;

impl Fleet {
    /// Returns the parties of the fleet.
    pub(super) fn parties(&self) -> Parties<'_> {
        Parties::new(&self.live, &self.view.agents)
    }

    /// Returns the agents, as tasks see them.
    pub(super) fn crew(&self) -> Crew<'_> {
        Crew::new(&self.agents, &self.names, &self.view.agents)
    }
}
