//! The data that a drawing of a plan shows: nodes with their marks, and edges.

use crate::api::plans::PlanDetail;
use crate::api::states::Look;
use crate::api::tasks::TaskState;
use crate::graph::Flow;
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
    /// The plan's edges, in its order.
    pub(super) edges: Vec<DrawnEdge>,
}

/// One node of a drawn plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DrawnNode {
    /// The name of the node.
    pub(super) name: String,
    /// The layer of the node.
    pub(super) layer: u32,
    /// The state of the node's task; none if the node is only planned.
    pub(super) state: Option<TaskState>,
}

/// One edge of a drawn plan: the second node needs the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DrawnEdge {
    /// The index of the first node.
    pub(super) from: usize,
    /// The index of the second node.
    pub(super) to: usize,
    /// The condition of the edge, if it is not `done`.
    pub(super) when: Option<&'static str>,
    /// The state of the edge. Those of a plan that is only planned do not wait for anything yet.
    pub(super) flow: Flow,
}

/// Returns the word for a node's state.
pub(super) fn word(state: Option<TaskState>) -> &'static str {
    state.map_or("planned", TaskState::word)
}

/// Returns how a node's state looks at a glance.
pub(super) fn look(state: Option<TaskState>) -> Look {
    state.map_or(Look::Off, TaskState::look)
}

impl Drawn {
    /// Returns the drawing of a plan that the supervisor describes.
    pub(super) fn of_plan(detail: &PlanDetail) -> Drawn {
        let places: HashMap<&str, usize> =
            detail.nodes.iter().enumerate().map(|(at, node)| (node.name.as_str(), at)).collect();
        let nodes = detail.nodes.iter().map(|node| DrawnNode {
            name: clean(&node.name),
            layer: node.layer,
            state: node.task.as_ref().map(|task| task.state),
        });
        let edges = detail.edges.iter().filter_map(|edge| {
            let place = |name: &str| places.get(name).copied();
            let when = match edge.when.as_str() {
                "failed" => Some("failed"),
                "settled" => Some("settled"),
                _ => None,
            };
            let (from, to) = (place(&edge.from)?, place(&edge.to)?);
            Some(DrawnEdge { from, to, when, flow: Flow::of(edge, detail.nodes[to].task.as_ref()) })
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
            DrawnNode { name, layer: layer(*at), state: None }
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
                DrawnEdge { from: places[&(need.task as usize)], to, when, flow: Flow::Passed }
            })
        });
        Drawn { name: spec.name.clone(), nodes: nodes.collect(), edges: edges.collect() }
    }
}
