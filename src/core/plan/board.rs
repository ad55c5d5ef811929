//! The stored state of each plan. The way in which facts change it is in `fold`.
//!
//! A node is one entry of the plan, from which one or more tasks are made. The tasks of a node are made as soon as all
//! its dependencies are made. From then on, the queue of tasks holds them until their dependencies have ended. A node
//! that receives something from another node (a text to fill in, or a list) waits for the end of that node. The number
//! of dependencies that still block a node is counted and never searched for, so the end of a node costs only as much
//! as it has dependents.
//!
//! **Invariant:** the counts agree with the members after every step (`tests/brain/plans/mod.rs`).

use super::spec::{FailMode, Items, PlanSpec};
use crate::ids::{AgentId, PlanId, TaskId};
use crate::task::{TaskText, When};
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The stored state of all plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanBoard {
    pub(super) plans: BTreeMap<PlanId, Plan>,
    pub(super) drafted: u64,
}

/// The state of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// The plan was read.
    Draft,
    /// The plan is being checked.
    Validating,
    /// The first tasks of the plan were made.
    Ready,
    /// The plan is running.
    Running,
    /// Every task of the plan ended well.
    Completed,
    /// At least one task of the plan did not end well.
    Failed,
    /// A person cancelled the plan.
    Cancelled,
}

impl PlanState {
    /// Whether the plan has ended.
    pub fn is_over(self) -> bool {
        matches!(self, PlanState::Completed | PlanState::Failed | PlanState::Cancelled)
    }
}

/// A plan and its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// The content of the plan, as it was read.
    pub spec: PlanSpec,
    /// The prefix in the names of its tasks, which are `PREFIX.NAME`.
    pub prefix: String,
    /// The state of the plan.
    pub state: PlanState,
    /// How the plan is paused, if it is.
    pub paused: Option<Paused>,
    /// The task whose failure stops the plan, if the plan is being stopped.
    pub stopping: Option<TaskId>,
    /// The nodes that continue although the plan is being stopped.
    pub spared: BTreeSet<u32>,
    /// When the plan was started.
    pub begun: Time,
    /// When the plan ended.
    pub ended: Option<Time>,
    /// Why the plan failed or was cancelled.
    pub reason: Option<String>,
    /// The nodes of the plan, in the order of the tasks in its file.
    pub nodes: Vec<Node>,
    /// The tasks that were made from the nodes.
    pub members: BTreeMap<TaskId, Member>,
    /// How many of the tasks ended, counted by the way in which they ended.
    pub counts: Counts,
    /// The nodes whose tasks can be made now.
    pub(super) ripe: BTreeSet<u32>,
    /// The dependents of each node, and for each whether it waits for the end of this node.
    pub(super) behind: Vec<Vec<(u32, Awaits)>>,
}

/// How a plan is paused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Paused {
    /// Whether the agents that work on the plan's tasks continue or are frozen.
    pub running: Running,
    /// The agents that were frozen together with the plan.
    pub frozen: Vec<AgentId>,
}

/// The state that a dependency must reach before its dependent can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Awaits {
    /// The tasks of the dependency must have been made.
    Made,
    /// The tasks of the dependency must have ended.
    Ended,
}

/// A node: one entry of the plan, from which its tasks are made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// The layer of the node: 0 without dependencies, else one more than the largest layer of its dependencies.
    pub layer: u32,
    /// The state of the node.
    pub state: NodeState,
    /// The items for which its tasks are made, if the node has a list.
    pub items: Vec<String>,
    /// The tasks that were made from the node.
    pub tasks: Vec<TaskId>,
    /// The number of its tasks that have not ended.
    pub(super) open: u32,
    /// The number of dependencies that still block the node.
    pub(super) missing: u32,
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// The node waits for other nodes to be made or to end.
    Waits,
    /// The node is held back because a task of the node `after` failed.
    HeldBack { after: u32 },
    /// The tasks of the node were made.
    Made,
    /// The tasks of the node will never be made.
    Skipped { why: SkipCause },
}

/// A task that belongs to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// The node from which the task was made.
    pub node: u32,
    /// How the task ended, if it has ended.
    pub end: Option<TaskEnd>,
}

/// The number of tasks of a plan, counted by the way in which they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    /// The number of all tasks made.
    pub tasks: u32,
    /// The number of tasks that are done.
    pub done: u32,
    /// The number of tasks that failed.
    pub failed: u32,
    /// The number of tasks that were skipped.
    pub skipped: u32,
    /// The number of tasks that someone cancelled.
    pub cancelled: u32,
}

impl Counts {
    /// Returns the number of tasks that have not ended.
    pub fn open(&self) -> u32 {
        self.tasks - self.done - self.failed - self.skipped - self.cancelled
    }

    pub(super) fn of(&mut self, end: TaskEnd) -> &mut u32 {
        match end {
            TaskEnd::Done => &mut self.done,
            TaskEnd::Failed => &mut self.failed,
            TaskEnd::Skipped => &mut self.skipped,
            TaskEnd::Cancelled => &mut self.cancelled,
        }
    }
}

impl PlanBoard {
    /// Returns the plan with this number.
    pub fn get(&self, plan: PlanId) -> Option<&Plan> {
        self.plans.get(&plan)
    }

    /// Returns all plans, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (PlanId, &Plan)> {
        self.plans.iter().map(|(id, plan)| (*id, plan))
    }

    /// Returns the newest plan with this name.
    pub fn newest(&self, name: &str) -> Option<PlanId> {
        self.iter().rev().find(|(_, plan)| plan.spec.name == name).map(|(id, _)| id)
    }

    /// Returns the number that the next plan gets.
    pub(crate) fn next(&self) -> PlanId {
        PlanId(self.drafted + 1)
    }
}

impl Plan {
    /// Returns the first node whose tasks can be made now.
    pub(crate) fn ripe(&self) -> Option<u32> {
        self.ripe.first().copied()
    }

    /// Whether nothing more can happen in the plan: no task is open, and no node can be made.
    pub(crate) fn nothing_left(&self) -> bool {
        self.counts.open() == 0 && self.ripe.is_empty()
    }

    /// Whether a failed or cancelled task must end the plan, and the plan is not being stopped yet.
    pub(crate) fn must_stop(&self) -> bool {
        let bad = self.counts.failed + self.counts.cancelled;
        self.spec.fail_mode == FailMode::Stop && self.stopping.is_none() && bad > 0
    }

    /// Whether a dependent waits for the end of the node that it needs, for example because it receives its result.
    pub(crate) fn awaits_end(&self, needed: u32, dependent: u32) -> bool {
        self.behind[needed as usize].contains(&(dependent, Awaits::Ended))
    }

    /// Returns the tasks of a node, each with how it ended if it has ended.
    pub(crate) fn ends(&self, node: u32) -> impl Iterator<Item = (TaskId, Option<TaskEnd>)> {
        self.nodes[node as usize].tasks.iter().map(|task| (*task, self.members.get(task).and_then(|member| member.end)))
    }

    /// Returns the name of a task for people: `test`, or `test[2]` for one of several.
    pub fn task_name(&self, task: TaskId) -> Option<String> {
        let node = self.members.get(&task)?.node as usize;
        let (name, of) = (&self.spec.tasks.get(node)?.name, self.nodes.get(node)?);
        let place = of.tasks.iter().position(|other| *other == task)?;
        Some(match self.spec.tasks[node].items {
            Items::One => name.clone(),
            Items::Listed(_) | Items::Lines { .. } => alloc::format!("{name}[{}]", place + 1),
        })
    }

    /// Whether the counts agree with the members.
    pub(crate) fn is_sound(&self) -> bool {
        let mut counts = Counts { tasks: self.members.len() as u32, ..Counts::default() };
        let mut open: Vec<u32> = vec![0; self.nodes.len()];
        for member in self.members.values() {
            match member.end {
                Some(end) => *counts.of(end) += 1,
                None => open[member.node as usize] += 1,
            }
        }
        counts == self.counts && self.nodes.iter().zip(open).all(|(node, open)| node.open == open)
    }
}

/// Whether running tasks continue or are frozen while their plan is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// The running tasks continue to their end.
    #[default]
    GoOn,
    /// The agents of the running tasks are frozen.
    Freeze,
}

/// How a task of a plan ended, in the terms of its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// The task is done and was not refuted.
    Done,
    /// The task has failed.
    Failed,
    /// The task was skipped, because a dependency did not end as required.
    Skipped,
    /// Someone cancelled the task.
    Cancelled,
}

impl TaskEnd {
    /// Whether this end satisfies a dependency that requires `when`.
    pub fn satisfies(self, when: When) -> bool {
        match when {
            When::Done => self == TaskEnd::Done,
            When::Failed => self == TaskEnd::Failed,
            When::Settled => true,
        }
    }
}

/// The reason why the tasks of a node are never made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// The dependency `node` did not end as required.
    Needs { node: u32, when: When },
    /// The list of the node has more items than are allowed, or would make more edges than are allowed.
    TooManyItems { items: u32, items_max: u32 },
    /// The plan is being stopped.
    Stopping,
    /// A task of the node was refused.
    Refused,
    /// A task of the node was refused, because this text of it is too long after it is filled in.
    TooLong { text: TaskText, bytes_max: u32 },
    /// The list of the node is longer than what the dependency `node` could pass on: only the end of the list is known.
    ListCut { node: u32 },
}
