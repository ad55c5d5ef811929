//! How frozen a run's tree is, and how long it was.

use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// How frozen a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Freeze {
    /// It runs.
    Running,
    /// Freezing was asked for.
    Freezing,
    /// Frozen, by the kernel's own word.
    Frozen,
    /// Thawing was asked for.
    Thawing,
}

/// How long a tree was frozen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PausedTime {
    before: Span,
    since: Option<Time>,
}

impl PausedTime {
    /// All of it, up to `now`.
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
