//! How healthy an agent is: a grade by what is known of it, derived when asked and stored nowhere.
//!
//! | the first of these that is so                                             | grade     |
//! |---------------------------------------------------------------------------|-----------|
//! | its run failed, was lost, or it gave up; its keeper is gone               | unhealthy |
//! | [`CRASH_LOOP_FAILURES`] failures in a row                                 | unhealthy |
//! | its program is unresponsive, or its turn ended in an error                | unhealthy |
//! | it has no live run, or is being prepared or started                       | unknown   |
//! | the supervisor can't speak with its keeper                                | unknown   |
//! | its keeper is stopped; it failed lately, or waits for its quota; its program meets errors | degraded |
//! | none of these                                                             | healthy   |

use crate::ending::Outcome;
use crate::status::Activity;
use crate::view::{AgentView, State};

/// So many failures in a row, and an agent is in a crash loop.
pub const CRASH_LOOP_FAILURES: u32 = 3;

/// How healthy an agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// As it should be.
    Healthy,
    /// It works, with a loss.
    Degraded,
    /// It does not work.
    Unhealthy,
    /// Nobody can tell.
    Unknown,
}

/// How the supervisor stands to the keeper of a live run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// It follows it.
    Whole,
    /// Its process is stopped, by a signal or a debugger.
    Stopped,
    /// It speaks another protocol.
    Refused,
    /// Its process is gone.
    Gone,
}

/// Why a grade is not `healthy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Its run failed, and no other is planned.
    Failed,
    /// Its keeper is gone.
    Lost,
    /// It is not started again.
    GaveUp,
    /// It fails again and again.
    CrashLoop {
        /// In a row.
        failures: u32,
    },
    /// Its program does not respond.
    Unresponsive,
    /// Its program's turn ended in an error.
    TurnFailed,
    /// It has no live run.
    NotRunning,
    /// It is being prepared or started.
    Starting,
    /// The supervisor can't speak with its keeper.
    KeeperRefused,
    /// Its keeper's process is stopped.
    KeeperStopped,
    /// It failed, and was started again.
    FailedLately {
        /// In a row.
        failures: u32,
    },
    /// Its program has used up its quota, which is waited for: an ending that counts as no failure.
    WaitsForQuota,
    /// Its program meets errors, and tries again.
    MeetsErrors,
}

/// How healthy an agent is, and why not better. `activity` is what its program does; none without one that runs.
pub fn grade(agent: &AgentView, activity: Option<&Activity>, link: Link) -> (Grade, Option<Cause>) {
    let cause = bad(agent, activity, link).map(|cause| (Grade::Unhealthy, cause));
    let cause = cause.or_else(|| unknown(agent, link).map(|cause| (Grade::Unknown, cause)));
    let cause = cause.or_else(|| weak(agent, activity, link).map(|cause| (Grade::Degraded, cause)));
    cause.map_or((Grade::Healthy, None), |(grade, cause)| (grade, Some(cause)))
}

fn bad(agent: &AgentView, activity: Option<&Activity>, link: Link) -> Option<Cause> {
    match (&agent.state, activity, link) {
        (State::GaveUp { .. }, ..) => Some(Cause::GaveUp),
        (State::Ended { outcome: Outcome::Failed }, ..) => Some(Cause::Failed),
        (State::Lost, ..) => Some(Cause::Lost),
        (state, _, Link::Gone) if state.is_live() => Some(Cause::Lost),
        _ if agent.failures >= CRASH_LOOP_FAILURES => Some(Cause::CrashLoop { failures: agent.failures }),
        (_, Some(Activity::Unresponsive(_)), _) => Some(Cause::Unresponsive),
        (_, Some(Activity::Failed(_)), _) => Some(Cause::TurnFailed),
        _ => None,
    }
}

fn unknown(agent: &AgentView, link: Link) -> Option<Cause> {
    match (&agent.state, link) {
        (State::Backoff { .. }, _) => None,
        (State::Queued { .. } | State::Preparing | State::Starting, _) if agent.failures == 0 => Some(Cause::Starting),
        (state, Link::Refused) if state.is_live() => Some(Cause::KeeperRefused),
        (State::Off | State::Ended { .. }, _) => Some(Cause::NotRunning),
        _ => None,
    }
}

fn weak(agent: &AgentView, activity: Option<&Activity>, link: Link) -> Option<Cause> {
    match (activity, link) {
        (_, Link::Stopped) if agent.state.is_live() => Some(Cause::KeeperStopped),
        _ if agent.failures == 0 && matches!(agent.state, State::Backoff { .. }) => Some(Cause::WaitsForQuota),
        _ if agent.failures > 0 => Some(Cause::FailedLately { failures: agent.failures }),
        (Some(Activity::Failing(_)), _) => Some(Cause::MeetsErrors),
        _ => None,
    }
}
