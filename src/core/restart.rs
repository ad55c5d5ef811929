//! Decides whether and when an agent is started again after its run has ended by itself.
//!
//! ```text
//!  ended ──(policy says no)──────────► stay
//!    ├─────(no login)────────────────► give up
//!    ├─────(its quota is used up)────► again, when that is renewed ([`crate::barred`]); no failure, and not of the budget
//!    ├─────(a permanent code)────────► give up
//!    ├─────(budget of the window spent)► give up
//!    └──────────────────────────────► again, after delay · 2^(failures − 1), spread by the jitter
//! ```
//!
//! The jitter is a function of the run's number and its failures, so that the same inputs always give the same
//! decision. Instants are given in the agent's own time, which is suspended while the agent is frozen.
//!
//! **Invariant 12:** restarts within the window never exceed the budget
//! (`restarts_within_any_window_never_exceed_the_budget` in `src/core/tests/brain/restart.rs`).

use crate::barred::Barred;
use crate::ending::{Exit, GiveUp, Outcome};
use crate::ids::RunId;
use crate::policy::{PERMANENT_CODE, RestartPolicy, RestartWhen};
use crate::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Number of restarts that are remembered per agent. Beyond it, the oldest is forgotten; a larger budget is never
/// spent.
pub const RESTARTS_REMEMBERED_MAX: usize = 1_000;

/// The restarts and failures that are remembered of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Restarts {
    failures: u32,
    recent: Vec<Time>,
    /// Number of endings in a row because the quota was used up.
    #[serde(default)]
    quota: u32,
}

/// A run that ended by itself, as the restart rules judge it.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The run that has ended.
    pub run: RunId,
    /// How the ending counts.
    pub outcome: Outcome,
    /// How the run's process ended; none if it never ran.
    pub exit: Option<Exit>,
    /// Why the provider did not let the program work, if the run failed for that reason.
    pub barred: Option<Barred>,
    /// When the run ended, in milliseconds since the epoch.
    pub at: Time,
}

/// The decision about what follows an ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The agent stays ended.
    Stay,
    /// The agent is started again after a span.
    Again {
        /// The time to wait before the start.
        span: Span,
        /// Number of failures in a row so far.
        failures: u32,
    },
    /// The agent is not started again until a person asks for it.
    GiveUp(GiveUp),
}

/// Whether there were failures that could be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// There were failures in a row, which are forgotten now.
    Failures,
    /// There were no failures that could be forgotten.
    Nothing,
}

impl Restarts {
    /// Decides what follows an ending at `now`, in the agent's own time.
    pub fn judge(&mut self, policy: &RestartPolicy, ended: Ended, now: Time) -> Verdict {
        let wanted = match policy.when {
            RestartWhen::Never => false,
            RestartWhen::OnFailure => ended.outcome == Outcome::Failed,
            RestartWhen::Always => true,
        };
        if !wanted {
            return Verdict::Stay;
        }
        if let Some(barred) = ended.barred {
            return self.bar(barred, ended.at);
        }
        self.quota = 0;
        if let Some(Exit::Code(code)) = ended.exit
            && (code == PERMANENT_CODE || policy.permanent_codes.contains(&code))
        {
            return Verdict::GiveUp(GiveUp::PermanentCode { code });
        }
        self.recent.retain(|at| now - *at < policy.window);
        self.fit(policy.budget);
        if self.recent.len() >= policy.budget as usize {
            return Verdict::GiveUp(GiveUp::BudgetSpent { restarts: policy.budget, window: policy.window });
        }
        self.recent.push(now);
        self.fit(policy.budget);
        self.failures = if ended.outcome == Outcome::Failed { self.failures.saturating_add(1) } else { 0 };
        Verdict::Again { span: self.wait(policy, ended.run), failures: self.failures }
    }

    /// Decides what follows when the provider stopped a program or its turn at `at`, for the reason `barred`.
    pub fn bar(&mut self, barred: Barred, at: Time) -> Verdict {
        self.quota = self.quota.saturating_add(u32::from(barred != Barred::Login));
        match barred.wait(self.quota, at) {
            Some(span) => Verdict::Again { span, failures: self.failures },
            None => Verdict::GiveUp(GiveUp::Login),
        }
    }

    /// Resets the count of used-up quotas in a row, because the program works.
    pub fn has_quota(&mut self) {
        self.quota = 0;
    }

    /// Forgets the failures in a row: the run was ready for long enough.
    pub fn settle(&mut self) -> Forgotten {
        self.quota = 0;
        match core::mem::take(&mut self.failures) {
            0 => Forgotten::Nothing,
            _ => Forgotten::Failures,
        }
    }

    /// Forgets everything: a person asked for a start.
    pub fn forget(&mut self) -> Forgotten {
        self.recent.clear();
        self.settle()
    }

    /// Forgets the oldest restarts that are more than the budget, which may have become smaller.
    pub fn fit(&mut self, budget: u32) {
        let keep = RESTARTS_REMEMBERED_MAX.min(budget as usize);
        let excess = self.recent.len().saturating_sub(keep);
        self.recent.drain(..excess);
    }

    /// Returns the number of failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the number of remembered restarts, which is never more than the budget.
    pub fn remembered(&self) -> usize {
        self.recent.len()
    }

    /// Returns the wait before the next restart: `delay · 2^(failures − 1)`, spread by the jitter, and never more than
    /// `delay_max`.
    fn wait(&self, policy: &RestartPolicy, run: RunId) -> Span {
        let doublings = self.failures.saturating_sub(1).min(63);
        let base = policy.delay.0.saturating_mul(1 << doublings).min(policy.delay_max.0);
        let jitter = u64::from(policy.jitter_percent.min(100));
        let percent = 100 - jitter + mix(run.0, self.failures) % (2 * jitter + 1);
        let spread = u128::from(base) * u128::from(percent) / 100;
        Span(u64::try_from(spread).unwrap_or(u64::MAX).min(policy.delay_max.0))
    }
}

/// Returns a well-spread number from a run and its failures (the finaliser of SplitMix64; Steele, Lea and Flood, 2014).
fn mix(run: u64, failures: u32) -> u64 {
    let mut bits = run.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(failures).rotate_left(32);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
