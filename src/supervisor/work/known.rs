//! Keeps what is known of the agents' work, and decides when the work is examined again.

use crate::api::work::Work;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::time::Time;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

/// The most examinations at a time, over all agents: each runs a git command that reads a whole worktree. Beyond it, an
/// examination waits.
const LOOKS_MAX: usize = 2;

/// The shortest time from one examination of an agent to the next.
pub(super) const INTERVAL: Duration = Duration::from_secs(2);

/// The factor for agents whose examination takes long: the interval is at least so many times the last duration.
pub(super) const INTERVAL_LOOKS: u32 = 20;

/// How long to wait after a change before agents are checked, because changes come in bursts.
pub(super) const BURST: Duration = Duration::from_millis(100);

/// The known work of all agents.
pub(in crate::supervisor) struct Works {
    agents: Mutex<HashMap<AgentId, Entry>>,
    /// Wakes the watch when somebody asks.
    pub(super) asked: Notify,
    /// Wakes those who wait for an examination.
    pub(super) looked: watch::Sender<()>,
    pub(super) places: Semaphore,
}

impl Default for Works {
    fn default() -> Works {
        Works {
            agents: Mutex::default(),
            asked: Notify::new(),
            looked: watch::Sender::new(()),
            places: Semaphore::new(LOOKS_MAX),
        }
    }
}

impl Works {
    /// Returns the known work of an agent; none if it has no worktree of its own, or none yet.
    pub(in crate::supervisor) fn of(&self, agent: AgentId) -> Option<Work> {
        self.lock().get(&agent).and_then(|entry| entry.work.clone())
    }

    /// Returns why the last examination of an agent's work failed; none if it did not.
    pub(in crate::supervisor) fn failure_of(&self, agent: AgentId) -> Option<String> {
        self.lock().get(&agent).and_then(|entry| entry.failed.clone())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<AgentId, Entry>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The known work of one agent.
#[derive(Clone, Debug, Default)]
pub(in crate::supervisor) struct Entry {
    pub(super) work: Option<Work>,
    /// Why the last examination failed, if it did.
    pub(super) failed: Option<String>,
    /// When the last completed examination began, and how long it took.
    pub(super) began: Option<Instant>,
    pub(super) took: Duration,
    pub(super) looking: bool,
    pub(super) due: Option<Instant>,
    pub(super) phase: Option<Phase>,
}

impl Entry {
    /// Returns the shortest time from one examination to the next.
    fn interval(&self) -> Duration {
        INTERVAL.max(self.took * INTERVAL_LOOKS)
    }

    /// Schedules an examination for the earliest time that is allowed.
    pub(super) fn want(&mut self, now: Instant) {
        let earliest = self.began.map_or(now, |began| began + self.interval()).max(now);
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
    }

    /// Updates the agent's activity. A turn or a run that has ended may have changed files.
    pub(super) fn sees(&mut self, phase: Phase, has_worktree: bool, now: Instant) {
        let wants = match self.phase.replace(phase) {
            None => has_worktree,
            Some(before) => {
                let turned_quiet = phase.is_quiet && (!before.is_quiet || before.since != phase.since);
                turned_quiet || before.is_live && (!phase.is_live || before.run != phase.run)
            }
        };
        if wants {
            self.want(now);
        }
    }

    /// Begins an examination, if one is due. Returns whether it begins.
    pub(super) fn begins(&mut self, now: Instant) -> bool {
        let begins = !self.looking && self.due.is_some_and(|due| due <= now);
        if begins {
            (self.looking, self.due) = (true, None);
        }
        begins
    }
}

/// The activity of an agent when the watch last checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Phase {
    pub(super) run: Option<RunId>,
    pub(super) is_live: bool,
    pub(super) is_quiet: bool,
    /// Since when its program's verdict is unchanged: a turn may be over before its beginning was seen.
    pub(super) since: Option<Time>,
}

/// How new the data about agents' work must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Freshness {
    /// The newest data that is available at little cost.
    Recent,
    /// The current state, unless that takes longer than people wait for an answer.
    Soon,
    /// The current state, even if that takes seconds.
    Now,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: Phase = Phase { run: Some(RunId(1)), is_live: true, is_quiet: false, since: Some(Time(1)) };
    const IDLES: Phase = Phase { is_quiet: true, since: Some(Time(2)), ..WORKS };
    const ENDED: Phase = Phase { is_live: false, since: None, ..IDLES };

    #[test]
    fn it_is_looked_at_when_a_turn_or_a_run_has_ended_and_only_then() {
        let now = Instant::now();
        let due_after = |phases: &[Phase]| {
            let mut entry = Entry::default();
            for phase in phases {
                entry.due = None;
                entry.sees(*phase, false, now);
            }
            entry.due.is_some()
        };
        let again = Phase { run: Some(RunId(2)), ..WORKS };
        let idles_again = Phase { since: Some(Time(3)), ..IDLES };
        for (phases, due) in [
            (&[WORKS][..], false),
            (&[WORKS, IDLES], true),
            (&[WORKS, IDLES, IDLES], false),
            (&[IDLES, WORKS], false),
            (&[IDLES, idles_again], true),
            (&[WORKS, ENDED], true),
            (&[IDLES, ENDED], true),
            (&[ENDED, ENDED], false),
            (&[ENDED, WORKS], false),
            (&[WORKS, again], true),
        ] {
            assert_eq!(due_after(phases), due, "{phases:?}");
        }
        let mut entry = Entry::default();
        entry.sees(ENDED, true, now);
        assert!(entry.due.is_some(), "a worktree that is there when we come is looked at once");
    }

    #[test]
    fn it_is_not_looked_at_too_often_and_not_twice_at_once() {
        let now = Instant::now();
        let mut entry = Entry::default();
        entry.want(now);
        assert!(entry.begins(now));
        entry.want(now);
        assert!(!entry.begins(now), "a look is under way");
        (entry.looking, entry.began, entry.due) = (false, Some(now), None);
        entry.want(now);
        assert_eq!(entry.due, Some(now + INTERVAL));
        assert!(!entry.begins(now) && entry.begins(now + INTERVAL));
        (entry.looking, entry.took) = (false, Duration::from_secs(1));
        entry.want(now);
        assert_eq!(entry.due, Some(now + Duration::from_secs(20)), "a slow one is spared");
    }
}
