//! The frozen state of a run's process tree, and the total time for which the tree was frozen.

use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Whether a run's process tree is frozen, or is about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Freeze {
    /// The process tree is running.
    Running,
    /// Freezing was asked for, and is not confirmed yet.
    Freezing,
    /// The process tree is frozen, as the operating system confirms.
    Frozen,
    /// Thawing was asked for, and is not confirmed yet.
    Thawing,
}

/// How long a process tree was frozen in total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PausedTime {
    before: Span,
    since: Option<Time>,
}

impl PausedTime {
    /// Returns the total time for which the tree was frozen, up to `now`.
    pub fn until(&self, now: Time) -> Span {
        let current = self.since.map_or(Span(0), |since| now - since);
        Span(self.before.0.saturating_add(current.0))
    }

    pub(super) fn begin(&mut self, now: Time) {
        self.since = Some(now);
    }

    pub(super) fn end(&mut self, now: Time) {
        *self = PausedTime { before: self.until(now), since: None };
    }
}
