//! Why a plan is in its current state: what runs, what holds up the rest, and how the ended tasks ended.

use super::show;
use super::stand::{held_back, is_skipped};
use crate::api::events::EventRecord;
use crate::api::plans::PlanExplanation;
use crate::supervisor::words::common::name_of;
use crate::supervisor::words::task::stage::{held, is_held, stage};
use crate::supervisor::words::task::trouble::trouble_of;
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::plan::{NodeState, Plan, TaskEnd};
use quarterdeck_core::task::Stage;
use quarterdeck_core::view::View;

/// How many reasons of one kind are shown; the others are counted.
const REASONS_SHOWN: usize = 10;

/// Describes why a plan is in its current state, with its newest facts; none if its record was deleted.
pub(in crate::supervisor) fn explained(id: PlanId, facts: Vec<EventRecord>, view: &View) -> Option<PlanExplanation> {
    let plan = view.plans.get(id)?;
    let name = plan.spec.name.clone();
    Some(PlanExplanation {
        answer: format!("plan {name} ({id}) is {}", show::one(id, view)?.summary),
        because: because(id, plan, view),
        hints: hints(&name, plan),
        plan: name,
        facts,
    })
}

fn because(id: PlanId, plan: &Plan, view: &View) -> Vec<String> {
    let of = |task: TaskId| plan.task_name(task).unwrap_or_else(|| task.to_string());
    let open = || plan.members.iter().filter(|(_, member)| member.end.is_none()).map(|(task, _)| *task);
    let failed = plan.members.iter().filter(|(_, member)| member.end == Some(TaskEnd::Failed));
    let failed = failed.map(|(task, _)| {
        let why = view.tasks.get(*task).and_then(|task| trouble_of(task, view));
        let why = why.unwrap_or_else(|| "for no known reason".to_owned());
        format!("{} failed: {why}", of(*task))
    });
    let standing = open().filter_map(|task| standing(task, &of(task), view));
    let unmade = plan.nodes.iter().zip(&plan.spec.tasks).filter_map(|(node, task)| {
        let name = &task.name;
        match node.state {
            NodeState::Made => None,
            NodeState::Waits if plan.state.is_over() => None,
            NodeState::Waits => {
                let needed: Vec<&str> =
                    task.needs.iter().map(|need| plan.spec.tasks[need.task as usize].name.as_str()).collect();
                Some(format!("{name} is made when {} is there", needed.join(", ")))
            }
            NodeState::HeldBack { after } => {
                Some(format!("{name} {}", held_back(&plan.spec.tasks[after as usize].name)))
            }
            NodeState::Skipped { why } => Some(format!("{name} {}", is_skipped(why, id, view))),
        }
    });
    let mut because = some_of(failed.collect());
    because.extend(some_of(standing.collect()));
    because.extend(some_of(unmade.collect()));
    because
}

/// Describes the state of an open task; none for a task that has ended.
fn standing(task: TaskId, name: &str, view: &View) -> Option<String> {
    let known = view.tasks.get(task).filter(|task| !task.has_ended())?;
    let agent = known.agent.map(|agent| name_of(agent, view)).unwrap_or_default();
    Some(match &known.stage {
        Stage::Held(why) => format!("{name} {}", is_held(&held(why, task, view))),
        entered => format!("{name} {}", stage(entered, &agent)),
    })
}

fn some_of(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(REASONS_SHOWN);
    lines.truncate(REASONS_SHOWN);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

fn hints(name: &str, plan: &Plan) -> Vec<String> {
    let failed = plan.counts.failed > 0;
    match () {
        () if plan.state.is_over() => vec![format!("qd plan start {}", plan.spec.file.as_deref().unwrap_or_default())],
        () if plan.paused.is_some() => vec![format!("qd plan resume {name}")],
        () if failed => vec!["qd task retry TASK".to_owned(), format!("qd plan cancel {name}")],
        () => vec![format!("qd plan graph {name}"), format!("qd plan cancel {name}")],
    }
}
