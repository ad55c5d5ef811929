//! Why an agent is in its current state: the core's chain of reasons in words, and what would change it.

use super::standing::{cause, gave_up, source, standing, waits_for_quota};
use crate::amounts::whole_span;
use crate::api::agents::{Agent, AgentHealth, Explanation, Status};
use crate::api::events::EventRecord;
use crate::api::work::Work;
use crate::supervisor::words::common::{name_of, plural, task_name};
use crate::supervisor::words::lock::scopes::{in_the_way, wanted};
use crate::supervisor::words::task::fact;
use quarterdeck_core::ending::{GiveUp, Outcome};
use quarterdeck_core::fleet::explain::{self as core, Link, Reason};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::policy::{Readiness, SILENT_START_MAX};
use quarterdeck_core::status::Activity;
use quarterdeck_core::view::View;

/// An agent to explain, as it is shown, with what else is known of it.
pub(in crate::supervisor) struct Asked<'a> {
    /// The agent's number in the core.
    pub(in crate::supervisor) id: AgentId,
    /// The agent, as it is listed.
    pub(in crate::supervisor) agent: &'a Agent,
    /// Why the agent's worktree could not be examined.
    pub(in crate::supervisor) unseen: Option<String>,
    /// The newest facts about the agent.
    pub(in crate::supervisor) facts: Vec<EventRecord>,
}

/// Describes why an agent is in its current state.
pub(in crate::supervisor) fn explained(explained: &core::Explanation, of: Asked<'_>, view: &View) -> Explanation {
    let Asked { id, agent, unseen, facts } = of;
    let name = &agent.name;
    let answer = explained.chain.first().map_or_else(
        || format!("{name} is not known to the fleet"),
        |link| format!("{name} {}{}", reason(&link.reason, view), age(link, id, view)),
    );
    let because = explained.chain.iter().skip(1).map(|link| {
        format!("{} {}, for {}", name_of(link.agent, view), reason(&link.reason, view), whole_span(link.age.0))
    });
    let (silent, report) = silent_task(id, view).unzip();
    Explanation {
        agent: name.clone(),
        answer,
        because: because
            .chain(ill_health(agent))
            .chain(held_message(id, agent.status, view))
            .chain(silent)
            .chain(left(agent.work.as_ref(), unseen))
            .collect(),
        hints: explained
            .chain
            .iter()
            .flat_map(|link| hint(&link.reason, &name_of(link.agent, view)))
            .chain(report)
            .chain(way_on(agent))
            .collect(),
        facts,
    }
}

/// Describes how long a state has lasted; for a verdict about the program also its source, and whether it is snoozed.
fn age(link: &Link, agent: AgentId, view: &View) -> String {
    let standing = view.agents.get(&agent).and_then(|agent| agent.standing.as_ref());
    let Some(standing) = standing.filter(|_| matches!(link.reason, Reason::Standing(_))) else {
        return format!(", for {}", whole_span(link.age.0));
    };
    let snoozed = if standing.snoozed_until.is_some() { "; snoozed" } else { "" };
    format!(" (for {}, {}{snoozed})", whole_span(link.age.0), source(standing.verdict.source))
}

/// Describes an agent's health unless it is good, as `degraded: it was started again after 1 failure`.
fn ill_health(agent: &Agent) -> Option<String> {
    let is_ill = matches!(agent.health, AgentHealth::Degraded | AgentHealth::Unhealthy);
    agent.health_reason.as_ref().filter(|_| is_ill).map(|why| format!("{}: {why}", agent.health.word()))
}

/// Describes why a message for the agent's terminal is not typed yet; none if there is no message.
fn held_message(agent: AgentId, status: Status, view: &View) -> Option<String> {
    let mut to_type = view.mail.to_type(agent);
    let first = to_type.next()?;
    let more = match to_type.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let why = match status {
        Status::Working => "it works; it is typed when it is idle",
        Status::Waiting => "it asks a person, and what is typed now would answer",
        Status::Error => "it meets errors",
        Status::Unresponsive => "it does not respond",
        Status::Paused => "it is paused",
        Status::Idle => "a person is typing there, or its question has not been answered at its keyboard yet",
        Status::Pending | Status::Stopping | Status::Stopped => "it has no run that is ready",
    };
    Some(format!("message {} from {} is held{more}: {why}", first.id, first.letter.from))
}

/// Describes that the agent's turn has ended while its task reports nothing, and what to do; none if that is not so.
fn silent_task(agent: AgentId, view: &View) -> Option<(String, String)> {
    let task = view.tasks.current(agent)?;
    let asks = view.tasks.get(task)?.asks.as_ref()?;
    let after = if asks.why.is_some() { "" } else { " If nobody says otherwise, it is done soon." };
    let said = format!("{} {}{after}", task_name(task, view), fact::asks(asks.why.as_deref()));
    Some((said, format!("qd task done {task}   # or `qd task fail {task}`")))
}

/// Describes the uncommitted work in the agent's worktree and the commits on its branch; `unseen` is why the worktree
/// could not be examined.
fn left(work: Option<&Work>, unseen: Option<String>) -> impl Iterator<Item = String> {
    let files = work.and_then(Work::uncommitted_words).map(|words| format!("its worktree has {words}"));
    let commits = work.and_then(Work::ahead_words).map(|words| format!("its branch has {words}"));
    let unseen = unseen.map(|why| format!("its worktree can't be examined: {why}"));
    [files, commits, unseen].into_iter().flatten()
}

/// Returns the command that commits the agent's work to its branch, or merges that branch.
fn way_on(agent: &Agent) -> Option<String> {
    let work = agent.work.as_ref()?;
    match (work.uncommitted_words(), work.ahead_words(), &agent.branch) {
        (Some(words), ..) => Some(format!("qd commit {}   # {words}", agent.name)),
        (None, Some(words), Some(branch)) => Some(format!("git merge {branch}   # {words}")),
        (None, ..) => None,
    }
}

fn reason(reason: &Reason, view: &View) -> String {
    match reason {
        Reason::Ready => "is ready; nothing is in the way".into(),
        Reason::Standing(activity) => standing(activity),
        Reason::Blocked { wants, behind, given_up_in, .. } => {
            let until = given_up_in.map(|left| format!(" (given up in {})", whole_span(left.0))).unwrap_or_default();
            format!("waits for a lock on {}{until}: {}", wanted(wants), in_the_way(behind, view))
        }
        Reason::Paused => "is paused; its timers are suspended".into(),
        Reason::ShuttingDown => "does not start, because the fleet is ending".into(),
        Reason::NotAsked => "was not asked to start".into(),
        Reason::NoPlace { max_concurrent, ahead } => {
            let places = plural(*max_concurrent, "place", "places");
            match ahead {
                0 => format!("waits for one of {places} (max_concurrent) and is next in the queue"),
                1 => format!("waits for one of {places} (max_concurrent), 1 is ahead of it"),
                ahead => format!("waits for one of {places} (max_concurrent), {ahead} are ahead of it"),
            }
        }
        Reason::Behind => "waits for another agent to become ready or to complete".into(),
        Reason::BehindSettled => "waits for another agent that will not become ready by itself".into(),
        Reason::Preparing => "waits until its workspace is made".into(),
        Reason::Launching => "is being started".into(),
        Reason::NotReady(readiness) => format!("runs, and is not ready until {}", readiness_words(*readiness)),
        Reason::Stopping { why, kill_in: Some(left) } => {
            format!("is stopping ({}); SIGKILL in {}", cause(*why), whole_span(left.0))
        }
        Reason::Stopping { why, kill_in: None } => format!("is stopping ({})", cause(*why)),
        Reason::Lost => "lost its keeper; its remaining processes are being killed".into(),
        Reason::Ended(Outcome::Completed) => "has completed".into(),
        Reason::Ended(Outcome::Failed) => "failed, and its restart policy starts no other run".into(),
        Reason::Ended(Outcome::Terminated) => "was stopped".into(),
        Reason::BackingOff { left, barred: Some(_), .. } => waits_for_quota(&whole_span(left.0)),
        Reason::BackingOff { left, failures, barred: None } => {
            format!(
                "starts again in {} after {}",
                whole_span(left.0),
                plural(*failures, "failure", "failures in a row")
            )
        }
        Reason::GaveUp(why) => gave_up(*why),
    }
}

fn readiness_words(readiness: Readiness) -> String {
    match readiness {
        Readiness::FirstOutput => {
            format!(
                "it writes something, or, unless tasks are typed into it, has run for {}",
                whole_span(SILENT_START_MAX.0)
            )
        }
        Readiness::Pattern => "a line of its output matches the pattern".into(),
        Readiness::Delay(delay) => format!("{} have passed", whole_span(delay.0)),
        Readiness::Command { .. } => "its readiness command exits 0".into(),
    }
}

/// Returns the command that changes the agent's state.
fn hint(reason: &Reason, name: &str) -> Option<String> {
    match reason {
        Reason::Paused => Some(format!("qd resume {name}")),
        Reason::GaveUp(GiveUp::Login) => Some(format!("qd start {name}   # when you have logged in with its program")),
        Reason::NotAsked | Reason::GaveUp(_) | Reason::Ended(_) | Reason::BackingOff { .. } => {
            Some(format!("qd start {name}"))
        }
        Reason::Blocked { .. } => Some("qd lock list   # and `qd lock force` takes one from its holder".into()),
        Reason::NoPlace { .. } => Some("raise max_concurrent in [fleet] of agents.toml".into()),
        Reason::Standing(Activity::Asks(_)) => {
            Some(format!("qd attach {name}   # answers it; `qd snooze {name}` hides it for a while"))
        }
        Reason::Standing(Activity::Unresponsive(_)) => {
            Some(format!("qd attach {name}   # shows it; `qd restart {name}` starts it again"))
        }
        Reason::NotReady(_) | Reason::Ready | Reason::Standing(_) => Some(format!("qd screen {name}")),
        Reason::Stopping { .. } => Some(format!("qd stop {name}   # a second time: skips the grace")),
        Reason::ShuttingDown => Some("qd up   # when it has ended".into()),
        Reason::Behind | Reason::BehindSettled | Reason::Preparing | Reason::Launching | Reason::Lost => None,
    }
}
