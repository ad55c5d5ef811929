//! Wires the synchronisation of scopes into the fleet.

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::event::Armed;
use crate::sync::{SyncCommand, SyncTimer};

impl Step<'_> {
    /// What a client asks of the synchronisation of scopes.
    pub(super) fn sync_command(&mut self, command: SyncCommand) -> Result<Answer, Denied> {
        match command {}
    }

    /// A timer of the synchronisation of scopes came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn sync_timer(&mut self, timer: SyncTimer) {
        match timer {}
    }
}

impl Fleet {
    /// The timers that the shell must have armed for it.
    pub(super) fn sync_armed(&self) -> impl Iterator<Item = Armed> {
        core::iter::empty()
    }
}
