//! What each tool takes. The comments are what a model reads.

use schemars::JsonSchema;
use serde::Deserialize;

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// For `claim_task`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClaimTask {
    /// This very task, by name or number; leave it out for the next one that you can do.
    pub(super) task: Option<String>,
    /// Wait so many seconds for one if there is none now. Leave it out to get an answer at once.
    pub(super) wait_seconds: Option<u32>,
}

/// For `report_progress`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReportProgress {
    /// How far you are, from 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    pub(super) percent: Option<u8>,
    /// What you are doing, in a few words.
    pub(super) message: Option<String>,
    /// Which task; leave it out for the one you work on.
    pub(super) task: Option<String>,
}

/// For `complete_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompleteTask {
    /// `done` if it is done, `failed` if you can't do it.
    pub(super) outcome: Outcome,
    /// What came of it, for whoever goes on from there: what you changed, or why it failed.
    #[serde(default)]
    pub(super) message: Option<String>,
    /// Which task; leave it out for the one you work on.
    #[serde(default)]
    pub(super) task: Option<String>,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Outcome {
    Done,
    Failed,
}

/// For `split_task`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SplitTask {
    /// The task's name, or the path of its Markdown file: absolute, or from the fleet's directory.
    pub(super) task: String,
    /// By `structure` (headings, lists, files, stated order) or by `keyword` (counts words). `structure` unless told.
    #[serde(default)]
    pub(super) strategy: Strategy,
    /// At most so many parts.
    #[serde(default)]
    pub(super) max_parts: Option<u32>,
    /// Only tell how it would be divided.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// By which rule.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Strategy {
    #[default]
    Structure,
    Keyword,
}

/// For `acquire_lock`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcquireLock {
    /// What to lock, all of it or none: paths of the repository (`src/parser`, which covers all beneath), or named
    /// resources (`gpu`).
    #[schemars(length(min = 1))]
    pub(super) scopes: Vec<String>,
    /// Only read it: others may hold it at the same time in the same way. Paths only.
    #[serde(default)]
    pub(super) shared: bool,
    /// Wait at most so many seconds; 0 gives up at once if it is held. Leave it out for the fleet's own limit.
    #[serde(default)]
    pub(super) wait_seconds: Option<u32>,
    /// What for, in a few words; whoever waits for you sees it.
    #[serde(default)]
    pub(super) purpose: Option<String>,
}

/// For `release_lock`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReleaseLock {
    /// The lease that acquire_lock returned: `l7`.
    pub(super) lease: Option<String>,
    /// Or every lease of yours on exactly this scope.
    pub(super) scope: Option<String>,
    /// Or all that you hold.
    pub(super) all: bool,
}

/// For `send_message`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendMessage {
    /// Agents by name; leave it out to reach all who subscribed to the topic.
    #[serde(default)]
    pub(super) to: Vec<String>,
    /// A topic such as `broadcast.status`, which reaches every agent. Leave it out for a direct message.
    #[serde(default)]
    pub(super) topic: Option<String>,
    /// What it says.
    pub(super) body: String,
    /// The number of the message that it answers: `m9`.
    #[serde(default)]
    pub(super) in_reply_to: Option<String>,
}

/// For `read_messages`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReadMessages {
    /// Wait so many seconds for one if there is none now.
    pub(super) wait_seconds: Option<u32>,
    /// Only look: they stay unread, and come again.
    pub(super) peek: bool,
}

/// For `get_state`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GetState {
    /// An agent's name, or `fleet`; leave it out for everything.
    pub(super) owner: Option<String>,
    /// Only this key of that owner.
    pub(super) key: Option<String>,
}

/// For `set_state`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetState {
    /// The key.
    pub(super) key: String,
    /// The value: anything. `null` takes the key away.
    pub(super) value: serde_json::Value,
    /// `fleet` for what all share; leave it out for your own.
    #[serde(default)]
    pub(super) owner: Option<String>,
    /// Only if this is still the version that get_state returned; 0: only if there is none yet. Use it whenever the
    /// new value depends on the old one.
    #[serde(default)]
    pub(super) version: Option<u64>,
}

/// For `explain`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Explain {
    /// An agent by name; leave it out for yourself.
    pub(super) agent: Option<String>,
    /// Or a task by name or number.
    pub(super) task: Option<String>,
}
