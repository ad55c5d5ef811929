//! What an agent's program is doing, why a run waits, ends or is given up, and why an agent's health is not better:
//! worded once, for the facts, the list and the explanation.

use crate::amounts::span;
use crate::api::condition::Condition;
use crate::supervisor::words::common::{name_of, plural};
use quarterdeck_core::ending::{GiveUp, StopCause};
use quarterdeck_core::health::Cause;
use quarterdeck_core::start_order::Waiting;
use quarterdeck_core::status::{Activity, QuestionKind, Source, Symptom};
use quarterdeck_core::view::View;

/// Describes the activity of a program that a person should know of.
pub(in crate::supervisor) fn standing(activity: &Activity) -> String {
    match activity {
        Activity::Asks(question) => asks(question.kind, &question.text),
        Activity::Failing(text) if text.is_empty() => "meets errors and tries again".into(),
        Activity::Failing(text) => format!("meets errors and tries again: {text}"),
        Activity::Failed(text) if text.is_empty() => "its turn ended in an error".into(),
        Activity::Failed(text) => format!("its turn ended in an error: {text}"),
        Activity::Unresponsive(of) => format!("{}: {}", Condition::Unresponsive.title(), symptom(*of)),
        Activity::Done => "its turn has ended".into(),
        Activity::Working => "works".into(),
        Activity::Idle => "is idle".into(),
    }
}

/// Describes how a program shows that it does not respond.
pub(in crate::supervisor) fn symptom(of: Symptom) -> &'static str {
    match of {
        Symptom::Silent => "says that it works, and shows no sign of life",
        Symptom::Deaf => "does not read what is typed",
    }
}

/// Describes why an agent's health is not better.
pub(in crate::supervisor) fn health(cause: Cause) -> String {
    let in_a_row = |failures| plural(failures, "failure", "failures in a row");
    match cause {
        Cause::Failed => "its run failed".into(),
        Cause::Lost => "its keeper is gone".into(),
        Cause::GaveUp => "it is not started again".into(),
        Cause::CrashLoop { failures } => format!("it fails again and again ({})", in_a_row(failures)),
        Cause::Unresponsive => "its program is unresponsive".into(),
        Cause::TurnFailed => "its turn ended in an error".into(),
        Cause::NotRunning => "it does not run".into(),
        Cause::Starting => "it is being started".into(),
        Cause::KeeperRefused => "its keeper is of another version".into(),
        Cause::KeeperStopped => "its keeper is stopped, by a signal or a debugger".into(),
        Cause::FailedLately { failures } => format!("it was started again after {}", in_a_row(failures)),
        Cause::WaitsForQuota => "its program has used up its quota".into(),
        Cause::MeetsErrors => "its program meets errors and tries again".into(),
    }
}

/// Describes a question, as `asks for permission: approve Bash: make`.
fn asks(kind: QuestionKind, text: &str) -> String {
    let what = match kind {
        QuestionKind::Permission => "asks for permission",
        QuestionKind::Question => "asks a question",
        QuestionKind::Trust => "asks whether to trust this directory",
        QuestionKind::Login => "asks for a login",
        QuestionKind::Call => &Condition::NeedsYou.title(),
    };
    if text.is_empty() { what.into() } else { format!("{what}: {text}") }
}

/// Describes the source from which the program's activity is known.
pub(in crate::supervisor) fn source(source: Source) -> &'static str {
    match source {
        Source::Program => "as its program reports",
        Source::Screen => "as its screen shows",
        Source::Title => "as its title says",
        Source::Call => "by a bell or a notification",
        Source::Output => "as it writes",
    }
}

/// Describes what a start waits for.
pub(in crate::supervisor) fn waiting(why: &Waiting, view: &View) -> String {
    match why {
        Waiting::Slot { max_concurrent: 1 } => {
            "the only place for a running agent (max_concurrent) is taken".to_owned()
        }
        Waiting::Slot { max_concurrent } => format!("all {max_concurrent} places (max_concurrent) are taken"),
        Waiting::After { agent } => format!("after {}", name_of(*agent, view)),
    }
}

/// Describes that the supervisor gave up on an agent, and why.
pub(in crate::supervisor) fn gave_up(why: GiveUp) -> String {
    let why = match why {
        GiveUp::BudgetSpent { restarts, window } => {
            format!("{} within {}", plural(restarts, "restart", "restarts"), span(window.0))
        }
        GiveUp::PermanentCode { code } => format!("exit {code} never restarts"),
        GiveUp::Login => "a person must log in".to_owned(),
    };
    format!("gave up: {why}")
}

/// Describes why a run is being ended.
pub(in crate::supervisor) fn cause(why: StopCause) -> &'static str {
    match why {
        StopCause::Requested => "asked to",
        StopCause::Killed => "killed",
        StopCause::Restart => "to start again",
        StopCause::LeftBehind => "its main process has ended, but other processes of it remain",
        StopCause::Shutdown => "the fleet is ending",
        StopCause::TaskOver => "its task has ended",
    }
}

/// Describes that an agent's program waits until its quota is renewed, as `waits 12 min for its quota`.
pub(in crate::supervisor) fn waits_for_quota(wait: &str) -> String {
    format!("waits {wait} for its quota")
}
