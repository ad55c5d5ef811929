//! Why a task is in its current stage: the core's chain of reasons in words, and what would change it.

use super::stage::{barred_by, held, is_held, plan_stands_still, stage};
use crate::amounts::span;
use crate::api::tasks::TaskExplanation;
use crate::supervisor::words::common::{name_of, plural, task_name};
use quarterdeck_core::barred::Barred;
use quarterdeck_core::fleet::tasks::explain::{self as core, Obstacle, TaskLink, TaskReason};
use quarterdeck_core::ids::{AgentId, TaskId};
use quarterdeck_core::task::{Held, Stage, Trouble};
use quarterdeck_core::view::View;

/// Describes why a task is in its current stage; `asks` says whether an agent asks a person.
pub(in crate::supervisor) fn explained(
    explained: &core::TaskExplanation,
    task: TaskId,
    asks: impl Fn(AgentId) -> bool,
    view: &View,
) -> TaskExplanation {
    let line = |link: &TaskLink| format!("{} {}", task_name(link.task, view), reason(&link.reason, link.task, view));
    let mut lines = explained.chain.iter().map(line);
    let answer = lines.next().unwrap_or_else(|| format!("{task} is not known"));
    let mut because: Vec<String> = lines.collect();
    let last = explained.chain.last();
    because.extend(last.into_iter().flat_map(|link| obstacles(&link.reason, view)));
    // The prompt is not typed until the agent's question is answered.
    let asking = last.and_then(|link| match link.reason {
        TaskReason::OnItsWay(agent) if asks(agent) => Some(name_of(agent, view)),
        _ => None,
    });
    because.extend(asking.iter().map(|name| format!("{name} asks a person, and nobody has answered")));
    let mut hints: Vec<String> = last.into_iter().flat_map(|link| hints(link, view)).collect();
    hints.extend(asking.map(|name| {
        format!("nothing is typed into a question: `qd attach {name}` answers it, or `qd send {name} --key enter`")
    }));
    TaskExplanation { task: task_name(task, view), answer, because, hints }
}

fn reason(reason: &TaskReason, task: TaskId, view: &View) -> String {
    let known = view.tasks.get(task).filter(|task| task.stage != Stage::Done);
    let barred = || known.and_then(|task| barred_by(task, view)).map(|why| format!(": {why}")).unwrap_or_default();
    let held = |why: &Held| is_held(&held(why, task, view));
    match reason {
        TaskReason::Needs { .. } => held(&Held::Needs),
        TaskReason::Parts { .. } => held(&Held::Parts),
        TaskReason::Nobody { missing } => held(&Held::Nobody { missing: missing.clone() }),
        TaskReason::NoAgent { name } => held(&Held::NoAgent { name: name.clone() }),
        TaskReason::Locks => held(&Held::Locks),
        TaskReason::Backoff { left } => format!("is tried again in {}{}", span(left.0), barred()),
        TaskReason::PlanStandsStill(plan) => is_held(&plan_stands_still(*plan, view)),
        TaskReason::NobodyIdle { .. } => stage(&Stage::Queued, ""),
        TaskReason::LinedUp { agent, length, .. } => {
            format!("{}, {} long", stage(&Stage::LinedUp, &name_of(*agent, view)), plural(*length, "task", "tasks"))
        }
        TaskReason::OnItsWay(agent) => stage(&Stage::Assigned, &name_of(*agent, view)),
        TaskReason::Running(agent) => stage(&Stage::Running, &name_of(*agent, view)),
        TaskReason::Stopping(agent) => format!("waits until the run of {} has ended", name_of(*agent, view)),
        TaskReason::Verifying => stage(&Stage::Verifying, ""),
        TaskReason::Ended => format!("has ended{}", barred()),
    }
}

/// Returns the hint for a task that failed because its agent needs a login.
fn hint_for_login(id: TaskId, view: &View) -> Option<String> {
    let task = view.tasks.get(id).filter(|task| task.stage == Stage::Failed)?;
    let barred = task.trouble.as_ref().and_then(Trouble::barred);
    let agent = task.agent.filter(|_| barred == Some(Barred::Login))?;
    Some(format!("{}, then `qd task retry {id}`", log_in(&name_of(agent, view))))
}

fn log_in(agent: &str) -> String {
    format!("log in with the program of {agent}, then `qd start {agent}`")
}

fn obstacles(reason: &TaskReason, view: &View) -> Vec<String> {
    match reason {
        TaskReason::NobodyIdle { able } => {
            able.iter().map(|(agent, what)| format!("{} {}", name_of(*agent, view), obstacle(what, view))).collect()
        }
        TaskReason::LinedUp { agent, obstacle: what, .. } => {
            vec![format!("{} {}", name_of(*agent, view), obstacle(what, view))]
        }
        _ => Vec::new(),
    }
}

fn obstacle(obstacle: &Obstacle, view: &View) -> String {
    match obstacle {
        Obstacle::WorksOn(task) => format!("works on {}", task_name(*task, view)),
        Obstacle::NotRunning => "does not run".to_owned(),
        Obstacle::NotReady => "is not ready".to_owned(),
        Obstacle::Paused => "is paused".to_owned(),
        Obstacle::DoesNotAsk => "runs and does not ask for tasks".to_owned(),
        Obstacle::Resting => "was stopped by a person and takes no tasks until it is started".to_owned(),
        Obstacle::Barred(Barred::Login) => "takes no tasks until a person has logged in".to_owned(),
        Obstacle::Barred(Barred::Quota { .. }) => "waits for its quota".to_owned(),
        Obstacle::CannotBegin => "can't begin a run now".to_owned(),
        Obstacle::Leaving => "is no longer in agents.toml".to_owned(),
        Obstacle::Nothing => "takes another one first".to_owned(),
    }
}

fn hints(link: &TaskLink, view: &View) -> Vec<String> {
    let of_agent = |agent, obstacle: &Obstacle| {
        let name = name_of(agent, view);
        match obstacle {
            Obstacle::NotRunning | Obstacle::Resting => Some(format!("qd start {name}")),
            Obstacle::Barred(Barred::Login) => Some(log_in(&name)),
            Obstacle::Barred(Barred::Quota { .. }) => Some(format!("qd start {name}   # tries it at once")),
            Obstacle::Paused => Some(format!("qd resume {name}")),
            Obstacle::CannotBegin => Some(format!("qd explain {name}")),
            Obstacle::DoesNotAsk => Some(format!("`qd task claim --wait` in the run of {name} asks")),
            _ => None,
        }
    };
    match &link.reason {
        TaskReason::NobodyIdle { able } => {
            able.iter().filter_map(|(agent, obstacle)| of_agent(*agent, obstacle)).take(3).collect()
        }
        TaskReason::LinedUp { agent, obstacle, .. } => of_agent(*agent, obstacle).into_iter().collect(),
        TaskReason::Nobody { .. } => vec!["add the capability to an agent in agents.toml".to_owned()],
        TaskReason::Ended => hint_for_login(link.task, view).into_iter().collect(),
        TaskReason::Backoff { .. } => vec![format!("qd task retry {}", link.task)],
        TaskReason::Locks => vec!["`qd lock list` shows who is in the way".to_owned()],
        TaskReason::PlanStandsStill(plan) => {
            let paused = view.plans.get(*plan).is_some_and(|plan| plan.paused.is_some());
            paused.then(|| format!("qd plan resume {plan}")).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
