//! One at a time in each workspace: whoever makes one and whoever removes it wait for each other, by its name. So what was
//! found out about a workspace in a turn holds until the turn is over.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// Whose turn it is, by the workspaces' names.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: Mutex<BTreeSet<String>>,
    over: Condvar,
}

/// A turn; over when dropped.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    name: String,
}

impl Turns {
    /// Waits until nobody else is at this workspace.
    pub(super) fn take(&self, name: &str) -> Turn<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.over.wait_while(taken, |taken| taken.contains(name));
        waited.unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Turn { turns: self, name: name.to_owned() }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
        self.turns.over.notify_all();
    }
}
