//! Describes facts and refusals of `quarterdeck_core::plan` in words.

use super::tasks::text_name;
use super::words::{Refusal, name_of, plural};
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::plan::{Added, Counts, Fault, Plan, PlanDenied, PlanFact, PlanSpec, PlanState, SkipCause};
use quarterdeck_core::task::When;
use quarterdeck_core::view::View;
use serde_json::{Value, json};

/// Describes a fact about plans in one line for people.
pub(super) fn message(fact: &PlanFact, view: &View) -> String {
    let plan = name(fact.plan(), view);
    match fact {
        PlanFact::Drafted { spec, .. } => {
            format!("plan {}: drafted, version {}", spec.name, short_version(&spec.version))
        }
        PlanFact::Validating { .. } => format!("plan {plan}: being checked"),
        PlanFact::Validated { tasks, edges, layers, .. } => {
            let tasks = plural(*tasks, "task", "tasks");
            let (edges, layers) = (plural(*edges, "need", "needs"), plural(*layers, "layer", "layers"));
            format!("plan {plan}: valid: {tasks}, {edges}, {layers}")
        }
        PlanFact::TasksAdded { nodes, .. } => {
            let tasks: usize = nodes.iter().map(|node| node.tasks.len()).sum();
            format!("plan {plan}: {} added", plural(tasks as u32, "task", "tasks"))
        }
        PlanFact::Ready { .. } => format!("plan {plan}: ready"),
        PlanFact::Started { .. } => format!("plan {plan}: started"),
        PlanFact::Expanded { items, node, .. } => {
            let of = node_name(fact.plan(), node.node, view);
            format!("plan {plan}: {of} is {}", plural(items.len() as u32, "task", "tasks"))
        }
        PlanFact::Skipped { node, why, .. } => {
            let of = node_name(fact.plan(), *node, view);
            format!("plan {plan}: {of} is skipped: {}", skip_cause(*why, fact.plan(), view))
        }
        PlanFact::HeldBack { node, after, .. } => {
            let [of, after] = [*node, *after].map(|node| node_name(fact.plan(), node, view));
            format!("plan {plan}: {of} is held back, because {after} failed")
        }
        PlanFact::Stopping { failed, .. } => {
            format!("plan {plan}: stopping, because {} failed", task_name(fact.plan(), *failed, view))
        }
        PlanFact::Paused { frozen, .. } if frozen.is_empty() => format!("plan {plan}: paused"),
        PlanFact::Paused { frozen, .. } => {
            let names: Vec<String> = frozen.iter().map(|agent| name_of(*agent, view)).collect();
            format!("plan {plan}: paused, with {}", names.join(", "))
        }
        PlanFact::Froze { agent, .. } => format!("plan {plan}: {} is frozen with it", name_of(*agent, view)),
        PlanFact::Resumed { .. } => format!("plan {plan}: resumed"),
        PlanFact::Reopened { .. } => format!("plan {plan}: goes on from its failed tasks"),
        PlanFact::Completed { counts, .. } => format!("plan {plan}: completed: {}", counted(counts)),
        PlanFact::Failed { counts, reason, .. } => format!("plan {plan}: failed: {reason} ({})", counted(counts)),
        PlanFact::Cancelled { reason, by, .. } => {
            format!("plan {plan}: {}", super::words::cancelled(reason, by.as_ref(), view))
        }
        PlanFact::Forgotten { .. } => format!("plan {plan}: forgotten"),
    }
}

/// Returns a fact's data for programs. It does not contain the whole plan, which clients can ask for, because every
/// reader receives the fact.
pub(super) fn data(fact: &PlanFact, view: &View) -> Value {
    let plan = fact.plan();
    let mut data = match fact {
        PlanFact::Drafted { spec, prefix, .. } => {
            let PlanSpec { name, version, file, fail_mode, tasks } = &**spec;
            json!({"name": name, "version": version, "file": file, "fail_mode": fail_mode, "tasks": tasks.len(), "prefix": prefix})
        }
        PlanFact::Validated { tasks, edges, layers, .. } => json!({"tasks": tasks, "edges": edges, "layers": layers}),
        PlanFact::TasksAdded { nodes, .. } => {
            json!({"tasks": nodes.iter().map(|node| node.tasks.len()).sum::<usize>()})
        }
        PlanFact::Expanded { items, node: Added { node, tasks, .. }, .. } => {
            json!({"node": node_name(plan, *node, view), "items": items, "tasks": tasks.iter().map(ToString::to_string).collect::<Vec<_>>()})
        }
        PlanFact::Skipped { node, why, .. } => {
            json!({"node": node_name(plan, *node, view), "why": skip_cause(*why, plan, view)})
        }
        PlanFact::HeldBack { node, after, .. } => {
            json!({"node": node_name(plan, *node, view), "after": node_name(plan, *after, view)})
        }
        PlanFact::Stopping { failed, .. } => json!({"failed": task_name(plan, *failed, view)}),
        PlanFact::Paused { frozen, .. } => {
            json!({"frozen": frozen.iter().map(|agent| name_of(*agent, view)).collect::<Vec<_>>()})
        }
        PlanFact::Froze { agent, .. } => json!({"agent": name_of(*agent, view)}),
        PlanFact::Completed { counts, .. } => json!({"counts": counts}),
        PlanFact::Failed { counts, reason, .. } => json!({"counts": counts, "reason": reason}),
        PlanFact::Cancelled { reason, by, .. } => json!({"reason": reason, "by": by}),
        PlanFact::Validating { .. }
        | PlanFact::Ready { .. }
        | PlanFact::Started { .. }
        | PlanFact::Resumed { .. }
        | PlanFact::Reopened { .. }
        | PlanFact::Forgotten { .. } => json!({}),
    };
    data["plan"] = json!(plan.to_string());
    if data.get("name").is_none() {
        data["name"] = json!(name(plan, view));
    }
    data
}

/// Describes why a command about plans was refused.
pub(in crate::supervisor) fn refusal(denied: &PlanDenied, view: &View) -> Refusal {
    let (code, why, hint) = match denied {
        PlanDenied::UnknownPlan => {
            ("unknown_plan", "there is no such plan".to_owned(), Some("`qd plan status` lists the plans"))
        }
        PlanDenied::Invalid { fault } => {
            ("invalid_plan", format!("it can't be run: {}", fault_words(fault)), Some("`qd plan validate` shows where"))
        }
        PlanDenied::Over { state } => ("plan_over", format!("it is {}", state_word(*state)), None),
        PlanDenied::AlreadyPaused => {
            ("already_paused", "it is paused already".to_owned(), Some("`qd plan resume` lets it go on"))
        }
        PlanDenied::NotPaused => ("not_paused", "it is not paused".to_owned(), None),
        PlanDenied::TooMany { plans_max } => (
            "too_many_plans",
            format!("{plans_max} plans run, as many as may"),
            Some("let one end, or raise `running_max` in [plans] of agents.toml"),
        ),
        PlanDenied::TaskRefused { task, denied } => {
            let Refusal { why, hint, .. } = super::tasks::refusal(denied, view);
            return Refusal { code: "task_refused", why: format!("its task {task} was refused: {why}"), hint };
        }
        PlanDenied::ShuttingDown => {
            ("shutting_down", "the fleet is ending".to_owned(), Some("`qd up` starts it again afterwards"))
        }
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

/// Returns the state of a plan in one word.
pub(in crate::supervisor) fn state_word(state: PlanState) -> &'static str {
    match state {
        PlanState::Draft => "draft",
        PlanState::Validating => "validating",
        PlanState::Ready => "ready",
        PlanState::Running => "running",
        PlanState::Completed => "completed",
        PlanState::Failed => "failed",
        PlanState::Cancelled => "cancelled",
    }
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
            format!("its list has {items} items; at most {items_max} may be")
        }
        SkipCause::Stopping => "the plan is being stopped".to_owned(),
        SkipCause::Refused => "one of its tasks was refused".to_owned(),
        SkipCause::TooLong { text, bytes_max } => {
            format!("with what is filled in, {} would have more than {bytes_max} bytes", text_name(text))
        }
        SkipCause::ListCut { node } => {
            format!(
                "{} printed more than a result may have, so its list is not known whole",
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

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Empty => "it has no tasks".to_owned(),
        Fault::Cycle { path } => format!("{} tasks need one another in a circle", path.len()),
        Fault::TooManyTasks { tasks, tasks_max } => format!("it has {tasks} tasks; at most {tasks_max} may be"),
        Fault::TooManyEdges { edges, edges_max } => format!("its tasks have {edges} needs; at most {edges_max} may be"),
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

/// Returns a plan's name, or its number if it is forgotten.
fn name(plan: PlanId, view: &View) -> String {
    view.plans.get(plan).map_or_else(|| plan.to_string(), |plan| plan.spec.name.clone())
}

fn node_name(plan: PlanId, node: u32, view: &View) -> String {
    let task = view.plans.get(plan).and_then(|plan: &Plan| plan.spec.tasks.get(node as usize));
    task.map_or_else(|| format!("task {node}"), |task| task.name.clone())
}

fn task_name(plan: PlanId, task: TaskId, view: &View) -> String {
    view.plans.get(plan).and_then(|plan| plan.task_name(task)).unwrap_or_else(|| task.to_string())
}
