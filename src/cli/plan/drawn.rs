//! The data that a drawing of a plan shows: nodes with their marks, and edges.

use crate::api::plans::PlanDetail;
use crate::api::states::Look;
use crate::api::tasks::TaskState;
use crate::report::output::clean;
use crate::tui::view::agents::letter;
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
    /// The state of the node's task; none if the node is only planned.
    pub(super) state: Option<TaskState>,
}

impl DrawnNode {
    /// Returns the sign of the node's state, the same as on the dashboard.
    pub(super) fn sign(&self) -> &'static str {
        letter(look(self.state))
    }
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
                (places[&(need.task as usize)], to, when)
            })
        });
        Drawn { name: spec.name.clone(), nodes: nodes.collect(), edges: edges.collect() }
    }
}
