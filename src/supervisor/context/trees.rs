//! The directories in which agents work, and what is known of the work in them.

use super::guard::lock;
use crate::supervisor::asked::Asked;
use crate::supervisor::work::known::Works;
use crate::workspace::{Prepared, Workspaces};
use quarterdeck_core::ids::RunId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The workspaces of agents and tasks.
pub(in crate::supervisor) struct Trees {
    pub(in crate::supervisor) workspaces: Arc<Workspaces>,
    pub(in crate::supervisor) prepared: PreparedRuns,
    /// The agents' uncommitted work and their commits.
    pub(in crate::supervisor) works: Works,
    /// The files that the commit guard was asked about recently.
    pub(in crate::supervisor) asked: Asked,
}

/// Workspaces that were made for runs that are about to be launched.
#[derive(Default)]
pub(in crate::supervisor) struct PreparedRuns {
    by_run: Mutex<HashMap<RunId, Prepared>>,
}

impl PreparedRuns {
    /// Stores the workspace that was made for a run.
    pub(in crate::supervisor) fn put(&self, run: RunId, prepared: Prepared) {
        lock(&self.by_run).insert(run, prepared);
    }

    /// Removes and returns the workspace of a run that is launched now; none if an earlier supervisor made it.
    pub(in crate::supervisor) fn take(&self, run: RunId) -> Option<Prepared> {
        lock(&self.by_run).remove(&run)
    }
}
