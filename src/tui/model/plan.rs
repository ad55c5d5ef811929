//! The plan tab: a plan as a graph, which is laid out again only if its shape changes, not if a task's state changes.

use crate::api::plans::{Plan, PlanDetail, PlanEdge, PlanNode, PlanState};
use crate::api::tasks::{Task, TaskState};
use crate::graph::{Edge, Flow, Graph, NAME_COLUMNS_MAX, Node, Towards};
use std::collections::BTreeMap;

/// The state of the plan tab: the known plans, and one of them as a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanTab {
    /// Whether the list of plans was received.
    pub heard: bool,
    /// The known plans, newest first.
    plans: Vec<Plan>,
    /// Number of the plan that the user chose; none means the newest running one, or else the newest.
    picked: Option<String>,
    /// The chosen plan with its nodes, once it was fetched.
    detail: Option<PlanDetail>,
    graph: Graph,
    /// Index of each node in the list, by name.
    index: BTreeMap<String, usize>,
    selected: usize,
    /// Cell of the canvas at the panel's upper left corner.
    pub corner: (u32, u32),
}

impl PlanTab {
    /// Stores the list of plans, which comes oldest first.
    pub fn apply_list(&mut self, mut plans: Vec<Plan>) {
        plans.reverse();
        self.plans = plans;
        self.heard = true;
        let gone = |id: &String| !self.plans.iter().any(|plan| plan.id == *id);
        if self.picked.as_ref().is_some_and(gone) {
            self.picked = None;
        }
        self.drop_other();
    }

    /// Stores a plan, if it is the chosen one. Returns whether its graph was laid out again.
    pub fn apply(&mut self, detail: PlanDetail) -> bool {
        if self.chosen().map(|plan| &plan.id) != Some(&detail.plan.id) {
            return false;
        }
        if let Some(listed) = self.plans.iter_mut().find(|plan| plan.id == detail.plan.id) {
            *listed = detail.plan.clone();
        }
        let selected = self.node(self.selected).map(|node| node.name.clone());
        let anew = self.detail.as_ref().is_none_or(|known| known.plan.id != detail.plan.id);
        let same = self.detail.as_ref().is_some_and(|known| shape(known) == shape(&detail));
        self.detail = Some(detail);
        if same {
            return false;
        }
        self.lay_out();
        self.selected = match selected.and_then(|name| self.index.get(&name).copied()) {
            Some(index) if !anew => index,
            _ => self.first(),
        };
        if anew {
            self.corner = (0, 0);
        }
        true
    }

    fn lay_out(&mut self) {
        let Some(detail) = &self.detail else { return };
        self.index = detail.nodes.iter().enumerate().map(|(index, node)| (node.name.clone(), index)).collect();
        let node = |node: &PlanNode| Node::named(node.layer, &node.name, NAME_COLUMNS_MAX);
        let nodes: Vec<Node> = detail.nodes.iter().map(node).collect();
        let nowhere = nodes.len();
        let at = |name: &String| self.index.get(name).copied().unwrap_or(nowhere);
        let edges: Vec<Edge> =
            detail.edges.iter().map(|edge| Edge { from: at(&edge.from), to: at(&edge.to) }).collect();
        self.graph = Graph::new(&nodes, &edges);
    }

    /// Returns the node that is selected first: one that runs, else one that failed, else the first.
    fn first(&self) -> usize {
        let of = |state| self.nodes().iter().position(|node| node.task.as_ref().map(|task| task.state) == Some(state));
        of(TaskState::Running).or_else(|| of(TaskState::Failed)).unwrap_or(0)
    }

    fn drop_other(&mut self) {
        let chosen = self.chosen().map(|plan| plan.id.clone());
        if self.detail.as_ref().is_some_and(|detail| Some(&detail.plan.id) != chosen.as_ref()) {
            *self = PlanTab {
                heard: self.heard,
                plans: std::mem::take(&mut self.plans),
                picked: self.picked.take(),
                ..PlanTab::default()
            };
        }
    }

    /// Returns all known plans, newest first.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// Returns the plan that the tab shows.
    pub fn chosen(&self) -> Option<&Plan> {
        self.plans.get(self.chosen_place())
    }

    /// Returns the index of the chosen plan among all plans.
    pub fn chosen_place(&self) -> usize {
        let picked = self.picked.as_ref().and_then(|id| self.plans.iter().position(|plan| plan.id == *id));
        let runs = || self.plans.iter().position(|plan| plan.state == PlanState::Running);
        picked.or_else(runs).unwrap_or(0)
    }

    /// Chooses another plan, `older` places further in the list, which is sorted newest first.
    pub fn choose(&mut self, older: isize) {
        let last = self.plans.len().saturating_sub(1);
        let place = self.chosen_place().saturating_add_signed(older).min(last);
        self.picked = self.plans.get(place).map(|plan| plan.id.clone());
        self.drop_other();
    }

    /// Returns the graph's nodes; none before they were fetched.
    pub fn nodes(&self) -> &[PlanNode] {
        self.detail.as_ref().map_or(&[], |detail| &detail.nodes)
    }

    /// Whether the chosen plan's nodes were fetched.
    pub fn is_drawn(&self) -> bool {
        self.detail.is_some()
    }

    /// Returns the node at an index of the list.
    pub fn node(&self, index: usize) -> Option<&PlanNode> {
        self.nodes().get(index)
    }

    /// Returns the edges into a node, in the plan's order.
    pub fn edges_into<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a PlanEdge> {
        self.detail.iter().flat_map(|detail| &detail.edges).filter(move |edge| edge.to == name)
    }

    /// Returns the plan's graph with the places of its nodes and lines.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns the state of an edge, by its index in the list.
    pub fn flow(&self, edge: usize) -> Flow {
        let edge = self.detail.as_ref().and_then(|detail| detail.edges.get(edge));
        let Some(edge) = edge else { return Flow::Waiting };
        let to = self.index.get(&edge.to).and_then(|index| self.node(*index)).and_then(|node| node.task.as_ref());
        Flow::of(edge, to)
    }

    /// Returns the index of the selected node in the list.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Returns the selected node's task, if it has one yet.
    pub fn selected_task(&self) -> Option<&Task> {
        self.node(self.selected)?.task.as_ref()
    }

    /// Selects the node of this name, if the plan has it.
    pub fn select(&mut self, name: &str) {
        self.selected = self.index.get(name).copied().unwrap_or(self.selected);
    }

    /// Moves the selection to the next node in a direction.
    pub fn go(&mut self, towards: Towards) {
        if let Some(next) = self.graph.next(self.selected, towards) {
            self.selected = next;
        }
    }

    /// Moves the corner so that the selected node and its surroundings are visible in a panel of this size.
    pub fn show_selected(&mut self, columns: u16, rows: u16) {
        let place = self.graph.place(self.selected);
        let (columns, rows) = (u32::from(columns), u32::from(rows));
        let near = |corner: u32, from: u32, to: u32, room: u32, margin: u32| {
            let margin = margin.min(room.saturating_sub(to - from) / 2);
            let margin = margin.min(room.saturating_sub(to - from) / 2);
            let corner = corner.min(from.saturating_sub(margin));
            corner.max((to + margin).saturating_sub(room)).min(from)
        };
        let end = place.column + u32::from(place.width);
        self.corner.0 = near(self.corner.0, place.column, end, columns, columns / 4);
        self.corner.1 = near(self.corner.1, place.row, place.row + 1, rows, 2);
        self.clamp(columns, rows);
    }

    /// Moves the corner by a number of cells, but not beyond the graph.
    pub fn pan(&mut self, by: (i32, i32), columns: u16, rows: u16) {
        self.corner = (self.corner.0.saturating_add_signed(by.0), self.corner.1.saturating_add_signed(by.1));
        self.clamp(u32::from(columns), u32::from(rows));
    }

    fn clamp(&mut self, columns: u32, rows: u32) {
        let (width, height) = self.graph.size;
        self.corner.0 = self.corner.0.min(width.saturating_sub(columns));
        self.corner.1 = self.corner.1.min(height.saturating_sub(rows));
    }

    /// Checks what must hold after every change.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        let selected = self.nodes().is_empty() || self.selected < self.nodes().len();
        let of_chosen =
            self.detail.as_ref().is_none_or(|detail| self.chosen().is_some_and(|plan| plan.id == detail.plan.id));
        if selected && of_chosen {
            Ok(())
        } else {
            Err("the graph is of another plan, or no node is selected".to_owned())
        }
    }
}

/// Returns the parts of a plan on which the layout depends.
fn shape(detail: &PlanDetail) -> impl PartialEq {
    let nodes: Vec<(String, u32)> = detail.nodes.iter().map(|node| (node.name.clone(), node.layer)).collect();
    let edges: Vec<(String, String)> = detail.edges.iter().map(|edge| (edge.from.clone(), edge.to.clone())).collect();
    (nodes, edges)
}
