//! What is known of the agents' work, and when it is looked at again.

use crate::api::work::Work;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::time::Time;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

/// Looks at a time, over all agents: each is a git that reads a whole worktree. Beyond it, a look waits.
const LOOKS_MAX: usize = 2;

/// The least time from one look at an agent to the next.
pub(super) const INTERVAL: Duration = Duration::from_secs(2);

/// The same where looking takes long: so many times as long as the last look took.
pub(super) const INTERVAL_LOOKS: u32 = 20;

/// What wakes us comes in bursts.
pub(super) const BURST: Duration = Duration::from_millis(100);

/// What is known of the agents' work.
pub(in crate::supervisor) struct Works {
    agents: Mutex<HashMap<AgentId, Entry>>,
    /// Wakes the watch: somebody asked.
    pub(super) asked: Notify,
    /// Wakes who waits for a look.
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
    /// What is known of an agent's work; none where it has no worktree of its own, or none yet.
    pub(in crate::supervisor) fn of(&self, agent: AgentId) -> Option<Work> {
        self.lock().get(&agent).and_then(|entry| entry.work.clone())
    }

    /// Why the last look at it found nothing, if it failed.
    pub(in crate::supervisor) fn failure_of(&self, agent: AgentId) -> Option<String> {
        self.lock().get(&agent).and_then(|entry| entry.failed.clone())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<AgentId, Entry>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of one agent's work.
#[derive(Clone, Debug, Default)]
pub(in crate::supervisor) struct Entry {
    pub(super) work: Option<Work>,
    /// What the last look failed at.
    pub(super) failed: Option<String>,
    /// When the last look that is over began, and how long it took.
    pub(super) began: Option<Instant>,
    pub(super) took: Duration,
    pub(super) looking: bool,
    pub(super) due: Option<Instant>,
    pub(super) phase: Option<Phase>,
}

impl Entry {
    /// The least time from one look to the next.
    fn interval(&self) -> Duration {
        INTERVAL.max(self.took * INTERVAL_LOOKS)
    }

    /// Is to be looked at as soon as it may be.
    pub(super) fn want(&mut self, now: Instant) {
        let earliest = self.began.map_or(now, |began| began + self.interval()).max(now);
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
    }

    /// Takes in what the agent is up to. A turn or a run that has ended may have left something.
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

    /// Begins a look, if one is due.
    pub(super) fn begins(&mut self, now: Instant) -> bool {
        let begins = !self.looking && self.due.is_some_and(|due| due <= now);
        if begins {
            (self.looking, self.due) = (true, None);
        }
        begins
    }
}

/// What an agent was up to when the watch saw it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Phase {
    pub(super) run: Option<RunId>,
    pub(super) is_live: bool,
    pub(super) is_quiet: bool,
    /// Since when its program says what it says: a turn may be over before anybody has seen it begin.
    pub(super) since: Option<Time>,
}

/// How new what is told has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Freshness {
    /// As new as is to be had at little cost.
    Recent,
    /// As it is now, unless that takes longer than people wait for an answer.
    Soon,
    /// As it is now.
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
