//! Removes obstacles to the ending of a run, in the run's task.

use super::Task;
use crate::process;
use crate::supervisor::run::ending::is_stopped;
use crate::supervisor::run::handle::Order;
use crate::supervisor::run::link::LinkError;
use crate::wire::record::KeeperRecord;
use tokio::time::Instant;

impl Task {
    /// Prepares for an order that is about to be sent to the keeper, which must be able to receive it.
    pub(in crate::supervisor::run) fn begin(&mut self, order: &Order) {
        let now = Instant::now();
        self.patience.ordered(order);
        self.ending.ordered(order, now);
        self.wake_keeper(now);
    }

    /// Checks for obstacles to the ending, if a check is due. Returns why the connection must be made again, if it
    /// must.
    pub(in crate::supervisor::run) fn look_at_ending(&mut self) -> Option<LinkError> {
        let now = Instant::now();
        if !self.ending.looks(now) {
            return None;
        }
        self.wake_keeper(now);
        self.backlog().filter(|_| self.ending.is_ordered).map(|newest| LinkError::LeftBehind { newest })
    }

    fn wake_keeper(&self, now: Instant) {
        let Ok(Some(record)) = KeeperRecord::read(&self.outset.directory) else { return };
        if let Some(keeper) = record.identity.seen().filter(is_stopped) {
            let signal = self.ending.signal(now);
            let sent = process::signal(&keeper, signal);
            tracing::warn!(run = %self.outset.run, signal, ?sent, "the keeper is stopped");
        }
    }
}
