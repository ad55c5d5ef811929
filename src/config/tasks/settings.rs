//! The settings about tasks: the keys as they are written, and the values that they stand for.

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

/// The placeholder in an argument that the prompt replaces.
pub const PROMPT_PLACE: &str = "{prompt}";

const VERIFY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10 * 60);
const OUTPUTS_SIZE_DEFAULT: Bytes = Bytes(256 << 20);
const OUTPUTS_FILES_DEFAULT: usize = 1_000;

/// The way in which tasks reach an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// The agent asks for a task: `qd task claim`, in its shell or over MCP.
    #[default]
    Pull,
    /// A run of its own is started for each task, with the prompt as an argument.
    Argument,
    /// A run of its own is started for each task, with the prompt as its standard input.
    Stdin,
    /// The prompt is typed into the terminal of the agent's run once that is idle.
    Type,
}

/// The way in which the end of a typed task is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DoneWhen {
    /// The agent says so: `qd task done`, `qd task fail`. If its turn ends and it says neither, a person is asked; if
    /// no person answers for ten minutes, the task is done, and unverified unless it has a `verify`.
    #[default]
    Said,
    /// The agent's turn is over: the program says so, or it has worked and prints nothing more.
    Idle,
}

/// The settings about tasks of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentTasks {
    /// The way in which tasks reach the agent.
    pub delivery: Delivery,
    /// The way in which the end of a typed task is known.
    pub done_when: DoneWhen,
    /// The longest time for one attempt of a task that gives none itself; none: as the fleet says.
    pub timeout: Option<Duration>,
}

/// `[tasks]`: the settings that hold for all tasks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TasksTable {
    /// The drop folder, beneath this file's directory: Markdown files in its `active/` become tasks. Default: "tasks".
    pub folder: Option<RelativePath>,
    /// The number of attempts of a task that gives none itself. Default: 3.
    pub attempts: Option<NonZeroU32>,
    /// The wait before a task's second attempt; it doubles with each one. Default: "2s".
    pub retry_delay: Option<Duration>,
    /// The longest wait between two attempts. Default: "10s".
    pub retry_delay_max: Option<Duration>,
    /// The longest time for one attempt of a task that gives none itself. Default: no limit.
    pub timeout: Option<Duration>,
    /// The waiting time after which a task's priority rises by one, again and again. Default: "1m".
    pub ageing: Option<Duration>,
    /// The most parts that a task is divided into. Default: 3.
    pub max_subtasks: Option<NonZeroU32>,
    /// The longest time for a task's `verify`; then it is killed and has failed. Default: "10m".
    pub verify_timeout: Option<Duration>,
    /// The largest size of a task's declared outputs, all together. Default: "256MiB".
    pub outputs_size: Option<Bytes>,
    /// The most files among a task's declared outputs, at most 1024. Default: 1000.
    pub outputs_files: Option<NonZeroU32>,
    /// The words by which a task that names no capability and no agent asks for a capability: `executor = ["implement",
    /// "fix"]`. The earliest of these words in the task's first line decides.
    pub routing: BTreeMap<String, Vec<String>>,
}

/// The settings that hold for all tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSettings {
    /// Path of the drop folder, beneath the root.
    pub folder: RelativePath,
    /// The policy from which the core decides about tasks.
    pub policy: TaskPolicy,
    /// The longest time for a task's `verify`; then it is killed and has failed.
    pub verify_timeout: Duration,
    /// The limits on a task's declared outputs.
    pub outputs: OutputLimits,
}

/// The limits on a task's declared outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// The most bytes of all output files of a task together.
    pub bytes_max: u64,
    /// The most output files of a task.
    pub files_max: usize,
}

impl Delivery {
    /// Returns the core's name for this way of giving tasks to an agent.
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

    /// Whether an agent starts with its fleet: as its table says, else unless its tasks start it.
    pub(in crate::config) fn autostart(self, said: Option<bool>) -> Autostart {
        match said.unwrap_or(!self.is_one_shot()) {
            true => Autostart::WithFleet,
            false => Autostart::OnRequest,
        }
    }
}

/// The settings that a table stands for. The table must have been checked.
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

/// Puts a prompt into the arguments of a command: in the place of each `{prompt}`, or behind the arguments where there
/// is none. A `{prompt}` inside the prompt itself is not replaced.
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
