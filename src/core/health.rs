//! Grades how healthy an agent is. The grade is derived whenever it is asked for, and stored nowhere.
//!
//! | the first condition that holds                                            | grade     |
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

/// Number of failures in a row from which an agent counts as being in a crash loop.
pub const CRASH_LOOP_FAILURES: u32 = 3;

/// The grade of an agent's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The agent works as it should.
    Healthy,
    /// The agent works, with restrictions.
    Degraded,
    /// The agent does not work.
    Unhealthy,
    /// The health of the agent cannot be determined.
    Unknown,
}

/// The state of the connection between the supervisor and the keeper of a live run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// The supervisor follows the keeper.
    Whole,
    /// The keeper's process is stopped, by a signal or a debugger.
    Stopped,
    /// The keeper speaks another version of the protocol.
    Refused,
    /// The keeper's process is gone.
    Gone,
}

/// Why an agent's grade is not `healthy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The agent's run failed, and no other run is planned.
    Failed,
    /// The keeper of the agent's run is gone.
    Lost,
    /// The agent has given up: it is not started again.
    GaveUp,
    /// The agent's runs fail again and again.
    CrashLoop {
        /// Number of failures in a row.
        failures: u32,
    },
    /// The agent's program does not respond.
    Unresponsive,
    /// The turn of the agent's program ended in an error.
    TurnFailed,
    /// The agent has no live run.
    NotRunning,
    /// The agent's run is being prepared or started.
    Starting,
    /// The supervisor cannot speak with the keeper of the agent's run.
    KeeperRefused,
    /// The keeper's process is stopped.
    KeeperStopped,
    /// The agent failed lately, and was started again.
    FailedLately {
        /// Number of failures in a row.
        failures: u32,
    },
    /// The agent's program has used up its quota, and waits for its renewal. Such an ending counts as no failure.
    WaitsForQuota,
    /// The agent's program meets errors, and tries again.
    MeetsErrors,
}

/// Returns the grade of an agent's health, and its cause if it is not healthy. `activity` is what the agent's program
/// is doing; none if no program runs.
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
