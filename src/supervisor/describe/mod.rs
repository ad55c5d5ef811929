//! Describes facts in words: one line for people, and the fact's data as JSON.

pub(super) mod locks;
pub(super) mod mail;
pub(super) mod plans;
pub(super) mod shared;
pub(super) mod sync;
pub(super) mod tasks;
pub(super) mod words;

use crate::api::events::{EventRecord, Severity, tree_words};
use quarterdeck_core::ending::{GiveUp, Outcome, StopCause, TreeReport};
use quarterdeck_core::event::Signal;
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::health::Cause;
use quarterdeck_core::start_order::Waiting;
use quarterdeck_core::status::{Activity, QuestionKind, Source, Symptom};
use quarterdeck_core::view::View;
use words::{ending_words, exit_words, name_of, plural, seconds, signal_name};

/// Returns the fact as clients read it; `name` is the name of the agent that it is about.
pub(super) fn record(fact: &Fact, name: Option<&String>, view: &View) -> EventRecord {
    EventRecord {
        seq: fact.seq,
        at_ms: fact.at.0,
        kind: fact.kind.type_name().to_owned(),
        severity: severity(fact.kind.severity()),
        agent: name.cloned(),
        run: fact.run.map(|run| run.to_string()),
        message: message(&fact.kind, view),
        data: data(&fact.kind, view),
    }
}

fn severity(severity: quarterdeck_core::severity::Severity) -> Severity {
    use quarterdeck_core::severity::Severity as Core;
    match severity {
        Core::Debug => Severity::Debug,
        Core::Info => Severity::Info,
        Core::Warning => Severity::Warning,
        Core::Error => Severity::Error,
        Core::Critical => Severity::Critical,
    }
}

/// Returns the data of the variant as JSON, without the variant's name; `null` if it has no data.
fn data(kind: &FactKind, view: &View) -> serde_json::Value {
    let variant = match kind {
        FactKind::Lock(fact) => serde_json::to_value(fact),
        FactKind::Task(fact) => serde_json::to_value(fact),
        FactKind::Plan(fact) => return plans::data(fact, view),
        FactKind::Message(fact) => serde_json::to_value(fact),
        FactKind::State(fact) => serde_json::to_value(fact),
        FactKind::Sync(fact) => serde_json::to_value(fact),
        kind => serde_json::to_value(kind),
    };
    match variant {
        Ok(serde_json::Value::Object(variant)) => variant.into_iter().next().map(|(_, data)| data).unwrap_or_default(),
        _ => serde_json::Value::Null,
    }
}

fn message(kind: &FactKind, view: &View) -> String {
    match kind {
        FactKind::Lock(fact) => locks::message(fact, view),
        FactKind::Task(fact) => tasks::message(fact, view),
        FactKind::Plan(fact) => plans::message(fact, view),
        FactKind::Message(fact) => mail::message(fact, view),
        FactKind::State(fact) => shared::message(fact, view),
        FactKind::Sync(fact) => sync::message(fact, view),
        FactKind::AgentAdded { .. } => "added to the fleet".into(),
        FactKind::AgentChanged { .. } => "its configuration changed; restart to apply".into(),
        FactKind::AgentUnchanged => "its configuration is again the one it runs with".into(),
        FactKind::AgentOrphaned => "no longer in the configuration; stop it to forget it".into(),
        FactKind::AgentRemoved => "left the fleet".into(),
        FactKind::Queued { why } => format!("queued: {}", waiting(why, view)),
        FactKind::Dequeued => "taken out of the queue".into(),
        FactKind::TakesTasks => "takes tasks, and starts with its next one".into(),
        FactKind::Joined { process } => format!("joined: process {} and all that it starts", process.pid),
        FactKind::RunBegun => "preparing its workspace".into(),
        FactKind::Starting { .. } => "starting".into(),
        FactKind::Started { pid } => format!("started, pid {pid}"),
        FactKind::Ready => "ready".into(),
        FactKind::Stopping { why } => format!("stopping: {}", cause(*why)),
        FactKind::SignalSent { signal } => format!("{} sent to its process groups", signal_name(*signal)),
        FactKind::KillSent => "SIGKILL for the whole tree".into(),
        FactKind::Pausing => "pausing".into(),
        FactKind::Paused { processes } => format!("paused: {} frozen", plural(*processes, "process", "processes")),
        FactKind::PauseFailed { reason } => format!("could not be paused: {reason}"),
        FactKind::Resumed => "resumed".into(),
        FactKind::Exited { exit, left } if *left > 0 => {
            format!("{}; {} of it still running", exit_words(*exit), plural(*left, "process", "processes"))
        }
        FactKind::Exited { exit, .. } => exit_words(*exit),
        FactKind::Ended { outcome, exit, report, reason, barred } => {
            ended(*outcome, *report, ending_words(*exit, reason.as_deref(), *barred))
        }
        FactKind::BackedOff { span, barred: Some(_), .. } => format!("waits {} for its quota", seconds(span.0)),
        FactKind::BackedOff { span, failures, .. } => {
            format!("restart in {} after {}", seconds(span.0), plural(*failures, "failure", "failures in a row"))
        }
        FactKind::FailuresForgotten => "its earlier failures are forgotten".into(),
        FactKind::GaveUp { why } => format!("gave up: {}", give_up(*why)),
        FactKind::Adopted => "found alive and adopted".into(),
        FactKind::KeeperLost => "its keeper is gone".into(),
        FactKind::Reaped { processes } => {
            format!("killed {} that remained of the lost run", plural(*processes, "process", "processes"))
        }
        FactKind::Signalled { signal } => match signal {
            Signal::Bell => "sent a bell".into(),
            Signal::Notification(text) => format!("says: {text}"),
            Signal::Answered(with) => format!("its question was answered through `qd`: {with}"),
            Signal::Typed(what) => format!("typed through `qd`: {what}"),
            Signal::NotSubmitted(what) => format!("typed, not submitted: {what}"),
            Signal::TranscriptFailing(why) => format!("its transcript can't be written: {why}"),
            Signal::KeeperRefused(why) => why.clone(),
            Signal::TranscriptRecovered => "its transcript is written again".into(),
        },
        FactKind::Standing { verdict } => standing(&verdict.activity),
        FactKind::StandingOver { was } => standing_over(was).into(),
        FactKind::Snoozed { .. } => "its question was put off".into(),
        FactKind::SnoozeOver => "its question is no longer put off".into(),
        FactKind::ShutdownBegun { .. } => "the fleet is ending".into(),
        FactKind::ShutdownDone => "the fleet has ended".into(),
        FactKind::TookOver => "the supervisor has started".into(),
        FactKind::InvariantViolated { violation, evidence } => format!("{violation}: {evidence}"),
        FactKind::InvariantsRestored => "all invariants hold again".into(),
        FactKind::Noticed(notice) => notice.text.clone(),
    }
}

fn ended(outcome: Outcome, report: TreeReport, how: Option<String>) -> String {
    let how = how.unwrap_or_else(|| "before it ran".to_owned());
    let word = match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed => "failed",
        Outcome::Terminated => "stopped",
    };
    match tree_words(report.left_on_signal.into(), report.killed.into()) {
        Some(tree) => format!("{word}: {how}; {tree}"),
        None => format!("{word}: {how}"),
    }
}

/// Describes the activity of a program that a person should know of.
pub(super) fn standing(activity: &Activity) -> String {
    match activity {
        Activity::Asks(question) => asks(question.kind, &question.text),
        Activity::Failing(text) if text.is_empty() => "meets errors and tries again".into(),
        Activity::Failing(text) => format!("meets errors and tries again: {text}"),
        Activity::Failed(text) if text.is_empty() => "its turn ended in an error".into(),
        Activity::Failed(text) => format!("its turn ended in an error: {text}"),
        Activity::Unresponsive(Symptom::Silent) => "unresponsive: says that it works, and shows no sign of life".into(),
        Activity::Unresponsive(Symptom::Deaf) => "unresponsive: does not read what is typed".into(),
        Activity::Done => "its turn is over".into(),
        Activity::Working => "works".into(),
        Activity::Idle => "is idle".into(),
    }
}

/// Describes why an agent's health is not better.
pub(super) fn health(cause: Cause) -> String {
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
        QuestionKind::Call => "needs you",
    };
    if text.is_empty() { what.into() } else { format!("{what}: {text}") }
}

/// Describes the source from which the program's activity is known.
pub(super) fn source(source: Source) -> &'static str {
    match source {
        Source::Program => "as its program reports",
        Source::Screen => "as its screen shows",
        Source::Title => "as its title says",
        Source::Call => "by a bell or a notification",
        Source::Output => "as it writes",
    }
}

/// Describes that an activity is over.
fn standing_over(was: &Activity) -> &'static str {
    match was {
        Activity::Asks(_) => "its question is answered, or gone",
        Activity::Failing(_) | Activity::Failed(_) => "the error is over",
        Activity::Unresponsive(_) => "it responds again",
        Activity::Done | Activity::Working | Activity::Idle => "a turn has begun",
    }
}

/// Describes what a start waits for.
pub(super) fn waiting(why: &Waiting, view: &View) -> String {
    match why {
        Waiting::Slot { max_concurrent: 1 } => {
            "the only place for a running agent (max_concurrent) is taken".to_owned()
        }
        Waiting::Slot { max_concurrent } => format!("all {max_concurrent} places (max_concurrent) are taken"),
        Waiting::After { agent } => format!("after {}", name_of(*agent, view)),
    }
}

/// Describes why the supervisor gave up on an agent.
pub(super) fn give_up(why: GiveUp) -> String {
    match why {
        GiveUp::BudgetSpent { restarts, window } => {
            format!("{} within {}", plural(restarts, "restart", "restarts"), seconds(window.0))
        }
        GiveUp::PermanentCode { code } => format!("exit {code} never restarts"),
        GiveUp::Login => "a person must log in".to_owned(),
    }
}

/// Describes why a run is being ended.
pub(super) fn cause(why: StopCause) -> &'static str {
    match why {
        StopCause::Requested => "asked to",
        StopCause::Killed => "killed",
        StopCause::Restart => "to start anew",
        StopCause::LeftBehind => "its main process has ended, but other processes of it remain",
        StopCause::Shutdown => "the fleet is ending",
        StopCause::TaskOver => "its task is over",
    }
}
