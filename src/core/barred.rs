//! Terms and waits for programs that cannot work because their provider does not let them: nobody is logged in, or the
//! quota is used up. An immediate restart would end the same way, so neither ending counts as an ordinary failure. The
//! same holds for a program that lives on and whose turn ends for such a reason:
//!
//! | barred by | the agent                            | its task                                             |
//! |-----------|--------------------------------------|------------------------------------------------------|
//! | login     | is given up: a person must log in    | one-shot: has failed; else back into the queue       |
//! | quota     | starts again when the wait has ended   | tried again after the wait, which counts as no attempt |
//! | a turn by login or quota | takes no tasks until it works again, or the wait has ended | back into the queue, which counts as no attempt |
//!
//! The wait lasts until the time at which the program says that the quota is renewed. If the program says none, the
//! wait doubles from [`QUOTA_WAIT`] up to [`QUOTA_WAIT_MAX`].
//!
//! **Invariant:** two starts of a program that has used up its quota are never closer than [`QUOTA_WAIT_MIN`]
//! (`the_wait_doubles_and_what_a_program_says_is_kept_within_bounds` in `src/core/tests/brain/tasks/barred.rs`).

use crate::time::{Span, Time};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The first wait for a used-up quota when nobody knows when it is renewed.
pub const QUOTA_WAIT: Span = Span::from_secs(5 * 60);
/// The longest wait for a used-up quota when nobody knows when it is renewed. Beyond it, further waits do not get
/// longer.
pub const QUOTA_WAIT_MAX: Span = Span::from_secs(60 * 60);
/// The shortest wait for a quota, even if the program names an earlier renewal.
pub const QUOTA_WAIT_MIN: Span = Span::from_secs(60);
/// The longest wait for a quota, even if the program names a later renewal; weekly quotas last longer. Beyond it, the
/// next attempt is made anyway, and names the renewal again.
pub const QUOTA_RENEWAL_MAX: Span = Span::from_secs(24 * 60 * 60);
/// The largest number of attempts of a task in a row that end for lack of quota: enough for more than a working day.
/// Beyond it, the task has failed.
pub const QUOTA_ENDINGS_MAX: u32 = 12;

/// The reason why a program's provider does not let it work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Nobody is logged in, or the key is not accepted.
    Login,
    /// The quota is used up; `until` is when it is renewed, if the program says so.
    Quota { until: Option<Time> },
}

impl Barred {
    /// Returns how long to wait before the next start, after `count` such endings in a row; none if a person must act
    /// first.
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
    /// Writes the one word that names the reason everywhere: `login` or `quota`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Barred::Login => "login",
            Barred::Quota { .. } => "quota",
        })
    }
}
