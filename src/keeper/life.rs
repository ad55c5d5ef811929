//! Decides when a keeper acts by itself: after the loss of its supervisor, and when it has nothing more to do. The code
//! is pure: it is told what happens and when, and says what is due.
//!
//! ```text
//!  alone ──on_loss = kill──────────────────────────────────────▶ Kill
//!    │  └──on_loss = stop, or keep and its time limit has passed──▶ Stop ──stop_grace──▶ Kill
//!    └───▶ a supervisor comes: whatever was not begun is off
//!
//!  tree empty ──dismissed, or alone for RESULT_KEPT──▶ End
//! ```

use crate::wire::launch::OnLoss;
use std::time::{Duration, Instant};

/// The time after its birth at which a keeper that no supervisor ever spoke to counts as abandoned.
const FIRST_CONTACT: Duration = Duration::from_secs(10);

/// The time that an abandoned keeper waits for a supervisor to collect the result: one that is being replaced is back
/// by then. A later one finds the exit record and the transcript.
const RESULT_KEPT: Duration = Duration::from_secs(5);

/// An action that a keeper must do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Send the stop signal to the run.
    Stop,
    /// Kill the whole process tree.
    Kill,
    /// End the keeper, which has nothing more to do.
    End,
}

/// The deadlines of a keeper that acts by itself.
#[derive(Debug)]
pub(super) struct Life {
    on_loss: OnLoss,
    stop_grace: Duration,
    /// The time since which no supervisor is connected, and how long that may last before it counts as a loss.
    alone: Option<(Instant, Duration)>,
    has_met_somebody: bool,
    ending: Ending,
    dismissed: bool,
}

/// The progress of a run towards its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Running,
    /// The stop signal was sent; SIGKILL follows at this time.
    Stopping(Instant),
    /// SIGKILL was sent, and is repeated until the tree is empty.
    Killing,
    /// The tree has been empty since this time.
    Empty(Instant),
}

impl Life {
    pub(super) fn new(on_loss: OnLoss, stop_grace: Duration, now: Instant) -> Life {
        Life {
            on_loss,
            stop_grace,
            alone: Some((now, FIRST_CONTACT)),
            has_met_somebody: false,
            ending: Ending::Running,
            dismissed: false,
        }
    }

    /// Records that a supervisor said hello.
    pub(super) fn connected(&mut self) {
        self.alone = None;
        self.has_met_somebody = true;
    }

    /// Whether a supervisor has ever said hello.
    pub(super) fn has_met_somebody(&self) -> bool {
        self.has_met_somebody
    }

    /// Records that the supervisor's connection is gone.
    pub(super) fn lost(&mut self, now: Instant) {
        self.alone = Some((now, Duration::ZERO));
    }

    /// Records that a supervisor has collected the result.
    pub(super) fn dismiss(&mut self) {
        self.dismissed = true;
    }

    /// Records that the tree is empty.
    pub(super) fn emptied(&mut self, now: Instant) {
        self.ending = Ending::Empty(now);
    }

    /// Records that this process was asked to end: it stops the run first.
    pub(super) fn stop(&mut self, now: Instant) -> Option<Due> {
        (self.ending == Ending::Running).then(|| self.begin_stop(now))
    }

    /// The time at which to ask again what is due; none while only events matter.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match (self.ending, self.alone) {
            (Ending::Running, Some((since, borne))) => Some(since + self.keep().max(borne)),
            (Ending::Stopping(kill), _) => Some(kill),
            (Ending::Empty(since), _) if self.dismissed => Some(since),
            (Ending::Empty(since), Some((alone_since, _))) => Some(since.max(alone_since) + RESULT_KEPT),
            _ => None,
        }
    }

    /// Returns an action that is due now. It must be called until it returns none.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match self.ending {
            Ending::Running if self.on_loss == OnLoss::Kill => Some(self.begin_kill()),
            Ending::Running => Some(self.begin_stop(now)),
            Ending::Stopping(_) => Some(self.begin_kill()),
            Ending::Killing => None,
            Ending::Empty(_) => Some(Due::End),
        }
    }

    fn begin_stop(&mut self, now: Instant) -> Due {
        self.ending = Ending::Stopping(now + self.stop_grace);
        Due::Stop
    }

    fn begin_kill(&mut self) -> Due {
        self.ending = Ending::Killing;
        Due::Kill
    }

    /// Returns how long a run continues without a supervisor.
    fn keep(&self) -> Duration {
        match self.on_loss {
            OnLoss::Keep(keep) => keep,
            OnLoss::Stop | OnLoss::Kill => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(15);
    const SECOND: Duration = Duration::from_secs(1);

    fn life(on_loss: OnLoss) -> (Life, Instant) {
        let now = Instant::now();
        (Life::new(on_loss, GRACE, now), now)
    }

    #[test]
    fn nobody_ever_came() {
        let (mut life, born) = life(OnLoss::Kill);
        assert_eq!(life.due(born + FIRST_CONTACT - SECOND), None);
        assert_eq!(life.due(born + FIRST_CONTACT), Some(Due::Kill));
        assert_eq!((life.due(born + 9 * FIRST_CONTACT), life.deadline()), (None, None));
    }

    #[test]
    fn a_supervisor_that_returns_cancels_a_pending_keep() {
        let (mut life, now) = life(OnLoss::Keep(60 * SECOND));
        life.connected();
        assert_eq!(life.deadline(), None);
        life.lost(now);
        assert_eq!(life.due(now + 59 * SECOND), None);
        life.connected();
        assert_eq!(life.due(now + 600 * SECOND), None);
        life.lost(now + 600 * SECOND);
        assert_eq!(life.due(now + 660 * SECOND), Some(Due::Stop));
        life.connected();
        assert_eq!(life.due(now + 674 * SECOND), None);
        assert_eq!(life.due(now + 675 * SECOND), Some(Due::Kill));
    }

    #[test]
    fn a_loss_stops_at_once_and_kills_after_the_grace() {
        let (mut life, now) = life(OnLoss::Stop);
        life.connected();
        life.lost(now);
        assert_eq!(life.due(now), Some(Due::Stop));
        assert_eq!(life.due(now), None);
        assert_eq!(life.due(now + GRACE), Some(Due::Kill));
    }

    #[test]
    fn ends_when_dismissed_or_when_nobody_collects() {
        let (mut dismissed, now) = life(OnLoss::Stop);
        dismissed.connected();
        dismissed.dismiss();
        assert_eq!(dismissed.due(now), None);
        dismissed.emptied(now);
        assert_eq!(dismissed.due(now), Some(Due::End));

        let (mut forgotten, now) = life(OnLoss::Stop);
        forgotten.connected();
        forgotten.emptied(now);
        assert_eq!(forgotten.due(now + 3600 * SECOND), None);
        forgotten.lost(now + 3600 * SECOND);
        assert_eq!(forgotten.due(now + 3604 * SECOND), None);
        assert_eq!(forgotten.due(now + 3605 * SECOND), Some(Due::End));
    }

    #[test]
    fn keeping_for_ever_is_a_deadline_like_any_other() {
        let (mut life, now) = life(OnLoss::Keep(Duration::from_millis(u64::MAX)));
        assert!(life.deadline().is_some());
        assert_eq!(life.due(now + FIRST_CONTACT), None);
        assert_eq!(life.stop(now), Some(Due::Stop));
        assert_eq!(life.stop(now), None);
    }
}
