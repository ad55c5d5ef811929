//! The content of a plan: its tasks, their dependencies, and the texts that are filled in later.
//!
//! Names are resolved when the plan is read. Here, a task is identified by its place in the list.

use crate::task::{Placement, TaskWorkspace, When};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A plan as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanSpec {
    /// The name of the plan.
    pub name: String,
    /// The digest of the plan's content: the same file has the same version.
    pub version: String,
    /// Path of the file from which the plan was read.
    pub file: Option<String>,
    /// The effect of a failed task on the plan.
    pub fail_mode: FailMode,
    /// The tasks of the plan, in the order of the file.
    pub tasks: Vec<PlanTask>,
}

/// The effect of a failed task on its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// After a failure, only tasks that require this failure are started. Running tasks continue to their end.
    #[default]
    Stop,
    /// Everything that does not depend on the failed task continues. Its dependents are held back until the end, in case
    /// the task is tried again.
    Continue,
    /// All direct and indirect dependents of the failed task are skipped; the rest continues.
    SkipDependents,
}

/// An entry of a plan: one task, or one task for each item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanTask {
    /// The name of the task, unique in the plan, without a dot.
    pub name: String,
    /// The instructions for the agent.
    pub prompt: Vec<Piece>,
    /// The dependencies: tasks that must end first, and how they must end.
    pub needs: Vec<PlanNeed>,
    /// Whether the entry is one task, or one for each item of a list.
    pub items: Items,
    /// The agents that may do the task.
    pub placement: Placement,
    /// The capabilities that the agent must have.
    pub required_capabilities: Vec<String>,
    /// The scopes that are locked while the task runs.
    pub locks: Vec<Vec<Piece>>,
    /// The command that verifies the task.
    pub verify: Option<String>,
    /// Patterns of the files that the task produces for its dependents.
    pub outputs: Vec<Vec<Piece>>,
    /// The kind of workspace in which the task is worked on.
    pub workspace: TaskWorkspace,
    /// The longest time of an attempt.
    pub timeout: Option<Span>,
    /// The number of attempts that are allowed; none: as configured.
    pub attempts: Option<u32>,
    /// The priority; tasks with a higher priority go first.
    pub priority: i32,
}

/// A dependency of a task in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanNeed {
    /// The place of the task that must end first.
    pub task: u32,
    /// The way in which that task must end.
    pub when: When,
}

/// Whether a node is one task, or one for each item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    /// The node is one task.
    #[default]
    One,
    /// The node has one task for each of these items.
    Listed(Vec<String>),
    /// The node has one task for each line of the result or the output paths of `task`.
    Lines { task: u32, of: Said },
}

/// The kind of output that a task passes on to its dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The result that the agent reported at the end, or the reason why the task failed.
    Result,
    /// The paths of the files that the task produced, one on each line.
    Outputs,
}

/// A piece of a text that is filled in when its task is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A text that stays as it is.
    Text(String),
    /// The result or the output paths of an earlier task.
    Of { task: u32, said: Said },
    /// The item for which the task is made.
    Item,
}

impl PlanTask {
    /// Returns the tasks whose results are filled into the texts or the list of this task.
    pub fn hears(&self) -> impl Iterator<Item = u32> {
        let told = |piece: &Piece| match piece {
            Piece::Of { task, .. } => Some(*task),
            Piece::Text(_) | Piece::Item => None,
        };
        let texts = core::iter::once(&self.prompt).chain(&self.locks).chain(&self.outputs);
        let list = match self.items {
            Items::Lines { task, .. } => Some(task),
            Items::One | Items::Listed(_) => None,
        };
        texts.flatten().filter_map(told).chain(list)
    }

    /// Returns how many tasks the entry makes, as far as the file says.
    pub fn size(&self) -> usize {
        match &self.items {
            Items::One | Items::Lines { .. } => 1,
            Items::Listed(items) => items.len(),
        }
    }
}
