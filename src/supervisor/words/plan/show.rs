//! Converts plans to the form in which clients see them.

use super::stand::{counted, state_of};
use crate::api::agents::ms;
use crate::api::plans::{FailMode, Plan, PlanDetail, PlanEdge, PlanNode};
use crate::supervisor::words::task::show as task_show;
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::plan::{self, Items, Node};
use quarterdeck_core::task::When;
use quarterdeck_core::view::View;

/// Returns every plan, the oldest first.
pub(in crate::supervisor) fn all(view: &View) -> Vec<Plan> {
    view.plans.iter().map(|(id, plan)| shown(id, plan, view)).collect()
}

/// Returns one plan, if it is kept.
pub(in crate::supervisor) fn one(id: PlanId, view: &View) -> Option<Plan> {
    view.plans.get(id).map(|plan| shown(id, plan, view))
}

/// Returns one plan with its nodes and edges.
pub(in crate::supervisor) fn detail(id: PlanId, view: &View) -> Option<PlanDetail> {
    let plan = view.plans.get(id)?;
    let mut order: Vec<usize> = (0..plan.nodes.len()).collect();
    order.sort_by_key(|at| (plan.nodes[*at].layer, *at));
    let nodes = order.iter().flat_map(|at| nodes_of(plan, *at, view)).collect();
    let edges = order.iter().flat_map(|at| edges_to(plan, *at)).collect();
    Some(PlanDetail { plan: shown(id, plan, view), nodes, edges })
}

fn shown(id: PlanId, plan: &plan::Plan, view: &View) -> Plan {
    let at_work = |task: &TaskId| view.tasks.get(*task).is_some_and(plan_task_is_at_work);
    let running = plan.members.iter().filter(|(task, member)| member.end.is_none() && at_work(task)).count() as u32;
    let counts = &plan.counts;
    Plan {
        id: id.to_string(),
        name: plan.spec.name.clone(),
        version: plan.spec.version.clone(),
        state: state_of(plan.state),
        paused: plan.paused.is_some(),
        fail_mode: mode(plan.spec.fail_mode),
        summary: summary(plan, running),
        tasks: counts.tasks + to_be_made(plan),
        done: counts.done,
        failed: counts.failed,
        running,
        cancelled: counts.cancelled + counts.skipped,
        started_ms: ms(plan.begun),
        ended_ms: plan.ended.map(ms),
    }
}

fn plan_task_is_at_work(task: &quarterdeck_core::task::Task) -> bool {
    use quarterdeck_core::task::Stage;
    matches!(task.stage, Stage::Running | Stage::Verifying)
}

/// Returns how many nodes still have no tasks; each node is counted once.
fn to_be_made(plan: &plan::Plan) -> u32 {
    let waits = |node: &&Node| matches!(node.state, plan::NodeState::Waits | plan::NodeState::HeldBack { .. });
    if plan.state.is_over() { 0 } else { plan.nodes.iter().filter(waits).count() as u32 }
}

fn summary(plan: &plan::Plan, running: u32) -> String {
    let (state, counted) = (state_of(plan.state).word(), counted(&plan.counts));
    let paused = if plan.paused.is_some() { " (paused)" } else { "" };
    let stopping = if plan.stopping.is_some() && !plan.state.is_over() { " (stopping)" } else { "" };
    let running = if running > 0 { format!(", {running} running") } else { String::new() };
    match &plan.reason {
        Some(reason) => format!("{state}: {reason} ({counted})"),
        None => format!("{state}{paused}{stopping}: {counted}{running}"),
    }
}

fn nodes_of(plan: &plan::Plan, at: usize, view: &View) -> Vec<PlanNode> {
    let (name, node) = (&plan.spec.tasks[at].name, &plan.nodes[at]);
    if node.tasks.is_empty() {
        return vec![PlanNode { name: name.clone(), layer: node.layer, task: None }];
    }
    let one = |task: &TaskId| PlanNode {
        name: plan.task_name(*task).unwrap_or_else(|| name.clone()),
        layer: node.layer,
        task: task_show::one(*task, view),
    };
    node.tasks.iter().map(one).collect()
}

/// Returns the names of a node: one, or one for each of its tasks.
fn names_of(plan: &plan::Plan, at: usize) -> Vec<(String, Option<TaskId>)> {
    let (name, node) = (&plan.spec.tasks[at].name, &plan.nodes[at]);
    match (&plan.spec.tasks[at].items, node.tasks.as_slice()) {
        (Items::One, [task]) => vec![(name.clone(), Some(*task))],
        (_, []) => vec![(name.clone(), None)],
        (_, tasks) => {
            (1..).zip(tasks).map(|(number, task)| (format!("{name}[{number}]"), Some(*task))).collect::<Vec<_>>()
        }
    }
}

fn edges_to(plan: &plan::Plan, at: usize) -> Vec<PlanEdge> {
    let to = names_of(plan, at);
    let needs = plan.spec.tasks[at].needs.iter();
    needs
        .flat_map(|need| {
            let from = names_of(plan, need.task as usize);
            let to = &to;
            from.into_iter().flat_map(move |(from, task)| {
                let end = task.and_then(|task| plan.members.get(&task)).and_then(|member| member.end);
                let passed = end.is_some_and(|end| end.satisfies(need.when));
                to.iter().map(move |(to, _)| PlanEdge {
                    from: from.clone(),
                    to: to.clone(),
                    when: when(need.when),
                    passed,
                })
            })
        })
        .collect()
}

fn when(when: When) -> String {
    match when {
        When::Done => "done",
        When::Failed => "failed",
        When::Settled => "settled",
    }
    .to_owned()
}

fn mode(mode: plan::FailMode) -> FailMode {
    match mode {
        plan::FailMode::Stop => FailMode::Stop,
        plan::FailMode::Continue => FailMode::Continue,
        plan::FailMode::SkipDependents => FailMode::SkipDependents,
    }
}

/// Converts a fail mode to that of the core.
pub(in crate::supervisor) fn core_mode(mode: FailMode) -> plan::FailMode {
    match mode {
        FailMode::Stop => plan::FailMode::Stop,
        FailMode::Continue => plan::FailMode::Continue,
        FailMode::SkipDependents => plan::FailMode::SkipDependents,
    }
}
