//! What is drawn of a plan: nodes with their marks, and edges.

use crate::api::plans::PlanDetail;
use crate::api::tasks::TaskState;
use crate::report::output::clean;
use quarterdeck_core::plan::{Items, PlanPolicy, PlanSpec, graph};
use quarterdeck_core::task::When;
use std::collections::HashMap;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The plan's name.
    pub(super) name: String,
    /// Its nodes, each after all that it needs.
    pub(super) nodes: Vec<DrawnNode>,
    /// From, to, and on which condition if it is not `done`.
    pub(super) edges: Vec<(usize, usize, Option<&'static str>)>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DrawnNode {
    /// Its name.
    pub(super) name: String,
    /// Its layer.
    pub(super) layer: u32,
    /// How it stands.
    pub(super) mark: Mark,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is only planned.
    Planned,
    /// It waits.
    Waits,
    /// It runs, or is being verified.
    Runs,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Cancelled or skipped.
    Cancelled,
}

impl Mark {
    /// Every mark.
    pub(super) const ALL: [Mark; 6] =
        [Mark::Planned, Mark::Waits, Mark::Runs, Mark::Done, Mark::Failed, Mark::Cancelled];

    /// In one character.
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

    /// In one word.
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
    /// A plan as the supervisor tells it.
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

    /// A plan as its file says it.
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
