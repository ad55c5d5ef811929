//! Wires the shared state into the fleet.

use super::Step;
use crate::command::{Answer, Denied};
use crate::shared::{SharedCommand, SharedTimer};

impl Step<'_> {
    /// What a client asks of the shared state.
    pub(super) fn shared_command(&mut self, command: SharedCommand) -> Result<Answer, Denied> {
        match command {}
    }

    /// A timer of the shared state came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn shared_timer(&mut self, timer: SharedTimer) {
        match timer {}
    }
}
