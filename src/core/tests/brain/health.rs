//! Tests of the grade of an agent's health.

use crate::common::*;
use quarterdeck_core::ending::{GiveUp, Outcome};
use quarterdeck_core::health::{CRASH_LOOP_FAILURES, Cause, Grade, Link, grade};
use quarterdeck_core::status::{Activity, Symptom};
use quarterdeck_core::time::Time;
use quarterdeck_core::view::{AgentView, State};

fn agent(state: State, failures: u32) -> AgentView {
    AgentView { state, failures, ..Bench::new(vec![policy("a")]).agent("a").clone() }
}

#[test]
fn the_table_of_grades() {
    let ended = |outcome| State::Ended { outcome };
    let gave_up = State::GaveUp { why: GiveUp::PermanentCode { code: 125 } };
    let backoff = State::Backoff { until: Time(0) };
    let silent = Activity::Unresponsive(Symptom::Silent);
    let (failing, failed) = (Activity::Failing("429".into()), Activity::Failed("429".into()));
    let many = CRASH_LOOP_FAILURES;
    let rows = [
        (State::Ready, 0, None, Link::Whole, Grade::Healthy, None),
        (State::Ready, 0, Some(Activity::Working), Link::Whole, Grade::Healthy, None),
        (gave_up, 5, None, Link::Whole, Grade::Unhealthy, Some(Cause::GaveUp)),
        (ended(Outcome::Failed), 1, None, Link::Whole, Grade::Unhealthy, Some(Cause::Failed)),
        (State::Lost, 0, None, Link::Gone, Grade::Unhealthy, Some(Cause::Lost)),
        (State::Ready, 0, None, Link::Gone, Grade::Unhealthy, Some(Cause::Lost)),
        (backoff.clone(), many, None, Link::Whole, Grade::Unhealthy, Some(Cause::CrashLoop { failures: many })),
        (State::Ready, 0, Some(silent), Link::Whole, Grade::Unhealthy, Some(Cause::Unresponsive)),
        (State::Ready, 0, Some(failed), Link::Whole, Grade::Unhealthy, Some(Cause::TurnFailed)),
        (State::Off, 0, None, Link::Gone, Grade::Unknown, Some(Cause::NotRunning)),
        (ended(Outcome::Completed), 0, None, Link::Gone, Grade::Unknown, Some(Cause::NotRunning)),
        (State::Starting, 0, None, Link::Whole, Grade::Unknown, Some(Cause::Starting)),
        (State::Ready, 0, None, Link::Refused, Grade::Unknown, Some(Cause::KeeperRefused)),
        (State::Ready, 0, None, Link::Stopped, Grade::Degraded, Some(Cause::KeeperStopped)),
        (State::Starting, 1, None, Link::Whole, Grade::Degraded, Some(Cause::FailedLately { failures: 1 })),
        (backoff.clone(), 0, None, Link::Gone, Grade::Degraded, Some(Cause::WaitsForQuota)),
        (backoff, 1, None, Link::Gone, Grade::Degraded, Some(Cause::FailedLately { failures: 1 })),
        (State::Ready, 0, Some(failing), Link::Whole, Grade::Degraded, Some(Cause::MeetsErrors)),
    ];
    for (state, failures, activity, link, expected, cause) in rows {
        let found = grade(&agent(state.clone(), failures), activity.as_ref(), link);
        assert_eq!(found, (expected, cause), "{state:?} {failures} {activity:?} {link:?}");
    }
}
