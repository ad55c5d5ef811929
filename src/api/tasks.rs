//! Tasks as the control plane shows, takes and changes them.
//!
//! | request | answer |
//! |---|---|
//! | `GET /tasks` ([`TaskQuery`]) | `[Task]` |
//! | `POST /tasks` [`NewTask`] | [`Task`] |
//! | `GET /tasks/{task}` | [`TaskDetail`] |
//! | `GET /tasks/{task}/explain` | [`TaskExplanation`] |
//! | `POST /tasks/claim` [`Claim`] | [`TaskDetail`], or 204 when there is none in time |
//! | `POST /tasks/{task}/done` [`Report`], `…/fail` [`Report`], `…/progress` [`Progress`] | [`Task`] |
//! | `POST /tasks/{task}/cancel` [`Reason`], `…/retry` [`Reason`] | [`Task`] |
//! | `POST /tasks/split` [`Split`] | [`SplitResult`] |
//!
//! `{task}` is a task's number (`t12`) or its name; `mine` is the one that the asking run works on.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where a task stands.
///
/// ```text
///  queued ─► assigned ─► running ─► verifying ─► done | failed | cancelled
///    ▲ └─► held (why)  ─┘   └── its agent died, or a retry ──► queued
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// It waits for an agent.
    Queued,
    /// Something is in the way: see `held`.
    Held,
    /// It stands in an agent's own queue, or is on its way to it.
    Assigned,
    /// An agent works on it.
    Running,
    /// Its verification runs.
    Verifying,
    /// Done: see `verified`.
    Done,
    /// Failed: see `reason`.
    Failed,
    /// Cancelled, or skipped because what it needs failed.
    Cancelled,
}

/// What the verification said, apart from the agent's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// `verify` passed.
    Verified,
    /// There is no `verify`.
    Unverified,
    /// `verify` failed.
    Refuted,
}

/// What bars a program from its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Barred {
    /// Nobody is logged in, or the key is not accepted: a person must act.
    Login,
    /// The quota is used up: the next attempt waits until it is renewed.
    Quota,
}

/// One task, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// Its number: `t12`.
    pub id: String,
    /// Its name, unique among those that are kept: `build`, `PLAN.build`, `TASK-7-SUB1`.
    pub name: String,
    /// The first line of its prompt.
    pub title: String,
    /// Where it stands.
    pub state: TaskState,
    /// One short line for people: `done (verified)`, `held: waits for build`, `failed (verify): exit 1`.
    pub summary: String,
    /// Why it is held, if it is: `waits for build`, `no agent can do rust`, `waits for src held by builder`.
    pub held: Option<String>,
    /// The plan it belongs to, by name.
    pub plan: Option<String>,
    /// The task it is a part of.
    pub parent: Option<String>,
    /// Its parts: how many are done, of how many. None when it has no parts.
    pub parts: Option<(u32, u32)>,
    /// Higher goes first.
    pub priority: i32,
    /// What its agent must be able to do.
    pub required_capabilities: Vec<String>,
    /// Tasks that come first, by name.
    pub needs: Vec<String>,
    /// Scopes that are locked while it runs.
    pub locks: Vec<String>,
    /// Who works on it, has it in its queue, or worked on it last.
    pub agent: Option<String>,
    /// In which run: `r17`.
    pub run: Option<String>,
    /// Attempts begun.
    pub attempt: u32,
    /// Attempts allowed.
    pub attempts_max: u32,
    /// What its agent said last, in percent.
    pub progress_percent: Option<u8>,
    /// What its agent said last, in words.
    pub progress: Option<String>,
    /// The verification's word, once it is done.
    pub verified: Option<Verified>,
    /// Why it failed, or was cancelled.
    pub reason: Option<String>,
    /// What bars its agent's program, if its newest attempt came to nothing by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred: Option<Barred>,
    /// When it was added, in milliseconds since the Unix epoch.
    pub queued_ms: u64,
    /// When its newest attempt began.
    pub started_ms: Option<u64>,
    /// When it came to its end.
    pub ended_ms: Option<u64>,
}

/// One task with all there is to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskDetail {
    /// As listed.
    #[serde(flatten)]
    pub task: Task,
    /// The whole prompt.
    pub prompt: String,
    /// The word of its first line by which it asks for its capability (`[tasks.routing]`), if it named none itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<String>,
    /// The command that verifies it.
    pub verify: Option<String>,
    /// The newest lines the verification wrote.
    pub verify_output: Option<String>,
    /// The files declared as its outputs, relative to the workspace.
    pub outputs: Vec<String>,
    /// What it left: files with hashes.
    pub artifacts: Vec<Artifact>,
    /// The commit its work ended with.
    pub commit: Option<String>,
    /// The branch that commit is on.
    pub branch: Option<String>,
    /// What its agent said at its end.
    pub result: Option<String>,
    /// The directory in which what it needs lies, read-only: `QD_INPUTS`.
    pub inputs: Option<String>,
    /// Its workspace.
    pub workspace: Option<String>,
    /// What happened to it, oldest first.
    pub history: Vec<Happened>,
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Happened {
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What, in words: `assigned to builder`.
    pub what: String,
}

/// A file that a task left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskExplanation {
    /// The task's name.
    pub task: String,
    /// One sentence.
    pub answer: String,
    /// What is in the way, outermost first; empty when nothing is.
    pub because: Vec<String>,
    /// What would change it: commands to type.
    pub hints: Vec<String>,
}

/// Where a task works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskWorkspace {
    /// Its agent's own workspace.
    #[default]
    Agent,
    /// A fresh worktree of its own. An agent that runs already is told where it is.
    Fresh,
    /// A fresh worktree that starts from the merge of what it needs, likewise.
    Merge,
}

/// A task to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What is to be done.
    pub prompt: String,
    /// A name; none: its number.
    #[serde(default)]
    pub name: Option<String>,
    /// Higher goes first; 0 unless told.
    #[serde(default)]
    pub priority: i32,
    /// What its agent must be able to do.
    #[serde(default)]
    pub required_capabilities: Vec<String>,
    /// Only this agent may do it.
    #[serde(default)]
    pub agent: Option<String>,
    /// It stands in this agent's queue, from which an idle one may take it.
    #[serde(default)]
    pub prefer: Option<String>,
    /// Tasks that must be done first, by name or number.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Scopes that are locked while it runs: `src/parser`, `shared:docs`, `gpu`.
    #[serde(default)]
    pub locks: Vec<String>,
    /// A command that verifies it, run in its workspace by `sh -c`.
    #[serde(default)]
    pub verify: Option<String>,
    /// Files it leaves for those that need it, relative to the workspace; `*` patterns.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Where it works.
    #[serde(default)]
    pub workspace: TaskWorkspace,
    /// An attempt may take this long, in milliseconds.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// Attempts allowed; none: as configured.
    #[serde(default)]
    pub attempts: Option<u32>,
    /// The task it is a part of.
    #[serde(default)]
    pub parent: Option<String>,
}

/// `GET /tasks` query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct TaskQuery {
    /// Only in this state.
    pub state: Option<TaskState>,
    /// Only of this agent.
    pub agent: Option<String>,
    /// Only of this plan.
    pub plan: Option<String>,
}

/// Ask for a task to work on, for the run whose token comes with the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// This very task, by name or number; none: the next one.
    pub task: Option<String>,
    /// How long to wait for one, in milliseconds; 0 or none does not wait.
    pub wait_ms: Option<u64>,
}

/// An agent's word that it is done, or has failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// What came of it, in its own words.
    pub message: Option<String>,
}

/// An agent's word on how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Progress {
    /// In percent, 0 to 100.
    pub percent: Option<u8>,
    /// In words.
    pub message: Option<String>,
}

/// Why a person does it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: Option<String>,
}

/// By which rule a task is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitStrategy {
    /// By headings, checklists, file lists and explicit dependencies.
    #[default]
    Structure,
    /// By the documented counting of keywords.
    Keyword,
}

/// Divide a task file into sub-task files with disjoint file sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// A task's name, whose prompt is divided, or the path of a file: absolute, or from the fleet's directory.
    pub file: String,
    /// By which rule.
    #[serde(default)]
    pub strategy: SplitStrategy,
    /// At most so many; none: as configured (3).
    #[serde(default)]
    pub max: Option<u32>,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// How a task was divided, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitResult {
    /// The parts; empty when it was not divided.
    pub parts: Vec<SplitPart>,
    /// Why so, in words.
    pub why: String,
}

/// One part of a divided task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitPart {
    /// Its name: `TASK-7-SUB1`.
    pub name: String,
    /// What it is to reach.
    pub objective: String,
    /// By what it is known to be reached.
    pub success_criteria: Vec<String>,
    /// The files that are its own.
    pub files: Vec<String>,
    /// Parts that come first, by name.
    pub needs: Vec<String>,
    /// Where it was written.
    pub path: Option<String>,
}
