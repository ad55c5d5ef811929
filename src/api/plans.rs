//! Plans (DAGs of tasks) as the control plane shows and runs them.
//!
//! | request | answer |
//! |---|---|
//! | `GET /plans` | `[Plan]` |
//! | `POST /plans` [`NewPlan`] | [`Plan`] |
//! | `POST /plans/validate` [`NewPlan`] | [`Validation`] |
//! | `GET /plans/{plan}` | [`PlanDetail`] |
//! | `GET /plans/{plan}/explain` | [`PlanExplanation`] |
//! | `POST /plans/{plan}/cancel`, `…/pause` [`PausePlan`], `…/resume` | [`Plan`] |
//!
//! `{plan}` is a plan's number (`p3`) or its name, which means the newest of that name.

use super::tasks::Task;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a plan stands: draft → validating → ready → running → completed | failed | cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Its file was read.
    Draft,
    /// It is being checked.
    Validating,
    /// It may run.
    Ready,
    /// It runs.
    Running,
    /// Every task came to a good end.
    Completed,
    /// A task failed, and the fail mode ended the plan, or it ran to its end with a failure.
    Failed,
    /// A person cancelled it.
    Cancelled,
}

/// What a failed task does to its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Nothing further starts but what waits for this very failure; what runs goes on to its end.
    #[default]
    Stop,
    /// Everything goes on that does not need it; those that need it stand back to the end, in case it is tried again.
    Continue,
    /// Those that need it, however far behind it, are skipped at once; the rest goes on.
    SkipDependents,
}

/// One plan, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Its number: `p3`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The digest of its content: the same file has the same version.
    pub version: String,
    /// Where it stands.
    pub state: PlanState,
    /// Whether assignment is stopped.
    pub paused: bool,
    /// What a failed task does to it.
    pub fail_mode: FailMode,
    /// One short line for people: `running: 3 of 9 done, 2 running`.
    pub summary: String,
    /// How many tasks there are.
    pub tasks: u32,
    /// How many are done.
    pub done: u32,
    /// How many failed.
    pub failed: u32,
    /// How many run or are being verified.
    pub running: u32,
    /// How many were cancelled or skipped.
    pub cancelled: u32,
    /// When it was started, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When it came to its end.
    pub ended_ms: Option<u64>,
}

/// One plan with its tasks and edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanDetail {
    /// As listed.
    #[serde(flatten)]
    pub plan: Plan,
    /// Its nodes, in a topological order.
    pub nodes: Vec<PlanNode>,
    /// Its edges.
    pub edges: Vec<PlanEdge>,
}

/// One node of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanNode {
    /// Its name in the plan: `build`, `test[2]`.
    pub name: String,
    /// Its layer: 0 needs nothing, others come after the largest of what they need.
    pub layer: u32,
    /// Its task; none for one that is to be made from an output that is not there yet.
    pub task: Option<Task>,
}

/// `to` needs `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanEdge {
    /// What comes first, by its name in the plan.
    pub from: String,
    /// What comes after it.
    pub to: String,
    /// On which condition: `done`, `failed`, `settled`.
    pub when: String,
    /// Whether `from` has come to its end and let `to` go on.
    pub passed: bool,
}

/// A plan to be checked or started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// The file's absolute path: relative paths in it are beneath its directory. None: `[plan]` of agents.toml.
    #[serde(default)]
    pub path: Option<String>,
    /// The file's content, if it is not to be read from `path`.
    #[serde(default)]
    pub content: Option<String>,
    /// In place of the file's fail mode.
    #[serde(default)]
    pub fail_mode: Option<FailMode>,
}

/// What was found in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Whether it may run.
    pub valid: bool,
    /// Its name.
    pub name: Option<String>,
    /// The digest of its content.
    pub version: Option<String>,
    /// How many tasks there are.
    pub tasks: u32,
    /// How many edges there are.
    pub edges: u32,
    /// Every mistake.
    pub mistakes: Vec<Mistake>,
}

/// One mistake, where it is, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub what: String,
    /// What would mend it.
    pub hint: Option<String>,
}

/// Stop assigning a plan's tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PausePlan {
    /// Also freeze the agents that work on its tasks.
    pub freeze: bool,
}

/// Why a plan is where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanExplanation {
    /// The plan's name.
    pub plan: String,
    /// One sentence.
    pub answer: String,
    /// What is in the way, or what came of what.
    pub because: Vec<String>,
    /// What would change it: commands to type.
    pub hints: Vec<String>,
    /// The last facts about plans, oldest first.
    pub facts: Vec<super::events::EventRecord>,
}
