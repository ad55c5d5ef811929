//! Explains why a task is in its current stage: the core's chain of reasons in words, and what would change it.

use super::describe::tasks::trouble_of;
use super::describe::words::{name_of, plural, seconds, task_name};
use super::problem::Failure;
use super::roster::status_of;
use crate::api::agents::Status;
use crate::api::tasks::TaskExplanation;
use crate::supervisor::context::Screens;
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::barred::Barred;
use quarterdeck_core::fleet::tasks::explain::{Obstacle, TaskLink, TaskReason};
use quarterdeck_core::ids::{AgentId, TaskId};
use quarterdeck_core::task::{Stage, Trouble};
use quarterdeck_core::view::View;

/// Asks the core why a task is in its current stage, and describes the answer.
pub(super) async fn explain(
    kernel: &KernelHandle,
    screens: &Screens,
    task: TaskId,
) -> Result<TaskExplanation, Failure> {
    let explained = kernel.explain_task(task).await?;
    let view = kernel.view();
    let line = |link: &TaskLink| format!("{} {}", task_name(link.task, &view), reason(&link.reason, link.task, &view));
    let mut lines = explained.chain.iter().map(line);
    let answer = lines.next().unwrap_or_else(|| format!("{task} is not known"));
    let mut because: Vec<String> = lines.collect();
    let last = explained.chain.last();
    because.extend(last.into_iter().flat_map(|link| obstacles(&link.reason, &view)));
    let caller = last.and_then(|link| who_calls(kernel, screens, &link.reason));
    because.extend(caller.map(|agent| format!("{} asks for a person, and nobody has answered", name_of(agent, &view))));
    let mut hints: Vec<String> = last.into_iter().flat_map(|link| hints(link, &view)).collect();
    hints.extend(caller.map(|agent| {
        let name = name_of(agent, &view);
        format!("nothing is typed into a question: `qd attach {name}` answers it, or `qd send {name} --key enter`")
    }));
    Ok(TaskExplanation { task: task_name(task, &view), answer, because, hints })
}

/// Returns the agent to which a task is on its way, if it asks a person: the prompt is not typed until that is
/// answered.
fn who_calls(kernel: &KernelHandle, screens: &Screens, reason: &TaskReason) -> Option<AgentId> {
    let TaskReason::OnItsWay(agent) = reason else { return None };
    (status_of(kernel, screens, *agent)? == Status::Waiting).then_some(*agent)
}

fn reason(reason: &TaskReason, task: TaskId, view: &View) -> String {
    match reason {
        TaskReason::Needs { open } => format!("waits for {} that it needs", plural(*open, "task", "tasks")),
        TaskReason::Parts { open } => format!("waits for {} of its parts", open),
        TaskReason::Nobody { missing } if missing.is_empty() => {
            "is held: no one agent can do all it asks for".to_owned()
        }
        TaskReason::Nobody { missing } => format!("is held: no agent can do {}", missing.join(", ")),
        TaskReason::NoAgent { name } => format!("is held: there is no agent {name}"),
        TaskReason::Locks => {
            let locks = view.tasks.get(task).map(|task| task.spec.locks.join(", ")).unwrap_or_default();
            format!("waits in the line for its locks: {locks}")
        }
        TaskReason::Backoff { left } => format!("is tried again in {}{}", seconds(left.0), after(task, view)),
        TaskReason::PlanStandsStill(plan) => {
            let name = view.plans.get(*plan).map_or_else(|| plan.to_string(), |plan| plan.spec.name.clone());
            format!("waits, because plan {name} assigns nothing now")
        }
        TaskReason::NobodyIdle { .. } => "waits for an agent that can do it".to_owned(),
        TaskReason::LinedUp { agent, length, .. } => {
            format!("stands in the queue of {}, {} long", name_of(*agent, view), plural(*length, "task", "tasks"))
        }
        TaskReason::OnItsWay(agent) => format!("is on its way to {}", name_of(*agent, view)),
        TaskReason::Running(agent) => format!("is worked on by {}", name_of(*agent, view)),
        TaskReason::Stopping(agent) => format!("waits until the run of {} has ended", name_of(*agent, view)),
        TaskReason::Verifying => "is being verified".to_owned(),
        TaskReason::Ended => format!("has ended{}", after(task, view)),
    }
}

/// Describes why the newest attempt failed, if its agent's program was barred.
fn after(task: TaskId, view: &View) -> String {
    let task = view.tasks.get(task).filter(|task| task.stage != Stage::Done);
    let barred = task.filter(|task| task.trouble.as_ref().is_some_and(|why| why.barred().is_some()));
    barred.and_then(|task| trouble_of(task, view)).map(|why| format!(": {why}")).unwrap_or_default()
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
