//! The fold: how facts about plans and their tasks change the state of each plan.

use super::board::{Awaits, Member, Node, NodeState, Paused, Plan, PlanBoard, PlanState, TaskEnd};
use super::fact::{Added, PlanFact};
use super::spec::{FailMode, Items, PlanSpec};
use super::{Counts, graph};
use crate::ids::{PlanId, TaskId};
use crate::task::When;
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

impl PlanBoard {
    /// Folds one fact into the board.
    pub(crate) fn apply(&mut self, fact: &PlanFact, at: Time) {
        match fact {
            PlanFact::Drafted { plan, prefix, spec } => {
                self.drafted = self.drafted.max(plan.0);
                self.plans.insert(*plan, Plan::new(spec, prefix, at));
            }
            PlanFact::Forgotten { plan } => drop(self.plans.remove(plan)),
            fact => {
                if let Some(plan) = self.plans.get_mut(&fact.plan()) {
                    plan.apply(fact, at);
                }
            }
        }
    }

    /// Records that a task of a plan ended.
    pub(crate) fn task_ended(&mut self, plan: PlanId, task: TaskId, end: TaskEnd) {
        if let Some(plan) = self.plans.get_mut(&plan) {
            plan.task_ended(task, end);
        }
    }

    /// Records that an ended task of a plan must be done again.
    pub(crate) fn task_reopened(&mut self, plan: PlanId, task: TaskId) {
        if let Some(plan) = self.plans.get_mut(&plan) {
            plan.task_reopened(task);
        }
    }
}

impl Plan {
    fn new(spec: &PlanSpec, prefix: &str, at: Time) -> Plan {
        let layers = graph::layers(spec).1;
        let node = |(at, task): (usize, &super::PlanTask)| Node {
            layer: layers.get(at).copied().flatten().unwrap_or(0),
            state: NodeState::Waits,
            items: match &task.items {
                Items::Listed(items) => items.clone(),
                Items::One | Items::Lines { .. } => Vec::new(),
            },
            tasks: Vec::new(),
            open: 0,
            missing: task.needs.len() as u32,
        };
        let nodes: Vec<Node> = spec.tasks.iter().enumerate().map(node).collect();
        let ripe = (0u32..).zip(&nodes).filter(|(_, node)| node.missing == 0).map(|(at, _)| at).collect();
        Plan {
            behind: behind(spec),
            spec: spec.clone(),
            prefix: prefix.into(),
            state: PlanState::Draft,
            paused: None,
            stopping: None,
            spared: BTreeSet::new(),
            begun: at,
            ended: None,
            reason: None,
            nodes,
            members: BTreeMap::new(),
            counts: Counts::default(),
            ripe,
        }
    }

    fn apply(&mut self, fact: &PlanFact, at: Time) {
        match fact {
            PlanFact::Validating { .. } => self.state = PlanState::Validating,
            PlanFact::TasksAdded { nodes, .. } => nodes.iter().for_each(|added| self.add(added)),
            PlanFact::Ready { .. } => self.state = PlanState::Ready,
            PlanFact::Started { .. } => self.state = PlanState::Running,
            PlanFact::Expanded { items, node, .. } => {
                self.nodes[node.node as usize].items.clone_from(items);
                self.add(node);
            }
            PlanFact::Skipped { node, why, .. } => {
                self.ripe.remove(node);
                self.nodes[*node as usize].state = NodeState::Skipped { why: *why };
                self.go_on_behind(*node, Awaits::Made);
                self.go_on_behind(*node, Awaits::Ended);
            }
            PlanFact::HeldBack { node, after, .. } => {
                self.ripe.remove(node);
                self.nodes[*node as usize].state = NodeState::HeldBack { after: *after };
            }
            PlanFact::Stopping { failed, spared, .. } => {
                self.stopping = Some(*failed);
                self.spared = spared.iter().copied().collect();
            }
            PlanFact::Paused { running, frozen, .. } => {
                self.paused = Some(Paused { running: *running, frozen: frozen.clone() });
            }
            PlanFact::Froze { agent, .. } => {
                if let Some(paused) = &mut self.paused {
                    paused.frozen.push(*agent);
                }
            }
            PlanFact::Resumed { .. } => self.paused = None,
            PlanFact::Reopened { .. } => self.reopen(),
            PlanFact::Completed { .. } => self.end(PlanState::Completed, None, at),
            PlanFact::Failed { reason, .. } => self.end(PlanState::Failed, Some(reason), at),
            PlanFact::Cancelled { reason, .. } => self.end(PlanState::Cancelled, Some(reason), at),
            PlanFact::Validated { .. } | PlanFact::Drafted { .. } | PlanFact::Forgotten { .. } => {}
        }
    }

    fn end(&mut self, state: PlanState, reason: Option<&String>, at: Time) {
        self.state = state;
        self.reason = reason.cloned();
        self.ended = Some(at);
        self.paused = None;
        self.ripe.clear();
    }

    /// Lets a failed plan continue. Nodes that would never have been made are considered again.
    fn reopen(&mut self) {
        (self.state, self.ended, self.reason, self.stopping) = (PlanState::Running, None, None, None);
        self.spared.clear();
        for node in &mut self.nodes {
            if node.state != NodeState::Made {
                node.state = NodeState::Waits;
            }
            node.missing = 0;
        }
        for (needed, behind) in self.behind.iter().enumerate() {
            let (made, ended) = (self.nodes[needed].state == NodeState::Made, self.nodes[needed].open == 0);
            for (dependent, awaits) in behind {
                let is_there = made && (*awaits == Awaits::Made || ended);
                self.nodes[*dependent as usize].missing += u32::from(!is_there);
            }
        }
        let waits = |node: &Node| node.state == NodeState::Waits && node.missing == 0;
        self.ripe = (0u32..).zip(&self.nodes).filter(|(_, node)| waits(node)).map(|(at, _)| at).collect();
    }

    /// Records the tasks of a node. A node with an empty list has no tasks, and has ended at once.
    fn add(&mut self, added: &Added) {
        let node = &mut self.nodes[added.node as usize];
        node.state = NodeState::Made;
        node.tasks.clone_from(&added.tasks);
        node.open = added.tasks.len() as u32;
        self.ripe.remove(&added.node);
        self.counts.tasks += added.tasks.len() as u32;
        let member = Member { node: added.node, end: None };
        self.members.extend(added.tasks.iter().map(|task| (*task, member)));
        self.go_on_behind(added.node, Awaits::Made);
        if added.tasks.is_empty() {
            self.go_on_behind(added.node, Awaits::Ended);
        }
        added.ended.iter().for_each(|(task, end)| self.task_ended(*task, *end));
    }

    fn task_ended(&mut self, task: TaskId, end: TaskEnd) {
        let Some(member) = self.members.get_mut(&task).filter(|member| member.end.is_none()) else { return };
        member.end = Some(end);
        let at = member.node;
        *self.counts.of(end) += 1;
        let node = &mut self.nodes[at as usize];
        node.open -= 1;
        if node.open == 0 {
            self.go_on_behind(at, Awaits::Ended);
        }
    }

    fn task_reopened(&mut self, task: TaskId) {
        let Some(member) = self.members.get_mut(&task) else { return };
        let Some(end) = member.end.take() else { return };
        let at = member.node;
        *self.counts.of(end) -= 1;
        let node = &mut self.nodes[at as usize];
        node.open += 1;
        if node.open == 1 {
            self.stand_back_behind(at);
        }
    }

    /// Counts one blocking dependency less for the dependents of a node that wait for this.
    fn go_on_behind(&mut self, node: u32, awaited: Awaits) {
        let Plan { nodes, behind, ripe, state, .. } = self;
        for (dependent, _) in behind[node as usize].iter().filter(|(_, awaits)| *awaits == awaited) {
            let other = &mut nodes[*dependent as usize];
            other.missing -= 1;
            if other.missing == 0 && other.state == NodeState::Waits && !state.is_over() {
                ripe.insert(*dependent);
            }
        }
    }

    /// Lets the dependents of a node wait again, after the node had ended and was reopened.
    fn stand_back_behind(&mut self, node: u32) {
        let Plan { nodes, behind, ripe, .. } = self;
        for (dependent, _) in behind[node as usize].iter().filter(|(_, awaits)| *awaits == Awaits::Ended) {
            let other = &mut nodes[*dependent as usize];
            other.missing += 1;
            ripe.remove(dependent);
            if matches!(other.state, NodeState::HeldBack { .. }) {
                other.state = NodeState::Waits;
            }
        }
    }
}

/// Returns the dependents of each node, and whether each waits for the end of that node. These wait for the end: nodes
/// that receive something from it, nodes that require one of several tasks to fail, and, in the fail mode `continue`,
/// all.
fn behind(spec: &PlanSpec) -> Vec<Vec<(u32, Awaits)>> {
    let mut behind = vec![Vec::new(); spec.tasks.len()];
    for (at, task) in (0u32..).zip(&spec.tasks) {
        let hears: BTreeSet<u32> = task.hears().collect();
        for need in &task.needs {
            let Some(needed) = spec.tasks.get(need.task as usize) else { continue };
            let of_several = needed.items != Items::One && need.when == When::Failed;
            let ended = hears.contains(&need.task) || of_several || spec.fail_mode == FailMode::Continue;
            behind[need.task as usize].push((at, if ended { Awaits::Ended } else { Awaits::Made }));
        }
    }
    behind
}
