//! What a task is, as it was ordered.

use crate::ids::{PlanId, TaskId};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How work reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// It asks for it: `qd task claim`, in its shell or over MCP.
    #[default]
    Pulled,
    /// A run is started for each task, and the run's end is the task's.
    OneShot,
    /// The prompt is typed into the terminal of its run once that is idle.
    Typed,
}

/// What is to be done, and under which conditions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Unique among the tasks that are kept; empty: its number.
    pub name: String,
    /// What is to be done.
    pub prompt: String,
    /// Higher goes first.
    pub priority: i32,
    /// What its agent must be able to do.
    pub required_capabilities: Vec<String>,
    /// Whose it is.
    pub placement: Placement,
    /// What must have come to its end first, and how.
    pub needs: Vec<Need>,
    /// Scopes that are locked while it runs, as a user writes them: `src/parser`, `shared:docs`, `gpu`.
    pub locks: Vec<String>,
    /// A command that verifies it.
    pub verify: Option<String>,
    /// Patterns of the files that it leaves for those that need it.
    pub outputs: Vec<String>,
    /// Where it works.
    pub workspace: TaskWorkspace,
    /// An attempt may take this long.
    pub timeout: Option<Span>,
    /// Attempts allowed; none: as configured.
    pub attempts: Option<u32>,
    /// The plan it belongs to.
    pub plan: Option<PlanId>,
    /// The task it is a part of.
    pub parent: Option<TaskId>,
    /// The file in the drop folder that it was made from.
    pub file: Option<String>,
    /// The word of its first line by which it asks for its capability, if it names none itself: see
    /// [`Routing`](super::routing::Routing). The fleet says so; whoever orders leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<String>,
}

/// Whose a task is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Any agent's that can do it.
    #[default]
    Anyone,
    /// This agent's, by name, and nobody else's.
    Only(String),
    /// It stands in this agent's queue, from which an idle one may take it.
    Prefer(String),
    /// Nobody's: it is divided into so many parts, and is done when they are.
    Parts(u32),
}

/// What must have come to its end before a task may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Need {
    /// Which task.
    pub task: TaskId,
    /// How.
    pub when: When,
}

/// How a needed task must have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Done, and not refuted by its verification. If it ends otherwise, those that need it are skipped.
    #[default]
    Done,
    /// Failed. If it ends otherwise, those that need that are skipped.
    Failed,
    /// Whatever its end.
    Settled,
}

/// Where a task works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskWorkspace {
    /// Its agent's own workspace.
    #[default]
    Agent,
    /// A fresh worktree of its own.
    Fresh,
    /// A fresh worktree that starts from the merge of what it needs.
    Merge,
}

/// Whether a text can be the name of a task: 1 to 128 bytes of letters, digits and `. - _ @ : + # [ ]`, no dot or dash
/// first. `t12` is fit only for the task of that number, `mine` for none.
pub fn fit_for_name(name: &str) -> bool {
    let fit = |letter: char| letter.is_alphanumeric() || ".-_@:+#[]".contains(letter);
    let number =
        name.strip_prefix('t').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    (1..=super::limits::NAME_BYTES_MAX).contains(&name.len())
        && name.chars().all(fit)
        && !name.starts_with(['.', '-'])
        && !number
        && name != "mine"
}
