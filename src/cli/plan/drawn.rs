//! The data that a drawing of a plan shows: nodes with their marks, and edges.

use crate::api::plans::PlanDetail;
use crate::api::tasks::TaskState;
use crate::report::output::clean;
use quarterdeck_core::plan::{Items, PlanPolicy, PlanSpec, graph};
use quarterdeck_core::task::When;
use std::collections::HashMap;

/// A plan as it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The name of the plan.
    pub(super) name: String,
    /// The plan's nodes, each after all its dependencies.
    pub(super) nodes: Vec<DrawnNode>,
    /// The plan's edges: the index of the first node, the index of the second, and the condition if it is not `done`.
    pub(super) edges: Vec<(usize, usize, Option<&'static str>)>,
}

/// One node of a drawn plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DrawnNode {
    /// The name of the node.
    pub(super) name: String,
    /// The layer of the node.
    pub(super) layer: u32,
    /// The mark that shows the node's state.
    pub(super) mark: Mark,
}

/// The states of a node in a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The node is only planned.
    Planned,
    /// The node's task waits.
    Waits,
    /// The node's task runs, or is being verified.
    Runs,
    /// The node's task is done.
    Done,
    /// The node's task has failed.
    Failed,
    /// The node's task was cancelled or skipped.
    Cancelled,
}

impl Mark {
    /// All marks, in the order of the legend.
    pub(super) const ALL: [Mark; 6] =
        [Mark::Planned, Mark::Waits, Mark::Runs, Mark::Done, Mark::Failed, Mark::Cancelled];

    /// Returns the mark as one character.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Mark::Planned => "·",
            Mark::Waits => "○",
            Mark::Runs => "●",
            Mark::Done => "✓",
            Mark::Failed => "✗",
            Mark::Cancelled => "–",
        }
    }

    /// Returns the mark as one word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Mark::Planned => "planned",
            Mark::Waits => "waits",
            Mark::Runs => "runs",
            Mark::Done => "done",
            Mark::Failed => "failed",
            Mark::Cancelled => "cancelled",
        }
    }
}

impl Drawn {
    /// Returns the drawing of a plan that the supervisor describes.
    pub(super) fn of_plan(detail: &PlanDetail) -> Drawn {
        let places: HashMap<&str, usize> =
            detail.nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
        let nodes = detail.nodes.iter().map(|node| DrawnNode {
            name: clean(&node.name),
            layer: node.layer,
            mark: node.task.as_ref().map_or(Mark::Planned, |task| mark(task.state)),
        });
        let edges = detail.edges.iter().filter_map(|edge| {
            let place = |name: &str| places.get(name).copied();
            let when = match edge.when.as_str() {
                "failed" => Some("failed"),
                "settled" => Some("settled"),
                _ => None,
            };
            Some((place(&edge.from)?, place(&edge.to)?, when))
        });
        Drawn { name: clean(&detail.plan.name), nodes: nodes.collect(), edges: edges.collect() }
    }

    /// Returns the drawing of a plan that is described by its file.
    pub(super) fn of_spec(spec: &PlanSpec) -> Drawn {
        let shape = graph::check(spec, &PlanPolicy::default()).ok();
        let layer = |at: usize| shape.as_ref().and_then(|shape| shape.layers.get(at)).copied().unwrap_or(0);
        let mut order: Vec<usize> = (0..spec.tasks.len()).collect();
        order.sort_by_key(|at| (layer(*at), *at));
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
        let nodes = order.iter().map(|at| {
            let task = &spec.tasks[*at];
            let name = match &task.items {
                Items::One => task.name.clone(),
                Items::Listed(items) => format!("{} ×{}", task.name, items.len()),
                Items::Lines { .. } => format!("{} ×n", task.name),
            };
            DrawnNode { name, layer: layer(*at), mark: Mark::Planned }
        });
        let edges = order.iter().flat_map(|at| {
            let to = places[at];
            let places = &places;
            spec.tasks[*at].needs.iter().map(move |need| {
                let when = match need.when {
                    When::Done => None,
                    When::Failed => Some("failed"),
                    When::Settled => Some("settled"),
                };
                (places[&(need.task as usize)], to, when)
            })
        });
        Drawn { name: spec.name.clone(), nodes: nodes.collect(), edges: edges.collect() }
    }
}

fn mark(state: TaskState) -> Mark {
    match state {
        TaskState::Queued | TaskState::Held | TaskState::Assigned => Mark::Waits,
        TaskState::Running | TaskState::Verifying => Mark::Runs,
        TaskState::Done => Mark::Done,
        TaskState::Failed => Mark::Failed,
        TaskState::Cancelled => Mark::Cancelled,
    }
}
