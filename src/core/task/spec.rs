//! The specification of a task: the work to be done and its conditions.

use crate::ids::{PlanId, TaskId};
use crate::time::Span;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The way in which work reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The agent asks for work: with `qd task claim`, in its shell, or over MCP.
    #[default]
    Pulled,
    /// A run is started for each task, and the end of the run is the end of the task.
    OneShot,
    /// The prompt is typed into the terminal of the agent's run once the run is idle.
    Typed,
}

/// The specification of a task: the work to be done, and its conditions. By default, a task without a name and a prompt
/// that any agent may do, with no conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskSpec {
    /// The name, unique among the tasks that are kept. If empty, the task is named by its number.
    pub name: String,
    /// The instructions for the agent.
    pub prompt: String,
    /// The priority; tasks with a higher priority go first.
    pub priority: i32,
    /// The capabilities that the agent must have.
    pub required_capabilities: Vec<String>,
    /// The agents that may do the task.
    pub placement: Placement,
    /// The dependencies: tasks that must end first, and how they must end.
    pub needs: Vec<Need>,
    /// The scopes that are locked while the task runs, as a user writes them: `src/parser`, `shared:docs`, `gpu`.
    pub locks: Vec<String>,
    /// The command that verifies the task.
    pub verify: Option<String>,
    /// Patterns of the files that the task produces for its dependents.
    pub outputs: Vec<String>,
    /// The kind of workspace in which the task is worked on.
    pub workspace: TaskWorkspace,
    /// The longest time of an attempt.
    pub timeout: Option<Span>,
    /// The number of attempts that are allowed; none: as configured.
    pub attempts: Option<u32>,
    /// The plan to which the task belongs.
    pub plan: Option<PlanId>,
    /// The task of which this task is a part.
    pub parent: Option<TaskId>,
    /// Path of the file in the drop folder from which the task was made.
    pub file: Option<String>,
    /// The word of the first line that chose the capability, if the task names none itself: see
    /// [`Routing`](super::routing::Routing). The fleet fills this in; a client does not set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<String>,
}

/// The agents that may do a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Any capable agent may do the task.
    #[default]
    Anyone,
    /// Only the agent with this name may do the task.
    Only(String),
    /// The task is in the queue of the agent with this name, but another idle agent may take it.
    Prefer(String),
    /// No agent does the task itself: it is divided into this many parts, and is done when they are done.
    Parts(u32),
}

/// A dependency: a task that must end before another may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Need {
    /// The task that must end first.
    pub task: TaskId,
    /// The way in which that task must end.
    pub when: When,
}

/// The way in which a dependency must end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The dependency must be done and not refuted by its verification. If it ends otherwise, its dependents are
    /// skipped.
    #[default]
    Done,
    /// The dependency must have failed. If it ends otherwise, the dependents that require this are skipped.
    Failed,
    /// The dependency must have ended in any way.
    Settled,
}

/// The kind of workspace in which a task is worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskWorkspace {
    /// The own workspace of the agent.
    #[default]
    Agent,
    /// A fresh worktree for the task alone.
    Fresh,
    /// A fresh worktree for the task that starts from the merge of its dependencies.
    Merge,
}

/// Whether a text can be the name of a task: 1 to 128 bytes of letters, digits and `. - _ @ : + # [ ]`, with no dot or
/// dash first. `t12` is reserved for the task with that number, and `mine` is never allowed.
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
