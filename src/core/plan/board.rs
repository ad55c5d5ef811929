//! Where each plan stands. How facts change it is in `fold`.
//!
//! A node is made into its tasks once all that it needs is made, too: then the queue of tasks holds them back until
//! what they need has ended. A node that is told something by another (a text to fill in, a list) waits for that one's
//! end. How many of its needs are still in its way is counted, never looked for: an end costs as much as it has
//! dependents.
//!
//! **Invariant:** the counts are those of the members (`fleet::plans::check_plans`, after every step).

use super::spec::{FailMode, Items, PlanSpec};
use crate::ids::{AgentId, PlanId, TaskId};
use crate::task::{TaskText, When};
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// All that is known of the plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanBoard {
    pub(super) plans: BTreeMap<PlanId, Plan>,
    pub(super) drafted: u64,
}

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// It was read.
    Draft,
    /// It is being checked.
    Validating,
    /// Its first tasks are there.
    Ready,
    /// It runs.
    Running,
    /// Every task came to a good end.
    Completed,
    /// Not every task did.
    Failed,
    /// A person cancelled it.
    Cancelled,
}

impl PlanState {
    /// Whether it came to its end.
    pub fn is_over(self) -> bool {
        matches!(self, PlanState::Completed | PlanState::Failed | PlanState::Cancelled)
    }
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// What it says.
    pub spec: PlanSpec,
    /// Its tasks are named `PREFIX.NAME`.
    pub prefix: String,
    /// Where it stands.
    pub state: PlanState,
    /// How it is paused, if it is.
    pub paused: Option<Paused>,
    /// The failure for which it is being stopped.
    pub stopping: Option<TaskId>,
    /// Nodes that go on nevertheless.
    pub spared: BTreeSet<u32>,
    /// When it was begun.
    pub begun: Time,
    /// When it came to its end.
    pub ended: Option<Time>,
    /// Why it failed, or was cancelled.
    pub reason: Option<String>,
    /// Its nodes, in the order of its tasks.
    pub nodes: Vec<Node>,
    /// The tasks that were made of them.
    pub members: BTreeMap<TaskId, Member>,
    /// How many of them ended how.
    pub counts: Counts,
    /// Nodes that nothing is in the way of.
    pub(super) ripe: BTreeSet<u32>,
    /// For each node those that need it: who, and whether it waits for this one's end.
    pub(super) behind: Vec<Vec<(u32, Awaits)>>,
}

/// How a plan is paused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Paused {
    /// What happens to those who work on it.
    pub running: Running,
    /// The agents that were frozen with it.
    pub frozen: Vec<AgentId>,
}

/// How far a need is to be before what needs it can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Awaits {
    /// It has a task.
    Made,
    /// It has ended.
    Ended,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// Its layer: 0 needs nothing, others come after the largest of what they need.
    pub layer: u32,
    /// Where it stands.
    pub state: NodeState,
    /// What its tasks are for, where it is made over a list.
    pub items: Vec<String>,
    /// Its tasks.
    pub tasks: Vec<TaskId>,
    /// Of these have not come to their end.
    pub(super) open: u32,
    /// Needs that are still in its way.
    pub(super) missing: u32,
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It waits for others to be made, or to end.
    Waits,
    /// It stands back because this one failed.
    HeldBack { after: u32 },
    /// It was made into its tasks.
    Made,
    /// It never will be.
    Skipped { why: SkipCause },
}

/// A task that belongs to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Of which node.
    pub node: u32,
    /// How it ended, if it did.
    pub end: Option<TaskEnd>,
}

/// How many tasks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    /// There are so many.
    pub tasks: u32,
    /// Done.
    pub done: u32,
    /// Failed.
    pub failed: u32,
    /// Passed over.
    pub skipped: u32,
    /// Cancelled by someone.
    pub cancelled: u32,
}

impl Counts {
    /// Those that have not come to their end.
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
    /// The plan of this number.
    pub fn get(&self, plan: PlanId) -> Option<&Plan> {
        self.plans.get(&plan)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (PlanId, &Plan)> {
        self.plans.iter().map(|(id, plan)| (*id, plan))
    }

    /// The newest plan of this name.
    pub fn newest(&self, name: &str) -> Option<PlanId> {
        self.iter().rev().find(|(_, plan)| plan.spec.name == name).map(|(id, _)| id)
    }

    /// The number that the next plan gets.
    pub(crate) fn next(&self) -> PlanId {
        PlanId(self.drafted + 1)
    }
}

impl Plan {
    /// The first node that nothing is in the way of.
    pub(crate) fn ripe(&self) -> Option<u32> {
        self.ripe.first().copied()
    }

    /// Whether nothing more will come of it: no task is open, and no node can be made.
    pub(crate) fn nothing_left(&self) -> bool {
        self.counts.open() == 0 && self.ripe.is_empty()
    }

    /// Whether a task failed, or was cancelled by someone, that ends the plan, and nothing was done about it yet.
    pub(crate) fn must_stop(&self) -> bool {
        let bad = self.counts.failed + self.counts.cancelled;
        self.spec.fail_mode == FailMode::Stop && self.stopping.is_none() && bad > 0
    }

    /// Whether a need on this node waits for its end, as one that is told by it does.
    pub(crate) fn awaits_end(&self, needed: u32, dependent: u32) -> bool {
        self.behind[needed as usize].contains(&(dependent, Awaits::Ended))
    }

    /// How the tasks of a node ended so far.
    pub(crate) fn ends(&self, node: u32) -> impl Iterator<Item = (TaskId, Option<TaskEnd>)> {
        self.nodes[node as usize].tasks.iter().map(|task| (*task, self.members.get(task).and_then(|member| member.end)))
    }

    /// A node's name for people: `test`, or `test[2]` for one of several.
    pub fn task_name(&self, task: TaskId) -> Option<String> {
        let node = self.members.get(&task)?.node as usize;
        let (name, of) = (&self.spec.tasks.get(node)?.name, self.nodes.get(node)?);
        let place = of.tasks.iter().position(|other| *other == task)?;
        Some(match self.spec.tasks[node].items {
            Items::One => name.clone(),
            Items::Listed(_) | Items::Lines { .. } => alloc::format!("{name}[{}]", place + 1),
        })
    }

    /// Whether the counts say what the members say.
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

/// What happens to tasks that run while their plan is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// They go on to their end.
    #[default]
    GoOn,
    /// Their agents are frozen.
    Freeze,
}

/// How a task of a plan came to its end, as far as its plan cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// Done, and not refuted.
    Done,
    /// Failed.
    Failed,
    /// Passed over: what it needs did not end as it must.
    Skipped,
    /// Someone cancelled it.
    Cancelled,
}

impl TaskEnd {
    /// Whether something that needs it in this way may go on.
    pub fn satisfies(self, when: When) -> bool {
        match when {
            When::Done => self == TaskEnd::Done,
            When::Failed => self == TaskEnd::Failed,
            When::Settled => true,
        }
    }
}

/// Why a node is never made into a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// This node did not end as it must.
    Needs { node: u32, when: When },
    /// The list it is made over has more items than may be, or would make more edges.
    TooManyItems { items: u32, items_max: u32 },
    /// The plan is being stopped.
    Stopping,
    /// A task of it was refused.
    Refused,
    /// A task of it was refused: with what is filled in, this text of it is longer than it may be.
    TooLong { text: TaskText, bytes_max: u32 },
    /// The list it is made over is longer than what this node could tell: only the end of it is known.
    ListCut { node: u32 },
}
