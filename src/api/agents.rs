//! Agents as the control plane shows and changes them.

use super::work::Work;
use quarterdeck_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One agent, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Where its lifecycle stands.
    pub state: AgentState,
    /// What it is up to, derived from facts when asked.
    pub status: Status,
    /// One short line for people: `working`, `exit 3`, `gave up after 5 restarts (exit 3)`, `queued behind builder`.
    pub summary: String,
    /// Whether a person should look, and why. Sorts the dashboard.
    pub attention: Attention,
    /// How healthy it is.
    #[serde(default)]
    pub health: AgentHealth,
    /// Why its health is not better, in words.
    #[serde(default)]
    pub health_reason: Option<String>,
    /// Since when it is in `state`, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Since when its `status` is what it is: the time that a person has kept it waiting, if it asks.
    #[serde(default)]
    pub status_since_ms: u64,
    /// What says its `status`, while its program runs.
    #[serde(default)]
    pub status_source: Option<StatusSource>,
    /// What it asks a person.
    #[serde(default)]
    pub question: Option<Question>,
    /// What it waits for that another holds.
    #[serde(default)]
    pub blocked: Option<Blocked>,
    /// What its program says went wrong, with `status` `error`.
    #[serde(default)]
    pub error: Option<String>,
    /// Its newest run: `r17`.
    pub run: Option<String>,
    /// When that run's process was started.
    pub started_ms: Option<u64>,
    /// That run's process id, while it lives.
    pub pid: Option<u32>,
    /// The newest ended run's exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it, instead.
    pub exit_signal: Option<i32>,
    /// Why the newest run could not start or was lost.
    pub reason: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// Whether the live run has the newest configuration.
    pub config: ConfigState,
    /// Its working directory's root, absolute.
    pub workspace: Option<String>,
    /// The branch of its worktree.
    pub branch: Option<String>,
    /// What it may be asked to do.
    pub capabilities: Vec<String>,
    /// The command line as configured (never the environment).
    pub command: String,
    /// The terminal's title.
    pub title: String,
    /// The last line of its screen with words, above the box that a person types into.
    pub last_line: String,
    /// When it last wrote something.
    pub last_output_ms: Option<u64>,
    /// The whole tree's consumption at the last sampling; none when not sampled.
    pub usage: Option<Usage>,
    /// Where the work in its own worktree stood when that was looked at last; none without one, or not looked at yet.
    #[serde(default)]
    pub work: Option<Work>,
}

impl Agent {
    /// Files in its worktree that are not committed, as far as is known.
    pub fn files_uncommitted(&self) -> u32 {
        self.work.as_ref().map_or(0, |work| work.files_uncommitted)
    }
}

/// Where a lifecycle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Never started, or taken out of the queue.
    Off,
    /// To run, but it must wait.
    Queued,
    /// The workspace is being made.
    Preparing,
    /// Started, not ready yet.
    Starting,
    /// Ready.
    Ready,
    /// Somebody started it elsewhere, and it takes part.
    Joined,
    /// Being ended.
    Stopping,
    /// Lost its keeper; what is left is being hunted down.
    Lost,
    /// Ended by itself, with success.
    Completed,
    /// Ended by itself, without.
    Failed,
    /// Ended by us.
    Terminated,
    /// To be started again soon.
    Backoff,
    /// Not to be started again unless a person says so.
    GaveUp,
}

/// What an agent is up to. Derived when read; `paused` is orthogonal to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Wrote something a short while ago.
    Working,
    /// Wrote nothing for a while.
    Idle,
    /// Asks a person, until the question is answered or gone.
    Waiting,
    /// Met an error: it tries again, or its turn has ended with it.
    Error,
    /// Says that it works and shows no sign of life, or does not read what is typed.
    Unresponsive,
    /// Frozen, or being frozen.
    Paused,
    /// On its way: queued, preparing, starting, backing off.
    Pending,
    /// Being ended.
    Stopping,
    /// Has no live run.
    Stopped,
}

/// How healthy an agent is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentHealth {
    /// As it should be.
    Healthy,
    /// It works, with a loss: it failed lately, its program meets errors, or its keeper is stopped.
    Degraded,
    /// It does not work: unresponsive, failed, lost, or in a crash loop.
    Unhealthy,
    /// Nobody can tell: it has no run, or its keeper can't be spoken with.
    #[default]
    Unknown,
}

/// What says an agent's status, most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// Its program's own report (OSC 7501).
    Program,
    /// Words on its screen.
    Screen,
    /// The terminal's title.
    Title,
    /// A bell or a notification.
    Call,
    /// That it writes, or does not.
    Output,
}

/// What an agent asks a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Question {
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// Its words, on one line; empty where it only called, by a bell or a notification without words.
    pub text: String,
    /// Since when it asks, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Until when a person has put the question off.
    pub snoozed_until_ms: Option<u64>,
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Whether it may do something.
    Permission,
    /// A choice, or words.
    Question,
    /// Whether it may work in this directory.
    Trust,
    /// A login.
    Login,
    /// Nobody knows: it called, by a bell or a notification.
    Call,
}

/// What an agent waits for, and who is in its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocked {
    /// What it wants to lock: `port`, `src/parser`.
    pub wants: String,
    /// Who holds it, or stands before it in the line; none when nobody does any more.
    pub by: Option<String>,
}

/// Whether a person should look, most urgent first. People read these as the words of `qd ps` and the dashboard: `needs
/// you`, `failed`, `done`, `working`, `snoozed`; `quiet` is an agent that is `idle`, `queued`, `starting` or `stopping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// It waits for a person.
    NeedsYou,
    /// It failed, gave up, was lost, or its program met an error or does not respond.
    Failed,
    /// It has completed, or its turn is over, and nobody has looked since: `done`.
    FinishedUnseen,
    /// It works.
    Working,
    /// It waits for a person, who has put that off.
    Snoozed,
    /// It is idle, pending or stopping.
    Quiet,
    /// It is paused.
    Paused,
    /// Nothing is going on.
    Off,
}

/// How a live run's configuration stands to the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigState {
    /// The same, or there is no live run.
    Current,
    /// The file has a newer one: restart to apply.
    Changed,
    /// The file no longer names it: stop to forget.
    Removed,
}

/// What a tree of processes consumes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Of one core, over the last sampling interval: 100 is one core busy.
    pub cpu_percent: f32,
    /// Processor time since the run began, of processes that still live.
    pub cpu_ms: u64,
    /// Resident memory, in bytes.
    pub memory_bytes: u64,
    /// Processes.
    pub processes: u32,
    /// When it was sampled.
    pub sampled_ms: u64,
}

/// `PATCH /agents/{name}`: what to do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPatch {
    /// What to do.
    pub action: Action,
    /// With `snooze`: for how long, in milliseconds; 0 ends it. Ten minutes unless told.
    #[serde(default)]
    pub snooze_ms: Option<u64>,
}

impl From<Action> for AgentPatch {
    fn from(action: Action) -> AgentPatch {
        AgentPatch { action, snooze_ms: None }
    }
}

/// What can be done with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start a run.
    Start,
    /// Ask it to end; asked twice, the grace is skipped.
    Stop,
    /// SIGKILL its tree.
    Kill,
    /// Stop, then start with the newest configuration.
    Restart,
    /// Freeze its tree.
    Pause,
    /// Thaw it.
    Resume,
    /// A person has looked: what is finished is unseen no more. A question stands all the same.
    Seen,
    /// Put its question off, for `snooze_ms`.
    Snooze,
    /// End its part, if it joined. Its processes go on.
    Leave,
}

/// How long a question is put off, unless told otherwise, in milliseconds.
pub const SNOOZE_DEFAULT_MS: u64 = 10 * 60 * 1_000;

/// `POST /agents`: an agent that is not in the file. The same keys as `[agents.NAME]`, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpawnRequest {
    /// Its name; unique in the fleet.
    pub name: String,
    /// Keys of `[agents.NAME]` by name: `command`, `args`, `shell`, `env`, `workspace`, `restart` …
    #[serde(default)]
    pub config: BTreeMap<String, serde_json::Value>,
}

/// `DELETE /agents/{name}` query: what happens to its workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceFate {
    /// It stays.
    #[default]
    Keep,
    /// It is removed if that is proved to lose nothing; otherwise refused with the reason.
    Remove,
    /// What would be lost is committed to a ref first, then it is removed.
    Park,
}

/// `GET /agents/{name}/screen?format=text`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScreenText {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
    /// Where the cursor is, from 0: column, row.
    pub cursor: (u16, u16),
    /// The terminal's title.
    pub title: String,
    /// Lines above the screen, oldest first, as many as were asked for and are there.
    pub history: Vec<String>,
    /// The screen's lines.
    pub lines: Vec<String>,
}

/// An answer to a change that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The agent it was about.
    pub agent: Option<String>,
    /// The number of the last fact recorded when it was accepted: follow events from here.
    pub seq: u64,
}

/// The answer to `DELETE /agents/{name}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Forgotten {
    /// The agent.
    pub agent: String,
    /// The number of the last fact recorded when it was forgotten.
    pub seq: u64,
    /// What became of its workspace, for people: where what was parked is, and whether its branch stays. None when
    /// the workspace was to be kept.
    #[serde(default)]
    pub workspace: Option<String>,
}

/// `GET /agents/{name}/explain`: why it is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The agent.
    pub agent: String,
    /// One sentence.
    pub answer: String,
    /// What is in the way, outermost first; empty when nothing is.
    pub because: Vec<String>,
    /// What would change it: commands to type.
    pub hints: Vec<String>,
    /// The last facts about it, oldest first.
    pub facts: Vec<super::events::EventRecord>,
}

/// Milliseconds since the Unix epoch.
pub fn ms(time: Time) -> u64 {
    time.0
}
