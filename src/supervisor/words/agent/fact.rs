//! What happened to agents and to the fleet itself, in one line for people.

use super::standing::{cause, gave_up, standing, waiting, waits_for_quota};
use crate::amounts;
use crate::supervisor::words::common::{ending_words, exit_words, plural, signal_name};
use crate::supervisor::words::data::tree_report;
use quarterdeck_core::ending::{Outcome, TreeReport};
use quarterdeck_core::event::Signal;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::status::Activity;
use quarterdeck_core::view::View;

/// Describes a fact about an agent or the fleet in one line for people; empty for a fact about what agents share, which
/// has a room of its own.
pub(in crate::supervisor) fn message(kind: &FactKind, view: &View) -> String {
    match kind {
        FactKind::AgentAdded { .. } => "added to the fleet".into(),
        FactKind::AgentChanged { .. } => "its configuration changed; restart to apply".into(),
        FactKind::AgentUnchanged => "its configuration is again the one it runs with".into(),
        FactKind::AgentOrphaned => "no longer in the configuration; stop it to remove it".into(),
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
        FactKind::BackedOff { span, barred: Some(_), .. } => waits_for_quota(&amounts::span(span.0)),
        FactKind::BackedOff { span, failures, .. } => {
            format!("restart in {} after {}", amounts::span(span.0), plural(*failures, "failure", "failures in a row"))
        }
        FactKind::FailuresForgotten => "its earlier failures no longer count".into(),
        FactKind::GaveUp { why } => gave_up(*why),
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
            Signal::TranscriptRecovered => "writing its transcript works again".into(),
        },
        FactKind::Standing { verdict } => standing(&verdict.activity),
        FactKind::StandingOver { was } => standing_over(was).into(),
        FactKind::Snoozed { .. } => "its question was snoozed".into(),
        FactKind::SnoozeOver => "its question is no longer snoozed".into(),
        FactKind::ShutdownBegun { .. } => "the fleet is ending".into(),
        FactKind::ShutdownDone => "the fleet has ended".into(),
        FactKind::TookOver => "the supervisor has started".into(),
        FactKind::InvariantViolated { violation, evidence } => format!("{violation}: {evidence}"),
        FactKind::InvariantsRestored => "all invariants hold again".into(),
        FactKind::Noticed(notice) => notice.text.clone(),
        FactKind::Lock(_)
        | FactKind::Task(_)
        | FactKind::Plan(_)
        | FactKind::Message(_)
        | FactKind::State(_)
        | FactKind::Sync(_) => String::new(),
    }
}

fn ended(outcome: Outcome, report: TreeReport, how: Option<String>) -> String {
    let how = how.unwrap_or_else(|| "before it ran".to_owned());
    let word = match outcome {
        Outcome::Completed => "completed",
        Outcome::Failed => "failed",
        Outcome::Terminated => "stopped",
    };
    match tree_report(report).words() {
        Some(tree) => format!("{word}: {how}; {tree}"),
        None => format!("{word}: {how}"),
    }
}

/// Describes that an activity has ended.
fn standing_over(was: &Activity) -> &'static str {
    match was {
        Activity::Asks(_) => "its question is answered, or gone",
        Activity::Failing(_) | Activity::Failed(_) => "the error is gone",
        Activity::Unresponsive(_) => "it responds again",
        Activity::Done | Activity::Working | Activity::Idle => "a turn has begun",
    }
}
