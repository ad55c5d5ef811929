//! The core's timers, as one queue in the loop that calls it. At most one timer is armed for each id.

use quarterdeck_core::event::TimerId;
use quarterdeck_core::time::Span;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// The armed timers, ordered by the instant at which they are due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeSet<(Instant, TimerId)>,
    due: HashMap<TimerId, Instant>,
}

impl Timers {
    /// Arms a timer, or moves it if it is armed already.
    pub(super) fn arm(&mut self, timer: TimerId, span: Span) {
        self.disarm(timer);
        let due = Instant::now() + Duration::from_millis(span.0);
        self.due.insert(timer, due);
        self.queue.insert((due, timer));
    }

    /// Disarms a timer; does nothing if it is not armed.
    pub(super) fn disarm(&mut self, timer: TimerId) {
        if let Some(due) = self.due.remove(&timer) {
            self.queue.remove(&(due, timer));
        }
    }

    /// Waits for the next timer that is due and removes it; waits forever if none is armed.
    pub(super) async fn fired(&mut self) -> TimerId {
        let Some(&(due, timer)) = self.queue.first() else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(due).await;
        self.disarm(timer);
        timer
    }
}

#[cfg(test)]
mod tests {
    //! Tests with tokio's paused clock, so that no test waits.
    use super::*;
    use quarterdeck_core::ids::RunId;

    const FIRST: TimerId = TimerId::StopGrace(RunId(1));
    const SECOND: TimerId = TimerId::Readiness(RunId(2));

    #[tokio::test(start_paused = true)]
    async fn timers_fire_in_the_order_they_come_due() {
        let mut timers = Timers::default();
        timers.arm(FIRST, Span(50));
        timers.arm(SECOND, Span(20));
        assert_eq!(timers.fired().await, SECOND);
        assert_eq!(timers.fired().await, FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn arming_again_moves_and_disarming_forgets() {
        let mut timers = Timers::default();
        timers.arm(FIRST, Span(10));
        timers.arm(SECOND, Span(20));
        timers.arm(FIRST, Span(30));
        assert_eq!(timers.fired().await, SECOND);
        timers.disarm(FIRST);
        let silence = tokio::time::timeout(Duration::from_secs(3600), timers.fired()).await;
        assert!(silence.is_err());
    }
}
