//! The arguments of each tool. A model reads these comments.

use schemars::JsonSchema;
use serde::Deserialize;

/// Arguments of tools that take none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Arguments of the tool `claim_task`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClaimTask {
    /// The task to claim, by name or number. Omit it to get the next task that you can do.
    pub(super) task: Option<String>,
    /// How many seconds to wait if there is no task now. Omit it to get an answer at once.
    pub(super) wait_seconds: Option<u32>,
}

/// Arguments of the tool `report_progress`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReportProgress {
    /// Your progress in percent, from 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    pub(super) percent: Option<u8>,
    /// What you are doing, in a few words.
    pub(super) message: Option<String>,
    /// The task, by name or number. Omit it for the task that you work on.
    pub(super) task: Option<String>,
}

/// Arguments of the tool `complete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteTask {
    /// `done` if the task is done, `failed` if you cannot do it.
    pub(super) outcome: Outcome,
    /// The result, for those who continue from there: what you changed, or why it failed.
    #[serde(default)]
    pub(super) message: Option<String>,
    /// The task, by name or number. Omit it for the task that you work on.
    #[serde(default)]
    pub(super) task: Option<String>,
}

/// The ways in which a task ends.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Outcome {
    Done,
    Failed,
}

/// Arguments of the tool `split_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitTask {
    /// The task's name, or the path of its Markdown file: absolute, or relative to the fleet's directory.
    pub(super) task: String,
    /// The rule for dividing: `structure` (headings, lists, files, stated order) or `keyword` (counts words). Default:
    /// `structure`.
    #[serde(default)]
    pub(super) strategy: Strategy,
    /// The largest number of parts.
    #[serde(default)]
    pub(super) max_parts: Option<u32>,
    /// Only report how the task would be divided.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// The rules by which a task is divided.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Strategy {
    #[default]
    Structure,
    Keyword,
}

/// Arguments of the tool `acquire_lock`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcquireLock {
    /// The scopes to lock, of which all or none are granted: paths of the repository (`src/parser`, which includes
    /// everything below it), or named resources (`gpu`).
    #[schemars(length(min = 1))]
    pub(super) scopes: Vec<String>,
    /// Lock for reading only: others may hold the same lock at the same time. For paths only.
    #[serde(default)]
    pub(super) shared: bool,
    /// The longest time to wait, in seconds; 0 gives up at once if a scope is held. Default: the fleet's own limit.
    #[serde(default)]
    pub(super) wait_seconds: Option<u32>,
    /// The purpose of the lock in a few words, which those who wait for you can read.
    #[serde(default)]
    pub(super) purpose: Option<String>,
}

/// Arguments of the tool `release_lock`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReleaseLock {
    /// The lease that acquire_lock returned: `l7`.
    pub(super) lease: Option<String>,
    /// Instead of `lease`: release every lease of yours on exactly this scope.
    pub(super) scope: Option<String>,
    /// Instead of `lease`: release everything that you hold.
    pub(super) all: bool,
}

/// Arguments of the tool `send_message`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendMessage {
    /// Names of the agents. Omit them to reach all agents that subscribed to the topic.
    #[serde(default)]
    pub(super) to: Vec<String>,
    /// A topic such as `broadcast.status`, which reaches every agent. Omit it for a direct message.
    #[serde(default)]
    pub(super) topic: Option<String>,
    /// The text of the message.
    pub(super) body: String,
    /// The number of the message that this one answers: `m9`.
    #[serde(default)]
    pub(super) in_reply_to: Option<String>,
}

/// Arguments of the tool `read_messages`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReadMessages {
    /// How many seconds to wait for a message if there is none now.
    pub(super) wait_seconds: Option<u32>,
    /// Only look: the messages stay unread, and are returned again.
    pub(super) peek: bool,
}

/// Arguments of the tool `get_state`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GetState {
    /// An agent's name, or `fleet`. Omit it for all values.
    pub(super) owner: Option<String>,
    /// Return only this key of that owner.
    pub(super) key: Option<String>,
}

/// Arguments of the tool `set_state`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetState {
    /// The key of the value.
    pub(super) key: String,
    /// The value: any JSON. `null` removes the key.
    pub(super) value: serde_json::Value,
    /// `fleet` for values that all agents share. Omit it for your own values.
    #[serde(default)]
    pub(super) owner: Option<String>,
    /// The version that get_state returned: the value is set only if this version is current; 0: only if the key has no
    /// value yet. Use it whenever the new value depends on the old one.
    #[serde(default)]
    pub(super) version: Option<u64>,
}

/// Arguments of the tool `explain`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Explain {
    /// An agent's name. Omit it for yourself.
    pub(super) agent: Option<String>,
    /// A task's name or number, instead of an agent.
    pub(super) task: Option<String>,
}
