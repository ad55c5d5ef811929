//! JSON bodies with which the control plane shows, accepts and changes tasks.
//!
//! `{task}` is a task's number (`t12`) or its name; `mine` is the task that the asking run works on.

use super::route::routes;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const LIST_TASKS: GET "/tasks", TaskQuery => Vec<Task>;
    pub const ADD_TASK: POST "/tasks", NewTask => Task;
    pub const GET_TASK: GET "/tasks/{task}", () => TaskDetail;
    pub const EXPLAIN_TASK: GET "/tasks/{task}/explain", () => TaskExplanation;
    pub const CLAIM_TASK: POST "/tasks/claim", Claim => TaskDetail;
    pub const TASK_DONE: POST "/tasks/{task}/done", Report => Task;
    pub const TASK_FAILED: POST "/tasks/{task}/fail", Report => Task;
    pub const TASK_PROGRESS: POST "/tasks/{task}/progress", Progress => Task;
    pub const CANCEL_TASK: POST "/tasks/{task}/cancel", Reason => Task;
    pub const RETRY_TASK: POST "/tasks/{task}/retry", Reason => Task;
    // Files are written, and become tasks, before the answer.
    pub const SPLIT_TASK: POST "/tasks/split", Split => SplitResult, within 10;
}

/// The states of a task.
///
/// ```text
///  queued ─► assigned ─► running ─► verifying ─► done | failed | cancelled
///    ▲ └─► held (why)  ─┘   └── its agent died, or a retry ──► queued
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// The task waits for an agent.
    Queued,
    /// Something is in the task's way: see `held`.
    Held,
    /// The task is in an agent's own queue, or is being delivered to that agent.
    Assigned,
    /// An agent works on the task.
    Running,
    /// The task's verification is running.
    Verifying,
    /// The task is done: see `verified`.
    Done,
    /// The task has failed: see `reason`.
    Failed,
    /// The task was cancelled, or was skipped because a task that it depends on failed.
    Cancelled,
}

/// The result of a task's verification, independent of the agent's own claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// The task's `verify` command passed.
    Verified,
    /// The task has no `verify` command.
    Unverified,
    /// The task's `verify` command failed.
    Refuted,
}

/// Why the provider refuses to serve an agent program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Nobody is logged in, or the key is not accepted: a person must act.
    Login,
    /// The quota is used up: the next attempt waits until it is renewed.
    Quota,
}

/// One task, as `GET /tasks` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// The task's number, such as `t12`.
    pub id: String,
    /// The task's name, unique among the tasks that are kept: `build`, `PLAN.build`, `TASK-7-SUB1`.
    pub name: String,
    /// The first line of the task's prompt.
    pub title: String,
    /// The state of the task.
    pub state: TaskState,
    /// The task's state in one short line for people: `done (verified)`, `held: waits for build`, `failed (verify):
    /// exit 1`.
    pub summary: String,
    /// Why the task is held: `waits for build`, `no agent can do rust`, `waits for src held by builder`; none if it is
    /// not held.
    pub held: Option<String>,
    /// Name of the plan that the task belongs to.
    pub plan: Option<String>,
    /// Name of the task that this task is a part of.
    pub parent: Option<String>,
    /// Parts of the task: how many are done, and how many there are. None when it has no parts.
    pub parts: Option<(u32, u32)>,
    /// The task's priority: a higher one goes first.
    pub priority: i32,
    /// The capabilities that the task's agent must have.
    pub required_capabilities: Vec<String>,
    /// Names of the tasks that this task depends on.
    pub needs: Vec<String>,
    /// Scopes that are locked while the task runs.
    pub locks: Vec<String>,
    /// The agent that works on the task, has it in its queue, or worked on it last.
    pub agent: Option<String>,
    /// The run that works on the task: `r17`.
    pub run: Option<String>,
    /// The number of attempts that were begun.
    pub attempt: u32,
    /// The number of attempts that are allowed.
    pub attempts_max: u32,
    /// The progress that the task's agent reported last, in percent.
    pub progress_percent: Option<u8>,
    /// The progress that the task's agent reported last, in words.
    pub progress: Option<String>,
    /// The result of the verification, once the task is done.
    pub verified: Option<Verified>,
    /// Why the task failed, or why it was cancelled.
    pub reason: Option<String>,
    /// Why the provider refused to serve the agent's program, if that ended the newest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred: Option<Barred>,
    /// When the task was added, in milliseconds since the Unix epoch.
    pub queued_ms: u64,
    /// When the task's newest attempt began, in milliseconds since the Unix epoch.
    pub started_ms: Option<u64>,
    /// When the task ended, in milliseconds since the Unix epoch.
    pub ended_ms: Option<u64>,
}

/// The task that an agent has, as the agent's entry in the list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentTask {
    /// The task's number, such as `t12`.
    pub id: String,
    /// The task's name, unique among the tasks that are kept.
    pub name: String,
    /// The progress that the agent reported last, in percent.
    pub progress_percent: Option<u8>,
    /// Whether the agent's turn has ended while the task reports nothing: a person must say whether it is done.
    pub says_nothing: bool,
}

/// One task with everything that is known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskDetail {
    /// The task, as it is listed.
    #[serde(flatten)]
    pub task: Task,
    /// The whole prompt of the task.
    pub prompt: String,
    /// The word of the prompt's first line from which the capability was derived (`[tasks.routing]`), if the task named
    /// none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<String>,
    /// The command that verifies the task.
    pub verify: Option<String>,
    /// The newest lines that the verification printed.
    pub verify_output: Option<String>,
    /// Paths of the declared outputs, relative to the workspace.
    pub outputs: Vec<String>,
    /// The files that the task produced as outputs, with their hashes.
    pub artifacts: Vec<Artifact>,
    /// The commit with which the task's work ended.
    pub commit: Option<String>,
    /// The branch that contains the commit.
    pub branch: Option<String>,
    /// The result that the agent reported at its end.
    pub result: Option<String>,
    /// The directory that contains the task's inputs, read-only: `QD_INPUTS`.
    pub inputs: Option<String>,
    /// Path of the workspace in which the task runs.
    pub workspace: Option<String>,
    /// Whether that workspace is the task's own, and not its agent's.
    #[serde(default)]
    pub has_own_workspace: bool,
    /// The events of the task's history, oldest first.
    pub history: Vec<Happened>,
}

/// One event in the history of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Happened {
    /// When the event happened, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The event in words: `is assigned to builder`.
    pub what: String,
}

/// A file that a task produced as an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// Path of the file, relative to the workspace.
    pub path: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// The SHA-256 of the file's content, in hexadecimal.
    pub sha256: String,
}

/// Answer to `GET /tasks/{task}/explain`: why the task is in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskExplanation {
    /// The name of the task.
    pub task: String,
    /// The explanation in one sentence.
    pub answer: String,
    /// The obstacles in the task's way, outermost first; empty when there are none.
    pub because: Vec<String>,
    /// Commands to type that would change the task's state.
    pub hints: Vec<String>,
}

/// The workspace in which a task runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskWorkspace {
    /// The workspace of the task's agent.
    #[default]
    Agent,
    /// A fresh worktree of the task's own. An agent that already runs is told its path.
    Fresh,
    /// A fresh worktree that starts from the merge of the tasks that it depends on. An agent that already runs is told
    /// its path.
    Merge,
}

/// Body of `POST /tasks`: a task to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The prompt: what the agent must do.
    pub prompt: String,
    /// Name of the task; default: its number.
    #[serde(default)]
    pub name: Option<String>,
    /// The task's priority: a higher one goes first; default 0.
    #[serde(default)]
    pub priority: i32,
    /// The capabilities that the task's agent must have.
    #[serde(default)]
    pub required_capabilities: Vec<String>,
    /// Name of the only agent that may do the task.
    #[serde(default)]
    pub agent: Option<String>,
    /// Name of the agent whose queue the task is put in; an idle agent may take it from there.
    #[serde(default)]
    pub prefer: Option<String>,
    /// The tasks that must be done first, by name or number.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Scopes that are locked while the task runs: `src/parser`, `shared:docs`, `gpu`.
    #[serde(default)]
    pub locks: Vec<String>,
    /// A command that verifies the task, run in its workspace by `sh -c`.
    #[serde(default)]
    pub verify: Option<String>,
    /// The files that the task must produce for its dependents, relative to the workspace; `*` patterns are allowed.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// The workspace in which the task runs.
    #[serde(default)]
    pub workspace: TaskWorkspace,
    /// How long an attempt may take, in milliseconds.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// The number of attempts that are allowed; default: as configured.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// The task that this task is a part of.
    #[serde(default)]
    pub parent: Option<String>,
}

/// The number of tasks that `GET /tasks` finds by their numbers. Beyond it, the request is refused.
pub const TASK_IDS_MAX: usize = 100;

/// Query of `GET /tasks`: filters for the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct TaskQuery {
    /// Only tasks in this state.
    pub state: Option<TaskState>,
    /// Only tasks of this agent.
    pub agent: Option<String>,
    /// Only tasks of this plan.
    pub plan: Option<String>,
    /// Only the tasks with these numbers, separated by commas: `t3,t12`. At most 100; a number without a task is
    /// omitted.
    pub ids: Option<String>,
}

/// Body of `POST /tasks/claim`: a request of the calling run for a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// The task to claim, by name or number; none claims the next one.
    pub task: Option<String>,
    /// How long to wait for a task, in milliseconds; 0 or none does not wait.
    pub wait_ms: Option<u64>,
}

/// An agent's report that its task is done, or has failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// The result of the task in the agent's own words.
    pub message: Option<String>,
}

/// An agent's report on the progress of its task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Progress {
    /// The task's progress in percent, from 0 to 100.
    pub percent: Option<u8>,
    /// The task's progress in words.
    pub message: Option<String>,
}

/// Body of a task's cancel and retry requests: the reason for the change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reason {
    /// Why the person changes the task.
    pub reason: Option<String>,
}

/// The rules by which a task is divided into parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitStrategy {
    /// Divide the task by headings, checklists, file lists and explicit dependencies.
    #[default]
    Structure,
    /// Divide the task by counting keywords in the documented way.
    Keyword,
}

/// Body of `POST /tasks/split`: divide a task file into sub-task files with disjoint file sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Name of a task whose prompt is divided, or the path of a file: absolute, or relative to the fleet's directory.
    pub file: String,
    /// The rule by which to divide the task.
    #[serde(default)]
    pub strategy: SplitStrategy,
    /// The largest number of parts; default: as configured (3).
    #[serde(default)]
    pub max: Option<u32>,
    /// Whether to only report what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer to `POST /tasks/split`: the parts, or why the task was not divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitResult {
    /// The parts of the task; empty when it was not divided.
    pub parts: Vec<SplitPart>,
    /// Why the task was divided in this way, or was not divided.
    pub why: String,
}

/// One part of a divided task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitPart {
    /// Name of the part: `TASK-7-SUB1`.
    pub name: String,
    /// The objective that the part must reach.
    pub objective: String,
    /// The criteria that show that the objective is reached.
    pub success_criteria: Vec<String>,
    /// The files that belong to this part alone.
    pub files: Vec<String>,
    /// Names of the parts that this part depends on.
    pub needs: Vec<String>,
    /// Path of the file that was written for the part.
    pub path: Option<String>,
}
