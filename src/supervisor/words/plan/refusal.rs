//! Why a command about plans was refused.

use super::stand::state_of;
use crate::supervisor::words::common::Refusal;
use crate::supervisor::words::task::refusal as task;
use quarterdeck_core::plan::{Fault, PlanDenied};
use quarterdeck_core::view::View;

/// Describes why a command about plans was refused.
pub(in crate::supervisor) fn refusal(denied: &PlanDenied, view: &View) -> Refusal {
    let (code, why, hint) = match denied {
        PlanDenied::UnknownPlan => return unknown_plan(),
        PlanDenied::Invalid { fault } => {
            ("invalid_plan", format!("it can't be run: {}", fault_words(fault)), Some("`qd plan validate` shows where"))
        }
        PlanDenied::Over { state } => ("plan_over", format!("it is {}", state_of(*state).word()), None),
        PlanDenied::AlreadyPaused => {
            ("already_paused", "it is paused already".to_owned(), Some("`qd plan resume` resumes it"))
        }
        PlanDenied::NotPaused => ("not_paused", "it is not paused".to_owned(), None),
        PlanDenied::TooMany { plans_max } => (
            "too_many_plans",
            format!("{plans_max} plans run, which is the maximum"),
            Some("let one end, or raise `running_max` in [plans] of agents.toml"),
        ),
        PlanDenied::TaskRefused { task, denied } => {
            let Refusal { why, hint, .. } = task::refusal(denied, view);
            return Refusal { code: "task_refused", why: format!("its task {task} was refused: {why}"), hint };
        }
        PlanDenied::ShuttingDown => return Refusal::shutting_down(),
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

/// Returns the refusal of a command about a plan that is not kept.
pub(in crate::supervisor) fn unknown_plan() -> Refusal {
    Refusal::new("unknown_plan", "there is no such plan").hint("`qd plan status` lists the plans")
}

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Empty => "it has no tasks".to_owned(),
        Fault::Cycle { path } => format!("{} tasks need one another in a circle", path.len()),
        Fault::TooManyTasks { tasks, tasks_max } => format!("it has {tasks} tasks; at most {tasks_max} are allowed"),
        Fault::TooManyEdges { edges, edges_max } => {
            format!("its tasks have {edges} needs; at most {edges_max} are allowed")
        }
        Fault::TooDeep { depth, depth_max, .. } => {
            format!("its longest chain of dependent tasks has {depth} tasks; at most {depth_max} are allowed")
        }
        Fault::BadList { items, items_max, .. } => format!("a list has {items} items; 1 to {items_max} are allowed"),
        Fault::BadName { .. }
        | Fault::Duplicate { .. }
        | Fault::Dangling { .. }
        | Fault::SelfNeed { .. }
        | Fault::NeededTwice { .. }
        | Fault::HearsUnneeded { .. } => "its tasks do not name one another as they must".to_owned(),
    }
}
