//! Programs that end because their provider lets them do nothing: there is no login, or the quota is used up. Another start
//! at once ends the same way, so neither counts as a failure like any other. The same holds for a program that lives on and
//! whose turn ends so:
//!
//! | barred by | the agent                            | its task                                             |
//! |-----------|--------------------------------------|------------------------------------------------------|
//! | login     | is given up: a person must log in    | one-shot: has failed; else back into the queue       |
//! | quota     | starts again when the wait is over   | tried again after the wait, which counts as no attempt |
//! | a turn by login or quota | takes no tasks until it works again, or the wait is over | back into the queue, which counts as no attempt |
//!
//! The wait lasts until the program's own word on when the quota is renewed; without one it doubles from [`QUOTA_WAIT`] up to
//! [`QUOTA_WAIT_MAX`].
//!
//! **Invariant:** two starts of a program that has used up its quota are never closer than [`QUOTA_WAIT_MIN`]
//! (`tests/brain/tasks/barred.rs`).

use crate::time::{Span, Time};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The first wait for a quota of which nobody knows when it is renewed.
pub const QUOTA_WAIT: Span = Span::from_secs(5 * 60);
/// The longest wait for such a quota. Beyond it, waits grow no more.
pub const QUOTA_WAIT_MAX: Span = Span::from_secs(60 * 60);
/// The shortest wait, whatever a program says.
pub const QUOTA_WAIT_MIN: Span = Span::from_secs(60);
/// The longest wait, whatever a program says; weekly quotas last longer. Beyond it, the next attempt is made all the
/// same, and says so again.
pub const QUOTA_RENEWAL_MAX: Span = Span::from_secs(24 * 60 * 60);
/// So many attempts of a task may end for want of quota, one after another: a working day and more. Beyond it, the task
/// has failed.
pub const QUOTA_ENDINGS_MAX: u32 = 12;

/// What bars a program from its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Nobody is logged in, or the key is not accepted.
    Login,
    /// The quota is used up; renewed then, as far as the program says.
    Quota { until: Option<Time> },
}

impl Barred {
    /// How long to wait before the next start, when it ended so for the `count`th time in a row; none: a person must act.
    pub fn wait(self, count: u32, now: Time) -> Option<Span> {
        match self {
            Barred::Login => None,
            Barred::Quota { until: Some(until) } => {
                Some(Span((until - now).0.clamp(QUOTA_WAIT_MIN.0, QUOTA_RENEWAL_MAX.0)))
            }
            Barred::Quota { until: None } => {
                let factor = 1u64.checked_shl(count.saturating_sub(1)).unwrap_or(u64::MAX);
                Some(Span(QUOTA_WAIT.0.saturating_mul(factor).min(QUOTA_WAIT_MAX.0)))
            }
        }
    }
}

impl fmt::Display for Barred {
    /// The one word by which every reader knows it: `login`, `quota`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Barred::Login => "login",
            Barred::Quota { .. } => "quota",
        })
    }
}
