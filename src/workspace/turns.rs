//! Serialises the work on each workspace: threads that make it and threads that remove it wait for each other, by its
//! name. So the results of a check of a workspace hold until the turn has ended.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// The names of the workspaces on which a thread is working.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: Mutex<BTreeSet<String>>,
    over: Condvar,
}

/// The right of one thread to work on one workspace; it ends when this is dropped.
pub(super) struct Turn<'t> {
    turns: &'t Turns,
    name: String,
}

impl Turns {
    /// Waits until no other thread works on this workspace, and takes the turn.
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
