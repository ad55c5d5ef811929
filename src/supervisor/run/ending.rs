//! Removes obstacles to the ending of a run. From the order to end until the run's processes are gone, it checks every
//! [`LOOK_INTERVAL`] for two of them: a backlog of output ([`super::behind`]), and a keeper that is stopped (SIGSTOP, a
//! debugger).
//!
//! A stopped keeper receives nothing. It is continued with each order, and with each check: while a run is being ended,
//! and while its keeper has not answered the first hello. A keeper that is stopped again and again, or that a debugger
//! holds, is itself killed when the order to kill its tree is [`KEEPER_LIMIT`] old. Then its agent dies with it, and
//! remaining processes are found by their mark and killed.

use super::handle::Order;
use super::outset::Adopted;
use crate::process::{ProcessStat, ProcessState};
use std::time::Duration;
use tokio::time::Instant;

/// The pause between two checks of a run that is being ended.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a keeper that we launched may stay stopped after our first hello. Beyond it, it is killed.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// How long a keeper may stay stopped after the order to kill its tree. Beyond it, it is killed.
const KEEPER_LIMIT: Duration = Duration::from_secs(2);

/// The state of a run's ending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    look_at: Option<Instant>,
    /// When a stopped keeper is killed instead of continued.
    kill_at: Option<Instant>,
    /// Whether the run is being ended; if not, its keeper has not answered the first hello yet.
    pub(super) is_ordered: bool,
}

impl Ending {
    /// Records that hello was sent to the keeper. A keeper that was just launched and never answers is useless: until
    /// it reports that its program runs, no order to end it is given at all.
    pub(super) fn greeted(&mut self, adopted: Adopted, now: Instant) {
        self.look_at.get_or_insert(now + LOOK_INTERVAL);
        if adopted == Adopted::No {
            self.kill_at.get_or_insert(now + HELLO_LIMIT);
        }
    }

    /// Records that the keeper has answered.
    pub(super) fn welcomed(&mut self) {
        if !self.is_ordered {
            *self = Ending::default();
        }
    }

    /// Records that an order was given: some orders begin the ending of a run.
    pub(super) fn ordered(&mut self, order: &Order, now: Instant) {
        if matches!(order, Order::StopKeys(_) | Order::Signal(_) | Order::KillTree) {
            self.look_at.get_or_insert(now + LOOK_INTERVAL);
            self.is_ordered = true;
        }
        if *order == Order::KillTree {
            let limit = now + KEEPER_LIMIT;
            self.kill_at = Some(self.kill_at.map_or(limit, |at| at.min(limit)));
        }
    }

    /// Whether a check is due now; if so, the next one is scheduled.
    pub(super) fn looks(&mut self, now: Instant) -> bool {
        let looks = self.look_at.is_some_and(|at| at <= now);
        if looks {
            self.look_at = Some(now + LOOK_INTERVAL);
        }
        looks
    }

    /// Returns when the next check is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.look_at
    }

    /// Returns the signal for a stopped keeper: to continue it, or to kill it.
    pub(super) fn signal(&self, now: Instant) -> i32 {
        if self.kill_at.is_some_and(|at| at <= now) { libc::SIGKILL } else { libc::SIGCONT }
    }
}

pub(super) fn is_stopped(process: &ProcessStat) -> bool {
    process.state == ProcessState::Stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_looked_at_from_its_first_order_on() {
        let now = Instant::now();
        let mut ending = Ending::default();
        ending.ordered(&Order::Freeze, now);
        assert!(ending.due().is_none() && !ending.looks(now));
        ending.ordered(&Order::Signal(15), now);
        ending.ordered(&Order::Signal(15), now + LOOK_INTERVAL / 2);
        assert_eq!(ending.due(), Some(now + LOOK_INTERVAL), "the first order counts");
        assert!(!ending.looks(now) && ending.looks(now + LOOK_INTERVAL));
        assert_eq!(ending.due(), Some(now + 2 * LOOK_INTERVAL));
    }

    #[test]
    fn a_stopped_keeper_is_continued_and_killed_only_when_it_lets_nothing_be_killed() {
        let now = Instant::now();
        let mut ending = Ending::default();
        ending.ordered(&Order::Signal(15), now);
        assert_eq!(ending.signal(now + 10 * KEEPER_LIMIT), libc::SIGCONT);
        ending.ordered(&Order::KillTree, now);
        assert_eq!(ending.signal(now), libc::SIGCONT);
        assert_eq!(ending.signal(now + KEEPER_LIMIT), libc::SIGKILL);
    }

    #[test]
    fn a_keeper_that_answers_is_left_alone_unless_it_is_being_ended() {
        let now = Instant::now();
        let mut launched = Ending::default();
        launched.greeted(Adopted::No, now);
        assert!(launched.due().is_some());
        assert_eq!(launched.signal(now + HELLO_LIMIT), libc::SIGKILL);
        launched.welcomed();
        assert_eq!(launched, Ending::default());
        let mut found = Ending::default();
        found.greeted(Adopted::Yes, now);
        assert_eq!(found.signal(now + HELLO_LIMIT), libc::SIGCONT, "a debugger may look at it");
        found.ordered(&Order::Signal(15), now);
        found.welcomed();
        assert!(found.due().is_some());
    }
}
