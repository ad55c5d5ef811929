//! The states of a plan and its nodes in words, once for the facts, the list and the explanation.

use crate::api::plans::PlanState;
use crate::supervisor::words::task::refusal::text_name;
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::plan::{self as core, Counts, Plan, SkipCause};
use quarterdeck_core::task::When;
use quarterdeck_core::view::View;

/// Returns the state of a plan as clients see it.
pub(in crate::supervisor) fn state_of(state: core::PlanState) -> PlanState {
    match state {
        core::PlanState::Draft => PlanState::Draft,
        core::PlanState::Validating => PlanState::Validating,
        core::PlanState::Ready => PlanState::Ready,
        core::PlanState::Running => PlanState::Running,
        core::PlanState::Completed => PlanState::Completed,
        core::PlanState::Failed => PlanState::Failed,
        core::PlanState::Cancelled => PlanState::Cancelled,
    }
}

/// Describes that a node is held back, as `is held back, because build failed`.
pub(in crate::supervisor) fn held_back(after: &str) -> String {
    format!("is held back, because {after} failed")
}

/// Describes that a node is never made into a task, as `is skipped: build has not failed`.
pub(in crate::supervisor) fn is_skipped(why: SkipCause, plan: PlanId, view: &View) -> String {
    format!("is skipped: {}", skip_cause(why, plan, view))
}

/// Describes why a node is never made into a task.
pub(in crate::supervisor) fn skip_cause(why: SkipCause, plan: PlanId, view: &View) -> String {
    match why {
        SkipCause::Needs { node, when } => {
            let how = match when {
                When::Done => "is not done",
                When::Failed => "has not failed",
                When::Settled => "has not ended",
            };
            format!("{} {how}", node_name(plan, node, view))
        }
        SkipCause::TooManyItems { items, items_max } => {
            format!("its list has {items} items; at most {items_max} are allowed")
        }
        SkipCause::Stopping => "the plan is being stopped".to_owned(),
        SkipCause::Refused => "one of its tasks was refused".to_owned(),
        SkipCause::TooLong { text, bytes_max } => {
            format!("with what is filled in, {} would have more than {bytes_max} bytes", text_name(text))
        }
        SkipCause::ListCut { node } => {
            format!(
                "{} printed more than a result may have, so only a part of its list is known",
                node_name(plan, node, view)
            )
        }
    }
}

/// Returns the first digits of a version, enough to distinguish two versions.
pub(in crate::supervisor) fn short_version(version: &str) -> &str {
    version.get(..12).unwrap_or(version)
}

/// Describes the counts of a plan's tasks, as `3 of 9 done, 1 failed, 2 skipped`.
pub(in crate::supervisor) fn counted(counts: &Counts) -> String {
    let Counts { tasks, done, failed, skipped, cancelled } = counts;
    let others = [(failed, "failed"), (skipped, "skipped"), (cancelled, "cancelled")];
    let others = others.into_iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!(", {count} {word}"));
    format!("{done} of {tasks} done{}", others.collect::<String>())
}

/// Returns the name of a node of a plan.
pub(in crate::supervisor) fn node_name(plan: PlanId, node: u32, view: &View) -> String {
    let task = view.plans.get(plan).and_then(|plan: &Plan| plan.spec.tasks.get(node as usize));
    task.map_or_else(|| format!("task {node}"), |task| task.name.clone())
}

/// Returns the name that a task has in its plan.
pub(in crate::supervisor) fn name_in_plan(plan: PlanId, task: TaskId, view: &View) -> String {
    view.plans.get(plan).and_then(|plan| plan.task_name(task)).unwrap_or_else(|| task.to_string())
}
