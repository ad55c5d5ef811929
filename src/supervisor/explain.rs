//! Explains why an agent is in its current state: the core's chain of reasons in words, and what would change it.

use super::context::Context;
use super::problem::Failure;
use super::work::known::Freshness;
use super::{describe, roster, work};
use crate::api::agents::{AgentHealth, Explanation, Status};
use crate::api::events::EventQuery;
use crate::supervisor::context::{Screens, Trees};
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::ending::{GiveUp, Outcome};
use quarterdeck_core::fleet::explain::{Link, Reason};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::policy::{Readiness, SILENT_START_MAX};
use quarterdeck_core::status::Activity;
use quarterdeck_core::time::Span;
use quarterdeck_core::view::View;

/// How many facts are shown with an explanation.
const FACTS_SHOWN: u32 = 10;

/// Asks the core why an agent is in its current state, and describes the answer.
pub(super) async fn explain(context: &Context, agent: AgentId, name: &str) -> Result<Explanation, Failure> {
    work::refresh_one(context, agent, name, Freshness::Soon).await;
    let explained = context.kernel.explain(agent).await?;
    let query = EventQuery { agent: Some(name.to_owned()), limit: Some(FACTS_SHOWN), ..EventQuery::default() };
    let facts = context.record.journal.query(query).await?.events;
    let name_of = |link: &Link| describe::words::name_of(link.agent, &context.kernel.view());
    let answer = explained.chain.first().map_or_else(
        || format!("{name} is not known to the fleet"),
        |link| format!("{name} {}{}", reason(&link.reason, &context.kernel.view()), age(link, &context.kernel, agent)),
    );
    let because = explained.chain.iter().skip(1).map(|link| {
        let why = reason(&link.reason, &context.kernel.view());
        format!("{} {why}, for {}", name_of(link), span(link.age))
    });
    Ok(Explanation {
        agent: name.to_owned(),
        answer,
        because: because
            .chain(ill_health(context, name))
            .chain(held_message(&context.kernel, &context.screens, agent))
            .chain(silent_task(&context.kernel, agent))
            .chain(left(&context.trees, agent))
            .collect(),
        hints: explained
            .chain
            .iter()
            .flat_map(|link| hint(&link.reason, &name_of(link)))
            .chain(silent_task(&context.kernel, agent).and(task_hint(&context.kernel, agent)))
            .chain(way_on(context, agent, name))
            .collect(),
        facts,
    })
}

/// Describes how long a state has lasted; for a verdict about the program also its source, and whether it is snoozed.
fn age(link: &Link, kernel: &KernelHandle, agent: AgentId) -> String {
    let view = kernel.view();
    let standing = view.agents.get(&agent).and_then(|agent| agent.standing.as_ref());
    let Some(standing) = standing.filter(|_| matches!(link.reason, Reason::Standing(_))) else {
        return format!(", for {}", span(link.age));
    };
    let snoozed = if standing.snoozed_until.is_some() { "; put off for now" } else { "" };
    format!(" (for {}, {}{snoozed})", span(link.age), describe::source(standing.verdict.source))
}

/// Describes an agent's health unless it is good, as `degraded: it was started again after 1 failure`.
fn ill_health(context: &Context, name: &str) -> Option<String> {
    let agent = roster::one(context, name)?;
    let grade = match agent.health {
        AgentHealth::Degraded => "degraded",
        AgentHealth::Unhealthy => "unhealthy",
        AgentHealth::Healthy | AgentHealth::Unknown => return None,
    };
    Some(format!("{grade}: {}", agent.health_reason?))
}

/// Describes why a message for the agent's terminal is not typed yet; none if there is no message.
fn held_message(kernel: &KernelHandle, screens: &Screens, agent: AgentId) -> Option<String> {
    let status = roster::status_of(kernel, screens, agent)?;
    let view = kernel.view();
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

/// Describes that the agent's turn is over while its task reports nothing; none if that is not so.
fn silent_task(kernel: &KernelHandle, agent: AgentId) -> Option<String> {
    let view = kernel.view();
    let task = view.tasks.current(agent)?;
    let asks = view.tasks.get(task)?.asks.as_ref()?;
    let name = describe::words::task_name(task, &view);
    Some(match &asks.why {
        Some(why) => format!("{name} says nothing, and its turn ended in an error: {why}"),
        None => format!("{name} says nothing, and its turn is over: if nobody says otherwise, it is done soon"),
    })
}

fn task_hint(kernel: &KernelHandle, agent: AgentId) -> Option<String> {
    let task = kernel.view().tasks.current(agent)?;
    Some(format!("qd task done {task}   # or `qd task fail {task}`"))
}

/// Describes the uncommitted work in the agent's worktree and the commits on its branch.
fn left(trees: &Trees, agent: AgentId) -> Vec<String> {
    let failed = trees.works.failure_of(agent).map(|why| format!("its worktree can't be looked at: {why}"));
    let Some(work) = trees.works.of(agent) else { return failed.into_iter().collect() };
    let files = work.uncommitted_words().map(|words| format!("its worktree has {words}"));
    let commits = work.ahead_words().map(|words| format!("its branch has {words}"));
    [files, commits, failed].into_iter().flatten().collect()
}

/// Returns the command that commits the agent's work to its branch, or merges that branch.
fn way_on(context: &Context, agent: AgentId, name: &str) -> Option<String> {
    let work = context.trees.works.of(agent)?;
    match (work.uncommitted_words(), work.ahead_words(), &context.configs.get(name)?.branch) {
        (Some(words), ..) => Some(format!("qd commit {name}   # {words}")),
        (None, Some(words), Some(branch)) => Some(format!("git merge {branch}   # {words}")),
        (None, ..) => None,
    }
}

fn reason(reason: &Reason, view: &View) -> String {
    match reason {
        Reason::Ready => "is ready; nothing is in the way".into(),
        Reason::Standing(activity) => describe::standing(activity),
        Reason::Blocked { wants, behind, given_up_in, .. } => {
            let until = given_up_in.map(|left| format!(" (given up in {})", span(left))).unwrap_or_default();
            let (wanted, in_the_way) = (describe::locks::wanted(wants), describe::locks::in_the_way(behind, view));
            format!("waits for a lock on {wanted}{until}: {in_the_way}")
        }
        Reason::Paused => "is paused; its timers stand still".into(),
        Reason::ShuttingDown => "does not start, because the fleet is ending".into(),
        Reason::NotAsked => "was not asked to start".into(),
        Reason::NoPlace { max_concurrent, ahead } => {
            let places = describe::words::plural(*max_concurrent, "place", "places");
            match ahead {
                0 => format!("waits for one of {places} (max_concurrent) and is next in line"),
                1 => format!("waits for one of {places} (max_concurrent), 1 is ahead of it"),
                ahead => format!("waits for one of {places} (max_concurrent), {ahead} are ahead of it"),
            }
        }
        Reason::Behind => "waits for another to become ready or to complete".into(),
        Reason::BehindSettled => "waits for another that will not become ready by itself".into(),
        Reason::Preparing => "has its workspace being made".into(),
        Reason::Launching => "is being started".into(),
        Reason::NotReady(readiness) => format!("runs, and is not ready until {}", readiness_words(*readiness)),
        Reason::Stopping { why, kill_in: Some(left) } => {
            format!("is stopping ({}); SIGKILL in {}", describe::cause(*why), span(*left))
        }
        Reason::Stopping { why, kill_in: None } => format!("is stopping ({})", describe::cause(*why)),
        Reason::Lost => "lost its keeper; its remaining processes are being killed".into(),
        Reason::Ended(Outcome::Completed) => "has completed".into(),
        Reason::Ended(Outcome::Failed) => "failed, and its restart policy wants no other run".into(),
        Reason::Ended(Outcome::Terminated) => "was stopped".into(),
        Reason::BackingOff { left, barred: Some(_), .. } => format!("waits {} for its quota", span(*left)),
        Reason::BackingOff { left, failures, barred: None } => format!(
            "starts again in {} after {}",
            span(*left),
            describe::words::plural(*failures, "failure", "failures in a row")
        ),
        Reason::GaveUp(why) => format!("gave up: {}", describe::give_up(*why)),
    }
}

fn readiness_words(readiness: Readiness) -> String {
    match readiness {
        Readiness::FirstOutput => {
            format!("it writes something, or, unless tasks are typed into it, has run for {}", span(SILENT_START_MAX))
        }
        Readiness::Pattern => "a line of its output matches the pattern".into(),
        Readiness::Delay(delay) => format!("{} have passed", span(delay)),
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
            Some(format!("qd attach {name}   # answers it; `qd snooze {name}` puts it off"))
        }
        Reason::Standing(Activity::Unresponsive(_)) => {
            Some(format!("qd attach {name}   # shows it; `qd restart {name}` starts it anew"))
        }
        Reason::NotReady(_) | Reason::Ready | Reason::Standing(_) => Some(format!("qd screen {name}")),
        Reason::Stopping { .. } => Some(format!("qd stop {name}   # once more: skips the grace")),
        Reason::ShuttingDown => Some("qd up   # when it has ended".into()),
        Reason::Behind | Reason::BehindSettled | Reason::Preparing | Reason::Launching | Reason::Lost => None,
    }
}

fn span(span: Span) -> String {
    match span.0 / 1_000 {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3_600),
    }
}
