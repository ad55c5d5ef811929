//! JSON bodies with which the control plane shows and runs plans (graphs of tasks without cycles).
//!
//! `{plan}` is a plan's number (`p3`) or its name; a name means the newest plan of that name.

use super::route::routes;
use super::tasks::Reason;
use super::tasks::Task;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const LIST_PLANS: GET "/plans", () => Vec<Plan>;
    // A plan of ten thousand tasks is read and checked in less; a busy machine takes longer.
    pub const START_PLAN: POST "/plans", NewPlan => Plan, within 30;
    pub const VALIDATE_PLAN: POST "/plans/validate", NewPlan => Validation, within 30;
    pub const GET_PLAN: GET "/plans/{plan}", () => PlanDetail, within 30;
    pub const EXPLAIN_PLAN: GET "/plans/{plan}/explain", () => PlanExplanation;
    pub const CANCEL_PLAN: POST "/plans/{plan}/cancel", Reason => Plan, within 30;
    pub const PAUSE_PLAN: POST "/plans/{plan}/pause", PausePlan => Plan;
    pub const RESUME_PLAN: POST "/plans/{plan}/resume", () => Plan;
}

/// The states of a plan: draft → validating → ready → running → completed | failed | cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// The plan's file was read.
    Draft,
    /// The plan is being validated.
    Validating,
    /// The plan is valid and may run.
    Ready,
    /// The plan's tasks are running.
    Running,
    /// Every task of the plan ended well.
    Completed,
    /// A task failed, and the fail mode ended the plan, or the plan ran to its end with a failure.
    Failed,
    /// A person cancelled the plan.
    Cancelled,
}

/// The effect of a failed task on its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailMode {
    /// Nothing else starts, except tasks that depend on exactly this failure; running tasks continue to their end.
    #[default]
    Stop,
    /// Every task that does not depend on the failed one continues; its dependents wait until the end, in case it is
    /// tried again.
    Continue,
    /// All direct and indirect dependents of the failed task are skipped at once; the rest continues.
    SkipDependents,
}

/// One plan, as `GET /plans` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The plan's number, such as `p3`.
    pub id: String,
    /// The name of the plan.
    pub name: String,
    /// The digest of the plan's content: equal files have equal versions.
    pub version: String,
    /// The state of the plan.
    pub state: PlanState,
    /// Whether the assignment of the plan's tasks is paused.
    pub paused: bool,
    /// The effect of a failed task on the plan.
    pub fail_mode: FailMode,
    /// The plan's state in one short line for people: `running: 3 of 9 done, 2 running`.
    pub summary: String,
    /// The number of tasks in the plan.
    pub tasks: u32,
    /// The number of tasks that are done.
    pub done: u32,
    /// The number of tasks that failed.
    pub failed: u32,
    /// The number of tasks that run or are being verified.
    pub running: u32,
    /// The number of tasks that were cancelled or skipped.
    pub cancelled: u32,
    /// When the plan was started, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When the plan ended, in milliseconds since the Unix epoch.
    pub ended_ms: Option<u64>,
}

/// One plan with its tasks and edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanDetail {
    /// The plan, as it is listed.
    #[serde(flatten)]
    pub plan: Plan,
    /// The plan's nodes, in a topological order.
    pub nodes: Vec<PlanNode>,
    /// The dependencies between the plan's nodes.
    pub edges: Vec<PlanEdge>,
}

/// One node of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanNode {
    /// Name of the node in the plan: `build`, `test[2]`.
    pub name: String,
    /// The node's layer: 0 if it depends on nothing, otherwise one more than the largest layer of its dependencies.
    pub layer: u32,
    /// The node's task; none if the task will be made from an output that does not exist yet.
    pub task: Option<Task>,
}

/// An edge of a plan: `to` depends on `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanEdge {
    /// Name of the node that comes first.
    pub from: String,
    /// Name of the node that comes after it.
    pub to: String,
    /// The condition of the dependency: `done`, `failed`, `settled`.
    pub when: String,
    /// Whether `from` has ended in a way that lets `to` continue.
    pub passed: bool,
}

/// Body of `POST /plans` and `POST /plans/validate`: a plan to be started or validated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Absolute path of the plan's file; relative paths in the file start at its directory. None means `[plan]` of
    /// agents.toml.
    #[serde(default)]
    pub path: Option<String>,
    /// The plan's content, if it is not to be read from `path`.
    #[serde(default)]
    pub content: Option<String>,
    /// A fail mode that replaces the one of the file.
    #[serde(default)]
    pub fail_mode: Option<FailMode>,
}

/// Answer to `POST /plans/validate`: what was found in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Whether the plan is valid and may run.
    pub valid: bool,
    /// The name of the plan.
    pub name: Option<String>,
    /// The digest of the plan's content.
    pub version: Option<String>,
    /// The number of tasks in the plan.
    pub tasks: u32,
    /// The number of edges in the plan.
    pub edges: u32,
    /// Every mistake that was found in the plan.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in a plan's file, with its position and a way to correct it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mistake {
    /// The file that contains the mistake.
    pub file: String,
    /// Line number of the mistake, from 1.
    pub line: u32,
    /// Column of the mistake in characters, from 1.
    pub column: u32,
    /// What is wrong, in words.
    pub what: String,
    /// A change that would correct the mistake.
    pub hint: Option<String>,
}

/// Body of `POST /plans/{plan}/pause`: stop assigning the plan's tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PausePlan {
    /// Whether to pause the agents that work on the plan's tasks too.
    pub freeze: bool,
}

/// Answer to `GET /plans/{plan}/explain`: why the plan is in its current state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanExplanation {
    /// The name of the plan.
    pub plan: String,
    /// The explanation in one sentence.
    pub answer: String,
    /// The obstacles in the plan's way, or the causes that led to its state.
    pub because: Vec<String>,
    /// Commands to type that would change the plan's state.
    pub hints: Vec<String>,
    /// The last facts about plans, oldest first.
    pub facts: Vec<super::events::EventRecord>,
}
