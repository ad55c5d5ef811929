//! Checks whether a plan can be run: finds all faults of its graph, and its layers. Linear in tasks and edges.
//!
//! The reader of plan files calls this and adds the places in the file. The core calls it again when a plan is started,
//! so that no unchecked plan runs.

use super::policy::PlanPolicy;
use super::spec::{Items, PlanSpec, PlanTask};
use crate::graph;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fault of a plan's graph. Tasks are given by their places in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The plan has no tasks.
    Empty,
    /// The name of a task is empty or contains a dot.
    BadName { task: u32 },
    /// Two tasks have the same name.
    Duplicate { first: u32, second: u32 },
    /// A dependency names a place that has no task.
    Dangling { task: u32, need: u32 },
    /// A task depends on itself.
    SelfNeed { task: u32, need: u32 },
    /// A task names the same dependency twice.
    NeededTwice { task: u32, need: u32 },
    /// A task uses the result of a task that is not its dependency.
    HearsUnneeded { task: u32, of: u32 },
    /// A cycle: each of these tasks depends on the next, and the last on the first.
    Cycle { path: Vec<u32> },
    /// A list has no items, or more than are allowed.
    BadList { task: u32, items: u32, items_max: u32 },
    /// The plan has more tasks than are allowed.
    TooManyTasks { tasks: u32, tasks_max: u32 },
    /// The plan has more edges than are allowed.
    TooManyEdges { edges: u32, edges_max: u32 },
    /// The longest chain of dependent tasks is longer than is allowed.
    TooDeep { task: u32, depth: u32, depth_max: u32 },
}

/// The order, layers and size of a graph without faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The places of the tasks, each after all its dependencies; the tasks of one layer are in the order of the file.
    pub order: Vec<u32>,
    /// The layer of each task: 0 without dependencies, else one more than the largest layer of its dependencies.
    pub layers: Vec<u32>,
    /// The number of tasks, with written lists counted in full.
    pub tasks: u32,
    /// The number of edges, with written lists counted in full.
    pub edges: u32,
}

/// Checks the graph of a plan, and returns its order, layers and size.
///
/// # Errors
/// Returns all faults of the graph.
pub fn check(spec: &PlanSpec, policy: &PlanPolicy) -> Result<Shape, Vec<Fault>> {
    let mut faults = Vec::new();
    if spec.tasks.is_empty() {
        faults.push(Fault::Empty);
    }
    names(spec, &mut faults);
    for (at, task) in spec.tasks.iter().enumerate() {
        one(at as u32, task, spec.tasks.len(), policy, &mut faults);
    }
    let (tasks, edges) = sizes(spec);
    if tasks > policy.tasks_max as usize {
        faults.push(Fault::TooManyTasks { tasks: count(tasks), tasks_max: policy.tasks_max });
    }
    if edges > policy.edges_max as usize {
        faults.push(Fault::TooManyEdges { edges: count(edges), edges_max: policy.edges_max });
    }
    let (order, layers) = layers(spec);
    if order.len() < spec.tasks.len() {
        faults.extend(cycles(spec, &layers));
    } else if let Some((task, layer)) = deepest(&layers).filter(|(_, layer)| *layer >= policy.depth_max) {
        faults.push(Fault::TooDeep { task, depth: layer + 1, depth_max: policy.depth_max });
    }
    let shape =
        || Shape { order, layers: layers.into_iter().flatten().collect(), tasks: count(tasks), edges: count(edges) };
    if faults.is_empty() { Ok(shape()) } else { Err(faults) }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn names(spec: &PlanSpec, faults: &mut Vec<Fault>) {
    let mut places: BTreeMap<&String, u32> = BTreeMap::new();
    for (at, task) in spec.tasks.iter().enumerate() {
        let at = at as u32;
        if task.name.is_empty() || task.name.contains('.') {
            faults.push(Fault::BadName { task: at });
        }
        match places.get(&task.name) {
            Some(first) => faults.push(Fault::Duplicate { first: *first, second: at }),
            None => drop(places.insert(&task.name, at)),
        }
    }
}

fn one(at: u32, task: &PlanTask, tasks: usize, policy: &PlanPolicy, faults: &mut Vec<Fault>) {
    let mut needed = BTreeSet::new();
    for (item, need) in task.needs.iter().enumerate() {
        let item = item as u32;
        if need.task as usize >= tasks {
            faults.push(Fault::Dangling { task: at, need: item });
        } else if need.task == at {
            faults.push(Fault::SelfNeed { task: at, need: item });
        } else if !needed.insert(need.task) {
            faults.push(Fault::NeededTwice { task: at, need: item });
        }
    }
    let unneeded: BTreeSet<u32> = task.hears().filter(|of| !needed.contains(of)).collect();
    faults.extend(unneeded.into_iter().map(|of| Fault::HearsUnneeded { task: at, of }));
    if let Items::Listed(items) = &task.items
        && (items.is_empty() || items.len() > policy.items_max as usize)
    {
        faults.push(Fault::BadList { task: at, items: count(items.len()), items_max: policy.items_max });
    }
}

/// Returns the number of tasks and of edges, with written lists counted in full.
fn sizes(spec: &PlanSpec) -> (usize, usize) {
    let size = |at: u32| spec.tasks.get(at as usize).map_or(0, PlanTask::size);
    let edges_of = |task: &PlanTask| {
        let first: usize = task.needs.iter().map(|need| size(need.task)).fold(0, usize::saturating_add);
        first.saturating_mul(task.size())
    };
    let tasks = spec.tasks.iter().map(PlanTask::size).fold(0, usize::saturating_add);
    (tasks, spec.tasks.iter().map(edges_of).fold(0, usize::saturating_add))
}

/// Returns the tasks in an order in which each comes after its dependencies, and the layer of each. Tasks on or behind
/// a cycle are missing in the order and have no layer.
pub(super) fn layers(spec: &PlanSpec) -> (Vec<u32>, Vec<Option<u32>>) {
    graph::layers(count(spec.tasks.len()), |at| needs(spec, at))
}

/// Returns the cycles among the tasks that have no layer, each once, beginning with its first task in the file. A task
/// that needs itself is a fault of its own.
fn cycles(spec: &PlanSpec, layers: &[Option<u32>]) -> impl Iterator<Item = Fault> {
    let others = |at: u32| needs(spec, at).filter(move |needed| *needed != at);
    graph::circles(layers, others).into_iter().map(|path| Fault::Cycle { path })
}

fn needs(spec: &PlanSpec, at: u32) -> impl Iterator<Item = u32> {
    spec.tasks[at as usize].needs.iter().map(|need| need.task)
}

fn deepest(layers: &[Option<u32>]) -> Option<(u32, u32)> {
    let placed = layers.iter().enumerate().filter_map(|(at, layer)| layer.map(|layer| (at as u32, layer)));
    placed.max_by_key(|(at, layer)| (*layer, core::cmp::Reverse(*at)))
}
