//! JSON bodies with which the control plane shows and changes agents.

use super::listing::Listing;
use super::removal::{Forgotten, RemoveQuery};
use super::route::routes;
use super::tasks::AgentTask;
use super::work::Work;
use quarterdeck_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const LIST_AGENTS: GET "/agents", Listing => Vec<Agent>;
    pub const SPAWN_AGENT: POST "/agents", SpawnRequest => Accepted;
    pub const GET_AGENT: GET "/agents/{name}", () => Agent;
    pub const CHANGE_AGENT: PATCH "/agents/{name}", AgentPatch => Accepted;
    // A workspace is proved to lose nothing before it is removed.
    pub const REMOVE_AGENT: DELETE "/agents/{name}", RemoveQuery => Forgotten, within 10;
    pub const AGENT_METRICS: GET "/agents/{name}/metrics", () => Usage;
    pub const EXPLAIN_AGENT: GET "/agents/{name}/explain", () => Explanation;
}

/// One agent, as `GET /agents` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// The agent's name, unique in the fleet.
    pub name: String,
    /// The state of the agent's lifecycle, such as `ready` or `backoff`.
    pub state: AgentState,
    /// The agent's status: what it is doing, derived from facts when it is read.
    pub status: Status,
    /// The agent's state in one short line for people: `working`, `exit 3`, `gave up after 5 restarts (exit 3)`,
    /// `queued behind builder`.
    pub summary: String,
    /// What `summary` says beyond the word for the agent's condition; empty when it says nothing more.
    #[serde(default)]
    pub detail: Option<String>,
    /// Whether a person should look at the agent, and why. The dashboard is sorted by it.
    pub attention: Attention,
    /// The agent's health, from `healthy` to `unhealthy`.
    #[serde(default)]
    pub health: AgentHealth,
    /// Why the agent is not `healthy`, in words.
    #[serde(default)]
    pub health_reason: Option<String>,
    /// When the agent entered its `state`, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When the agent's `status` last changed, in milliseconds since the Unix epoch. If the agent asks a person, this
    /// is when it began to wait.
    #[serde(default)]
    pub status_since_ms: u64,
    /// The source from which `status` is known, while the agent's program runs.
    #[serde(default)]
    pub status_source: Option<StatusSource>,
    /// The question that the agent asks a person; none if it asks nothing.
    #[serde(default)]
    pub question: Option<Question>,
    /// The lock that the agent waits for and that another party holds; none if it waits for none.
    #[serde(default)]
    pub blocked: Option<Blocked>,
    /// The task that the agent's live run has; none if it has none.
    #[serde(default)]
    pub task: Option<AgentTask>,
    /// The error that the agent's program reports, when `status` is `error`.
    #[serde(default)]
    pub error: Option<String>,
    /// Name of the agent's newest run, such as `r17`.
    pub run: Option<String>,
    /// When the newest run's process was started, in milliseconds since the Unix epoch.
    pub started_ms: Option<u64>,
    /// Process id of the newest run, while that process is alive.
    pub pid: Option<u32>,
    /// Exit code of the newest run that ended.
    pub exit_code: Option<i32>,
    /// Signal that ended the newest ended run, if a signal ended it.
    pub exit_signal: Option<i32>,
    /// Why the newest run could not start, or why it was lost.
    pub reason: Option<String>,
    /// The number of failures in a row.
    pub failures: u32,
    /// Whether the live run uses the newest configuration.
    pub config: ConfigState,
    /// Absolute path of the root of the agent's working directory.
    pub workspace: Option<String>,
    /// The git branch of the agent's worktree.
    pub branch: Option<String>,
    /// Capabilities of the agent, by which tasks are assigned to it.
    pub capabilities: Vec<String>,
    /// The agent's command line as configured, without the environment.
    pub command: String,
    /// The title that the agent's program gave its terminal.
    pub title: String,
    /// The last line of the agent's screen that has words, above the box that a person types into.
    pub last_line: String,
    /// When the agent's program last printed something, in milliseconds since the Unix epoch.
    pub last_output_ms: Option<u64>,
    /// The consumption of the agent's whole process tree at the last sampling; none if it was not sampled.
    pub usage: Option<Usage>,
    /// State of the work in the agent's own worktree when it was last examined; none without a worktree, or before the
    /// first examination.
    #[serde(default)]
    pub work: Option<Work>,
}

impl Agent {
    /// Returns how many files in the agent's worktree are known to be uncommitted.
    pub fn files_uncommitted(&self) -> u32 {
        self.work.as_ref().map_or(0, |work| work.files_uncommitted)
    }
}

/// The states of an agent's lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// The agent was never started, or was taken out of the queue.
    Off,
    /// The agent will run, but must wait for its turn.
    Queued,
    /// The agent's workspace is being made.
    Preparing,
    /// The agent's program was started and is not ready yet.
    Starting,
    /// The agent's program runs and is ready.
    Ready,
    /// The agent was started outside the fleet and joined it.
    Joined,
    /// The agent's run is being ended.
    Stopping,
    /// The agent's run lost its keeper; its remaining processes are being killed.
    Lost,
    /// The agent's run ended by itself, with success.
    Completed,
    /// The agent's run ended by itself, without success.
    Failed,
    /// The agent's run was ended by the supervisor.
    Terminated,
    /// The agent will be started again after a short delay.
    Backoff,
    /// The agent failed too often and starts again only when a person says so.
    GaveUp,
}

/// An agent's status: what it is doing. It is derived when it is read; being paused does not change the agent's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The agent printed something a short while ago.
    Working,
    /// The agent has printed nothing for a while.
    Idle,
    /// The agent asks a person, until the question is answered or gone.
    Waiting,
    /// The agent met an error: it tries again, or its turn ended with the error.
    Error,
    /// The agent reports that it works but shows no sign of life, or does not read what is typed.
    Unresponsive,
    /// The agent's processes are frozen, or are being frozen.
    Paused,
    /// The agent is queued, preparing, starting, or waiting to be started again.
    Pending,
    /// The agent's run is being ended.
    Stopping,
    /// The agent has no live run.
    Stopped,
}

/// The degrees of an agent's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentHealth {
    /// The agent works as it should.
    Healthy,
    /// The agent works, but with a loss: it failed lately, its program meets errors, or its keeper is stopped.
    Degraded,
    /// The agent does not work: it is unresponsive, failed, lost, or in a crash loop.
    Unhealthy,
    /// The agent's health cannot be known: it has no run, or its keeper cannot be reached.
    #[default]
    Unknown,
}

/// The sources from which an agent's status is known, the most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// A report of the agent's own program (OSC 7501).
    Program,
    /// Words on the agent's screen.
    Screen,
    /// The title of the agent's terminal.
    Title,
    /// A bell or a notification from the agent's program.
    Call,
    /// Whether the agent prints anything.
    Output,
}

/// A question that an agent asks a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Question {
    /// The kind of answer that the question wants.
    pub kind: QuestionKind,
    /// The question's text on one line; empty if the agent only sent a bell or a notification without words.
    pub text: String,
    /// When the agent began to ask, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Until when a person snoozed the question, in milliseconds since the Unix epoch.
    pub snoozed_until_ms: Option<u64>,
}

/// The kinds of answer that a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// The agent asks whether it may do something.
    Permission,
    /// The agent asks for a choice or for words.
    Question,
    /// The agent asks whether it may work in this directory.
    Trust,
    /// The agent's program asks for a login.
    Login,
    /// The kind of question is unknown: the agent sent only a bell or a notification.
    Call,
}

/// A lock that an agent waits for, and the party that is in its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocked {
    /// The scope that the agent wants to lock, such as `port` or `src/parser`.
    pub wants: String,
    /// The party that holds the scope or is ahead of the agent in the queue; none when no party is in the way any more.
    pub by: Option<String>,
}

/// Whether a person should look at an agent, the most urgent first. `qd ps` and the dashboard show these as the words
/// `needs you`, `failed`, `done`, `working` and `snoozed`; an agent that is `quiet` is shown as `idle`, `queued`,
/// `starting` or `stopping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// The agent asks a person.
    NeedsYou,
    /// The agent failed, gave up or was lost, or its program met an error or does not respond.
    Failed,
    /// The agent completed or ended its turn, and no person has looked since; shown as `done`.
    FinishedUnseen,
    /// The agent works on something.
    Working,
    /// The agent asks a person, who snoozed the question.
    Snoozed,
    /// The agent is idle, pending or stopping.
    Quiet,
    /// The agent is paused: its processes are frozen.
    Paused,
    /// Nothing happens to the agent.
    Off,
}

/// How the configuration of a live run compares with `agents.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigState {
    /// The configurations are the same, or there is no live run.
    Current,
    /// The file has a newer configuration: restart the agent to apply it.
    Changed,
    /// The file no longer names the agent: stop it to remove it from the fleet.
    Removed,
}

/// The resources that a process tree consumes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Processor use over the last sampling interval, in percent of one core: 100 is one busy core.
    pub cpu_percent: f32,
    /// Processor time since the run began, in milliseconds, of the processes that are still alive.
    pub cpu_ms: u64,
    /// Resident memory of the tree, in bytes.
    pub memory_bytes: u64,
    /// The number of processes in the tree.
    pub processes: u32,
    /// When the tree was sampled, in milliseconds since the Unix epoch.
    pub sampled_ms: u64,
}

/// Body of `PATCH /agents/{name}`: the action to carry out on the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentPatch {
    /// The action to carry out on the agent.
    pub action: Action,
    /// With `snooze`: how long, in milliseconds; 0 ends the snooze. Default: ten minutes.
    #[serde(default)]
    pub snooze_ms: Option<u64>,
}

impl From<Action> for AgentPatch {
    fn from(action: Action) -> AgentPatch {
        AgentPatch { action, snooze_ms: None }
    }
}

/// The actions that can be carried out on an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start a run of the agent.
    Start,
    /// Ask the agent to end; a second request skips the grace period.
    Stop,
    /// Send SIGKILL to the agent's process tree.
    Kill,
    /// Stop the agent, then start it with the newest configuration.
    Restart,
    /// Freeze the agent's process tree.
    Pause,
    /// Let the agent's frozen process tree run again.
    Resume,
    /// Record that a person has looked, so that the agent is no longer shown as `done`. A question remains open.
    Seen,
    /// Snooze the agent's question for `snooze_ms`.
    Snooze,
    /// End the membership of an agent that joined. Its processes continue.
    Leave,
}

/// How long a question is snoozed by default, in milliseconds.
pub const SNOOZE_DEFAULT_MS: u64 = 10 * 60 * 1_000;

/// Body of `POST /agents`: an agent that is not in the file. It has the same keys as `[agents.NAME]`, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpawnRequest {
    /// The new agent's name, unique in the fleet.
    pub name: String,
    /// Keys of `[agents.NAME]` by name: `command`, `args`, `shell`, `env`, `workspace`, `restart` …
    #[serde(default)]
    pub config: BTreeMap<String, serde_json::Value>,
}

/// Answer to a change that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The agent that the change is about.
    pub agent: Option<String>,
    /// The number of the last fact that was recorded when the change was accepted: follow events from here.
    pub seq: u64,
}

/// Answer to `GET /agents/{name}/explain`: why the agent is in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Name of the agent that is explained.
    pub agent: String,
    /// The explanation in one sentence.
    pub answer: String,
    /// The obstacles in the agent's way, outermost first; empty when there are none.
    pub because: Vec<String>,
    /// Commands to type that would change the agent's state.
    pub hints: Vec<String>,
    /// The last facts about the agent, oldest first.
    pub facts: Vec<super::events::EventRecord>,
}

/// Returns a time in milliseconds since the Unix epoch.
pub fn ms(time: Time) -> u64 {
    time.0
}
