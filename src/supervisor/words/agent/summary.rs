//! An agent's state in one short line, as the list of agents shows it.

use super::standing::{cause, gave_up, health, standing, symptom, waiting};
use crate::api::agents::{Blocked, Status};
use crate::api::condition::Condition;
use crate::api::tasks::AgentTask;
use crate::api::work::Work;
use crate::supervisor::words::common::{ending_words, plural};
use quarterdeck_core::barred::Barred;
use quarterdeck_core::ending::{Exit, Outcome};
use quarterdeck_core::fact::Origin;
use quarterdeck_core::health::Cause;
use quarterdeck_core::status::{Activity, QuestionKind, Verdict};
use quarterdeck_core::view::{AgentView, Pause, State, View};

/// What is known of an agent when its summary is made.
pub(in crate::supervisor) struct Known<'a> {
    /// The agent in the view.
    pub(in crate::supervisor) agent: &'a AgentView,
    /// The agent's status, as clients see it.
    pub(in crate::supervisor) status: Status,
    /// What the agent's program is doing.
    pub(in crate::supervisor) verdict: Option<&'a Verdict>,
    /// How the agent's newest run ended, if the agent has no live run.
    pub(in crate::supervisor) exit: Option<Exit>,
    /// The lock that the agent waits for.
    pub(in crate::supervisor) blocked: Option<&'a Blocked>,
    /// The task that the agent has.
    pub(in crate::supervisor) task: Option<&'a AgentTask>,
    /// The work in the agent's worktree.
    pub(in crate::supervisor) work: Option<&'a Work>,
}

/// What is said of an agent in one short line.
pub(in crate::supervisor) struct Said {
    /// The whole line, as `idle: its turn has ended`.
    pub(in crate::supervisor) summary: String,
    /// What the line says beyond the word for the agent's condition, as `its turn has ended`; empty if nothing.
    pub(in crate::supervisor) detail: String,
}

impl Said {
    /// Returns the word for a condition, with nothing more.
    fn only(condition: Condition) -> Said {
        Said { summary: condition.title(), detail: String::new() }
    }

    /// Returns the word for a condition, and what makes it so.
    fn with(condition: Condition, detail: impl Into<String>) -> Said {
        let detail = detail.into();
        Said { summary: format!("{}: {detail}", condition.title()), detail }
    }

    /// Returns a text that speaks for itself.
    fn text(text: impl Into<String>) -> Said {
        let summary = text.into();
        Said { detail: summary.clone(), summary }
    }

    /// Adds another detail to the line.
    fn and(self, more: &str) -> Said {
        let detail = if self.detail.is_empty() { more.to_owned() } else { format!("{}; {more}", self.detail) };
        Said { summary: format!("{}; {more}", self.summary), detail }
    }
}

/// Returns an agent's state in one short line: what blocks it, else what it works on, else what it does.
pub(in crate::supervisor) fn said(known: &Known<'_>, view: &View) -> Said {
    let said = known.blocked.map(blocked).or_else(|| known.task.and_then(|task| at_work(task, known.status)));
    let said = said.unwrap_or_else(|| by_itself(known, view));
    let at_rest = matches!(known.status, Status::Idle | Status::Stopped);
    match known.work.filter(|_| at_rest).and_then(Work::uncommitted_words) {
        Some(words) => said.and(&words),
        None => said,
    }
}

/// Describes what blocks an agent, as `blocked: waits for src, by builder`.
fn blocked(blocked: &Blocked) -> Said {
    let by = blocked.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
    Said::with(Condition::Blocked, format!("waits for {}{by}", blocked.wants))
}

/// Describes what an agent does for its task, as `works on build (42%)`; none while it waits for a person or is paused,
/// which is shown first.
fn at_work(task: &AgentTask, status: Status) -> Option<Said> {
    let AgentTask { name, progress_percent, says_nothing, .. } = task;
    let percent = progress_percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
    match status {
        Status::Working | Status::Idle if *says_nothing => {
            Some(Said::with(Condition::Idle, format!("{name} not reported as done")))
        }
        Status::Working => Some(Said::text(format!("works on {name}{percent}"))),
        Status::Idle => Some(Said::with(Condition::Idle, format!("has {name}{percent}"))),
        _ => None,
    }
}

/// Describes an agent without what it does for the fleet.
fn by_itself(known: &Known<'_>, view: &View) -> Said {
    let Known { agent, status, verdict, exit, .. } = *known;
    let activity = verdict.map(|verdict| &verdict.activity);
    let reason = agent.last.as_ref().and_then(|last| last.reason.as_deref());
    let how = || ending_words(exit, reason, agent.barred());
    match (&agent.state, status) {
        (_, Status::Paused) if agent.pause == Pause::Pausing => Said::text("pausing"),
        (_, Status::Paused) => Said::only(Condition::Paused),
        (_, Status::Waiting | Status::Error | Status::Unresponsive) => activity.map_or_else(|| Said::text(""), concern),
        (_, Status::Idle) if activity == Some(&Activity::Done) => {
            Said::with(Condition::Idle, standing(&Activity::Done))
        }
        (_, Status::Working | Status::Idle) if agent.origin == Origin::Joined => Said::text(Condition::Joined.title()),
        (_, Status::Working) => Said::only(Condition::Working),
        (_, Status::Idle) => Said::only(Condition::Idle),
        (State::Off, _) => Said::only(Condition::Off),
        (State::Queued { why }, _) => Said::with(Condition::Queued, waiting(why, view)),
        (State::Preparing, _) => Said::text("preparing its workspace"),
        (State::Starting | State::Ready, _) => Said::only(Condition::Starting),
        (State::Stopping { why }, _) => Said::with(Condition::Stopping, cause(*why)),
        (State::Lost, _) => Said::text(health(Cause::Lost)),
        (State::Ended { outcome: Outcome::Completed }, _) => Said::only(Condition::Completed),
        (State::Ended { outcome: Outcome::Terminated }, _) => Said::only(Condition::Stopped),
        (State::Ended { outcome: Outcome::Failed }, _) => {
            how().map_or_else(|| Said::only(Condition::Failed), Said::text)
        }
        (State::Backoff { .. }, _) if let Some(Barred::Quota { .. }) = agent.barred() => {
            Said::text(format!("waits for its quota ({})", how().unwrap_or_default()))
        }
        (State::Backoff { .. }, _) => {
            let failed = how().unwrap_or_else(|| "ended".into());
            Said::text(format!("{failed}; restarts soon ({})", plural(agent.failures, "failure", "failures")))
        }
        (State::GaveUp { why }, _) => {
            let how = how().map(|how| format!(" ({how})")).unwrap_or_default();
            Said::text(format!("{}{how}", gave_up(*why)))
        }
    }
}

/// Describes the activity of a program that needs a person.
fn concern(activity: &Activity) -> Said {
    match activity {
        Activity::Unresponsive(of) => Said::with(Condition::Unresponsive, symptom(*of)),
        Activity::Asks(question) if question.kind == QuestionKind::Call => match question.text.as_str() {
            "" => Said::only(Condition::NeedsYou),
            text => Said::with(Condition::NeedsYou, text),
        },
        other => Said::text(standing(other)),
    }
}
