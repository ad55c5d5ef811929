//! Explains why a plan is in its current state: what runs, what blocks the rest, and how the ended tasks ended.

use super::show;
use super::show::unknown;
use crate::api::events::EventQuery;
use crate::api::plans::PlanExplanation;
use crate::supervisor::context::Context;
use crate::supervisor::describe::plans::skip_cause;
use crate::supervisor::describe::tasks;
use crate::supervisor::describe::words::name_of;
use crate::supervisor::problem::Failure;
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::plan::{NodeState, Plan, TaskEnd};
use quarterdeck_core::task::Stage;
use quarterdeck_core::view::View;

/// How many facts are shown with an explanation.
const FACTS_SHOWN: u32 = 10;

/// How many reasons of one kind are shown; the others are counted.
const REASONS_SHOWN: usize = 10;

/// Explains the plan's current state in words.
pub(super) async fn explain(context: &Context, id: PlanId) -> Result<PlanExplanation, Failure> {
    let query = EventQuery { kind: Some("plan".to_owned()), limit: Some(FACTS_SHOWN), ..EventQuery::default() };
    let facts = context.record.journal.query(query).await?.events;
    let view = context.kernel.view();
    let plan = view.plans.get(id).ok_or_else(|| unknown(&id.to_string()))?;
    let shown = show::one(id, &view).ok_or_else(|| unknown(&id.to_string()))?;
    let name = plan.spec.name.clone();
    Ok(PlanExplanation {
        answer: format!("plan {name} ({id}) is {}", shown.summary),
        because: because(id, plan, &view),
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
        let why = view.tasks.get(*task).and_then(|task| tasks::trouble_of(task, view));
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
                Some(format!("{name} is held back, because {} failed", plan.spec.tasks[after as usize].name))
            }
            NodeState::Skipped { why } => Some(format!("{name} is skipped: {}", skip_cause(why, id, view))),
        }
    });
    let mut because = some_of(failed.collect());
    because.extend(some_of(standing.collect()));
    because.extend(some_of(unmade.collect()));
    because
}

/// Returns the stage of an open task in words; none for a task that is over.
fn standing(task: TaskId, name: &str, view: &View) -> Option<String> {
    let known = view.tasks.get(task)?;
    let agent = known.agent.map(|agent| name_of(agent, view)).unwrap_or_default();
    Some(match &known.stage {
        Stage::Held(why) => format!("{name} is held: {}", tasks::held(why, task, view)),
        Stage::Queued => format!("{name} waits for an agent"),
        Stage::LinedUp | Stage::Assigned => format!("{name} goes to {agent}"),
        Stage::Running => format!("{name} runs at {agent}"),
        Stage::Verifying => format!("{name} is being verified"),
        Stage::Done | Stage::Failed | Stage::Cancelled => return None,
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
