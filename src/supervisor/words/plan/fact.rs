//! What happened to plans: in one line for people, and as data for programs.

use super::stand::{counted, held_back, is_skipped, name_in_plan, node_name, short_version, skip_cause};
use crate::supervisor::words::common::{cancelled, name_of, plan_name, plural};
use quarterdeck_core::plan::{Added, PlanFact, PlanSpec};
use quarterdeck_core::view::View;
use serde_json::{Value, json};

/// Describes a fact about plans in one line for people.
pub(in crate::supervisor) fn message(fact: &PlanFact, view: &View) -> String {
    let plan = plan_name(fact.plan(), view);
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
            format!("plan {plan}: {of} {}", is_skipped(*why, fact.plan(), view))
        }
        PlanFact::HeldBack { node, after, .. } => {
            let [of, after] = [*node, *after].map(|node| node_name(fact.plan(), node, view));
            format!("plan {plan}: {of} {}", held_back(&after))
        }
        PlanFact::Stopping { failed, .. } => {
            format!("plan {plan}: stopping, because {} failed", name_in_plan(fact.plan(), *failed, view))
        }
        PlanFact::Paused { frozen, .. } if frozen.is_empty() => format!("plan {plan}: paused"),
        PlanFact::Paused { frozen, .. } => {
            let names: Vec<String> = frozen.iter().map(|agent| name_of(*agent, view)).collect();
            format!("plan {plan}: paused, with {}", names.join(", "))
        }
        PlanFact::Froze { agent, .. } => format!("plan {plan}: {} is frozen with it", name_of(*agent, view)),
        PlanFact::Resumed { .. } => format!("plan {plan}: resumed"),
        PlanFact::Reopened { .. } => format!("plan {plan}: continues from its failed tasks"),
        PlanFact::Completed { counts, .. } => format!("plan {plan}: completed: {}", counted(counts)),
        PlanFact::Failed { counts, reason, .. } => format!("plan {plan}: failed: {reason} ({})", counted(counts)),
        PlanFact::Cancelled { reason, by, .. } => {
            format!("plan {plan}: {}", cancelled(reason, by.as_ref(), view))
        }
        PlanFact::Forgotten { .. } => format!("plan {plan}: its record is deleted"),
    }
}

/// Returns a fact's data for programs. It does not contain the whole plan, which clients can ask for, because every
/// reader receives the fact.
pub(in crate::supervisor) fn data(fact: &PlanFact, view: &View) -> Value {
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
        PlanFact::Stopping { failed, .. } => json!({"failed": name_in_plan(plan, *failed, view)}),
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
        data["name"] = json!(plan_name(plan, view));
    }
    data
}
