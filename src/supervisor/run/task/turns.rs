//! Gives turns to type into a run's terminal.

use super::Task;
use crate::supervisor::run::handle::Answer;
use quarterdeck_core::delivery::Leftover;
use tokio::time::Instant;

impl Task {
    /// Adds a request for a turn to type.
    pub(in crate::supervisor::run) fn wait_for_turn(&mut self, reply: Answer<()>) {
        let waiting = self.bytes_waiting();
        self.patience.wait(reply, waiting);
    }

    /// Returns when a turn may be given, if nothing else happens before.
    pub(in crate::supervisor::run) fn turn_due(&mut self, now: Instant) -> Option<Instant> {
        let wrote_at = self.courier.wrote_at();
        let due = self.patience.due(self.screen.verdict(now), wrote_at, now)?;
        let typing = self.typist.next_due().is_some() || self.courier.next_due(now).is_some();
        (!typing && self.courier.leftover(&mut self.screen) == Leftover::Nothing).then_some(due)
    }

    /// Gives a turn to the first request that waits, if it is due.
    pub(in crate::supervisor::run) fn give_turn(&mut self, now: Instant) {
        self.patience.saw(self.screen.verdict(now), self.courier.wrote_at(), now);
        self.patience.forget_the_gone();
        if self.turn_due(now).is_some_and(|due| due <= now)
            && let Some(reply) = self.patience.waiting.pop_front()
        {
            self.patience.given_at = Some(now);
            let _gone = reply.send(Ok(()));
        }
    }
}
