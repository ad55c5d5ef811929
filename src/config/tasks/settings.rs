//! The settings about tasks: the keys as they are written, and what they stand for.

use crate::config::values::{Bytes, Duration, RelativePath};
use quarterdeck_core::policy::Autostart;
use quarterdeck_core::task::routing::Routing;
use quarterdeck_core::task::{TaskPolicy, Work};
use quarterdeck_core::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroU32;

/// What an argument holds where the prompt is to be put in.
pub const PROMPT_PLACE: &str = "{prompt}";

const VERIFY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10 * 60);
const OUTPUTS_SIZE_DEFAULT: Bytes = Bytes(256 << 20);
const OUTPUTS_FILES_DEFAULT: usize = 1_000;

/// How work reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// It asks for it: `qd task claim`, in its shell or over MCP.
    #[default]
    Pull,
    /// A run for each task, with the prompt as an argument.
    Argument,
    /// A run for each task, with the prompt as its standard input.
    Stdin,
    /// The prompt is typed into the terminal of its run once that is idle.
    Type,
}

/// By what a typed task's end is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DoneWhen {
    /// The agent says so: `qd task done`, `qd task fail`. If its turn ends without a word, a person is asked; if nobody
    /// answers for ten minutes, the task is done, and unverified unless it has a `verify`.
    #[default]
    Said,
    /// Its turn is over: the program says so, or has worked and fallen silent.
    Idle,
}

/// What an agent's configuration says of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentTasks {
    /// How work reaches it.
    pub delivery: Delivery,
    /// By what a typed task's end is known.
    pub done_when: DoneWhen,
    /// An attempt of a task that does not say may take this long; none: as the fleet says.
    pub timeout: Option<Duration>,
}

/// `[tasks]`: what holds for all tasks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TasksTable {
    /// The drop folder, beneath this file's directory: Markdown files in its `active/` become tasks. Default: "tasks".
    pub folder: Option<RelativePath>,
    /// Attempts of a task that does not say. Default: 3.
    pub attempts: Option<NonZeroU32>,
    /// The wait before a task's second attempt; it doubles with each one. Default: "2s".
    pub retry_delay: Option<Duration>,
    /// The longest wait. Default: "10s".
    pub retry_delay_max: Option<Duration>,
    /// An attempt of a task that does not say may take this long. Default: no limit.
    pub timeout: Option<Duration>,
    /// A waiting task's priority rises by one each time it has waited this long. Default: "1m".
    pub ageing: Option<Duration>,
    /// Parts a task is divided into at most. Default: 3.
    pub max_subtasks: Option<NonZeroU32>,
    /// A task's `verify` may take this long; then it is killed and has failed. Default: "10m".
    pub verify_timeout: Option<Duration>,
    /// What a task's declared outputs may come to, all together. Default: "256MiB".
    pub outputs_size: Option<Bytes>,
    /// Files a task's declared outputs may come to, at most 1024. Default: 1000.
    pub outputs_files: Option<NonZeroU32>,
    /// Words by which a task that names no capability and no agent asks for one: `executor = ["implement", "fix"]`. The
    /// earliest of them in its first line decides.
    pub routing: BTreeMap<String, Vec<String>>,
}

/// What holds for all tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSettings {
    /// The drop folder, beneath the root.
    pub folder: RelativePath,
    /// What is decided from.
    pub policy: TaskPolicy,
    /// A task's `verify` may take this long.
    pub verify_timeout: Duration,
    /// What a task's declared outputs may come to.
    pub outputs: OutputLimits,
}

/// What outputs may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Bytes, all together.
    pub bytes_max: u64,
    /// Files.
    pub files_max: usize,
}

impl Delivery {
    /// What the core decides from.
    pub fn work(self) -> Work {
        match self {
            Delivery::Pull => Work::Pulled,
            Delivery::Argument | Delivery::Stdin => Work::OneShot,
            Delivery::Type => Work::Typed,
        }
    }

    /// Whether a task starts a run of its own.
    pub fn is_one_shot(self) -> bool {
        self.work() == Work::OneShot
    }

    /// Whether an agent that does not say starts with its fleet: one that a task starts does not.
    pub(in crate::config) fn autostart(self, said: Option<bool>) -> Autostart {
        match said.unwrap_or(!self.is_one_shot()) {
            true => Autostart::WithFleet,
            false => Autostart::OnRequest,
        }
    }
}

/// The settings that a table stands for. It has been checked.
pub(in crate::config) fn settings(table: &TasksTable) -> TaskSettings {
    let defaults = TaskPolicy::default();
    let retry_delay = span(table.retry_delay, defaults.retry_delay);
    let policy = TaskPolicy {
        attempts: table.attempts.map_or(defaults.attempts, NonZeroU32::get),
        retry_delay,
        retry_delay_max: span(table.retry_delay_max, defaults.retry_delay_max.max(retry_delay)),
        timeout: table.timeout.map(|timeout| timeout.0),
        ageing: span(table.ageing, defaults.ageing),
        max_subtasks: table.max_subtasks.map_or(defaults.max_subtasks, NonZeroU32::get),
        routing: Routing::new(table.routing.clone()),
        ..defaults
    };
    TaskSettings {
        folder: table.folder.clone().unwrap_or_else(|| "tasks".parse().expect("a path beneath the root")),
        policy,
        verify_timeout: table.verify_timeout.unwrap_or(VERIFY_TIMEOUT_DEFAULT),
        outputs: OutputLimits {
            bytes_max: table.outputs_size.unwrap_or(OUTPUTS_SIZE_DEFAULT).0,
            files_max: table.outputs_files.map_or(OUTPUTS_FILES_DEFAULT, |count| count.get() as usize),
        },
    }
}

fn span(given: Option<Duration>, default: Span) -> Span {
    given.map_or(default, |duration| duration.0)
}

/// A command line that gets a prompt: its arguments with the prompt in each `{prompt}`, or behind them where there is
/// none. What the prompt itself holds is never looked at again.
pub(in crate::config) fn with_prompt(args: &[String], prompt: &str) -> Vec<OsString> {
    let mut places = 0;
    let mut line: Vec<OsString> = args
        .iter()
        .map(|argument| {
            places += argument.matches(PROMPT_PLACE).count();
            OsString::from(argument.replace(PROMPT_PLACE, prompt))
        })
        .collect();
    if places == 0 {
        line.push(prompt.into());
    }
    line
}
