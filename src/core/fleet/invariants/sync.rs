//! The invariants of synchronisation.

use crate::fleet::Fleet;
use crate::sync::Standing;

impl Fleet {
    /// Checks invariant 11, and invariant 10 as far as it concerns synchronisation. Returns the first scope that
    /// violates it.
    pub(super) fn check_sync(&self) -> Result<(), &str> {
        let (table, parties) = (&self.view.sync, self.parties());
        let place = table.syncing() < self.policy.coordination.sync.syncing_max as usize;
        for (name, scope) in table.scopes() {
            let needs_done = table.waits_for(scope).next().is_none();
            let holds = match &scope.standing {
                Standing::Idle | Standing::Failed { .. } => true,
                Standing::Completed { .. } => needs_done,
                Standing::Syncing { by } => needs_done && parties.is_there(&by.party),
                Standing::Queued { by, .. } => !(needs_done && place) && parties.is_there(&by.party),
            };
            if !holds {
                return Err(name);
            }
        }
        Ok(())
    }
}
