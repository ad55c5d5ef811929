//! Tells the kernel what a program is doing: that it asks, meets an error or is done, and that this has ended. The
//! kernel does not need to know that a program works or is idle, which changes often.

use quarterdeck_core::status::Verdict;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two reports to the kernel about what the program is doing.
pub(super) const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// The last report to the kernel about what the program is doing.
pub(super) struct Told {
    pub(super) verdict: Option<Verdict>,
    pub(super) at: Option<Instant>,
}

impl Told {
    /// Creates the state for a run whose last verdict is on record.
    pub(super) fn before(verdict: Option<Verdict>) -> Told {
        Told { verdict, at: None }
    }

    /// Whether the kernel must be told of this verdict.
    pub(super) fn is_news(&self, verdict: &Verdict) -> bool {
        let notable = |verdict: &Verdict| verdict.activity.is_notable();
        match &self.verdict {
            None => notable(verdict),
            Some(told) if (&told.activity, told.since) == (&verdict.activity, verdict.since) => false,
            Some(told) => notable(told) || notable(verdict),
        }
    }
}
