//! What a plan says: its tasks, what they need of one another, and what is filled in later.
//!
//! Names are resolved where the plan is read: here a task is its place in the list.

use crate::task::{Placement, TaskWorkspace, When};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A plan as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanSpec {
    /// Its name.
    pub name: String,
    /// The digest of its content: the same file has the same version.
    pub version: String,
    /// The file it was read from.
    pub file: Option<String>,
    /// What a failed task does to it.
    pub fail_mode: FailMode,
    /// Its tasks, in the file's order.
    pub tasks: Vec<PlanTask>,
}

/// What a failed task does to its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Nothing further starts but what waits for this very failure; what runs goes on to its end.
    #[default]
    Stop,
    /// Everything goes on that does not need it; those that need it stand back until the end, in case it is tried again.
    Continue,
    /// Those that need it, however far behind it, are skipped; the rest goes on.
    SkipDependents,
}

/// One task of a plan, or one for each item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanTask {
    /// Unique in the plan, without a dot.
    pub name: String,
    /// What is to be done.
    pub prompt: Vec<Piece>,
    /// What comes first, and how it must have ended.
    pub needs: Vec<PlanNeed>,
    /// Whether it is one task, or one for each item.
    pub items: Items,
    /// Whose it is.
    pub placement: Placement,
    /// What its agent must be able to do.
    pub required_capabilities: Vec<String>,
    /// Scopes that are locked while it runs.
    pub locks: Vec<Vec<Piece>>,
    /// A command that verifies it.
    pub verify: Option<String>,
    /// Patterns of the files that it leaves for those that need it.
    pub outputs: Vec<Vec<Piece>>,
    /// Where it works.
    pub workspace: TaskWorkspace,
    /// An attempt may take this long.
    pub timeout: Option<Span>,
    /// Attempts allowed; none: as configured.
    pub attempts: Option<u32>,
    /// Higher goes first.
    pub priority: i32,
}

/// What comes before a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanNeed {
    /// Which task of the plan.
    pub task: u32,
    /// How it must have ended.
    pub when: When,
}

/// Whether a node is one task, or one for each item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    /// One task.
    #[default]
    One,
    /// One for each of these.
    Listed(Vec<String>),
    /// One for each line of what this task said or left.
    Lines { task: u32, of: Said },
}

/// What a task tells those that need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// What its agent said at its end, or why it failed.
    Result,
    /// The paths of the files it left, a line each.
    Outputs,
}

/// A piece of a text that is filled in when its task is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// What an earlier task told.
    Of { task: u32, said: Said },
    /// The item that the task is for.
    Item,
}

impl PlanTask {
    /// The tasks whose words are filled into its texts, or that tell its items.
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

    /// How many tasks it makes, as far as the file says it.
    pub fn size(&self) -> usize {
        match &self.items {
            Items::One | Items::Lines { .. } => 1,
            Items::Listed(items) => items.len(),
        }
    }
}
