//! The keys of `agents.toml` as a user writes them. serde reads them, schemars describes them; the doc comments
//! below are what an editor shows.

use super::coordination::{CoordinationTable, ResourcesTable};
use super::plan::tables::{PlanTable, PlansTable};
use super::safety::SafetyTable;
use super::tasks::{Delivery, DoneWhen, TasksTable};
use super::values::{
    Bytes, Duration, Name, Pattern, ProgramKind, RelativePath, SignalName, StopKey, SupervisorLoss, TerminalSize,
    WorkspaceKind,
};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// The whole file. Only described by this type; [`super::parse`] reads it table by table so as to report every problem.
#[derive(JsonSchema)]
#[schemars(title = "agents.toml", deny_unknown_fields)]
#[expect(dead_code, reason = "exists for its JSON Schema; its fields are read one by one from the tree")]
pub struct FileTable {
    /// The fleet as a whole, and defaults for its agents.
    #[schemars(default)]
    fleet: FleetTable,
    /// Locks, tasks, messages and shared state between agents.
    #[schemars(default)]
    coordination: CoordinationTable,
    /// What beside paths can be locked, by name: how many may hold it at a time, or the numbers that are handed out.
    #[schemars(default)]
    resources: ResourcesTable,
    /// What holds for all tasks.
    #[schemars(default)]
    tasks: TasksTable,
    /// Limits of every plan.
    #[schemars(default)]
    plans: PlansTable,
    /// A plan of the fleet's own, for `qd plan start` without a file.
    #[schemars(default)]
    plan: PlanTable,
    /// What is done to notice that something is wrong with the fleet itself.
    #[schemars(default)]
    safety: SafetyTable,
    /// The agents, by name.
    #[schemars(default)]
    agents: BTreeMap<String, AgentTable>,
}

/// `[fleet]`: the fleet as a whole, and defaults for its agents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FleetTable {
    /// The fleet's name. Default: the directory's name.
    pub name: Option<Name>,
    /// Agents that run at one time; further ones queue. Default: 100.
    pub max_concurrent: Option<NonZeroU32>,
    /// Agents the fleet holds at all, spawned ones included. Default: 1000.
    pub agents_max: Option<NonZeroU32>,
    /// Where workspaces are made, beneath this file's directory. Default: "workspaces".
    pub workspaces: Option<RelativePath>,
    /// Default for agents: from the stop signal to SIGKILL for the whole tree. Default: "10s".
    pub stop_grace: Option<Duration>,
    /// Default for agents: the signal that asks a run to end. Default: "SIGTERM".
    pub stop_signal: Option<SignalName>,
    /// Default for agents: how a run that ended is started again. Default: "on-failure".
    pub restart: Option<Restart>,
    /// Default for agents: the terminal's size while nobody looks. Default: "120x40".
    pub size: Option<TerminalSize>,
    /// Default for agents: so long without any sign of life, and one is unresponsive. "0s": never. Default: "60s".
    pub unresponsive_after: Option<Duration>,
    /// What keepers do when the supervisor is gone: "keep 12h", "stop" or "kill". Default: "keep 12h".
    pub on_supervisor_loss: Option<SupervisorLoss>,
    /// How much of each run's raw output is kept on disk.
    pub transcript: TranscriptTable,
    /// How much of the fleet's history is kept on disk.
    pub journal: JournalTable,
}

/// How much of each run's raw output is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TranscriptTable {
    /// One transcript file's size; a full one is closed and the next begun. Default: "16MiB".
    pub size: Option<Bytes>,
    /// Transcript files kept per run. Default: 4.
    pub files: Option<NonZeroU32>,
}

/// How much of the fleet's history is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalTable {
    /// Older facts are dropped. Default: "30d".
    pub keep: Option<Duration>,
    /// Facts kept at most. Default: 1000000.
    pub facts: Option<NonZeroU32>,
}

/// `[agents.NAME]`: one agent, or a group of like ones. No `Debug`: `env` may hold secrets.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentTable {
    /// The program, looked up on PATH when it has no slash. Either this or `shell`.
    pub command: Option<String>,
    /// The program's arguments, each passed as it is.
    pub args: Option<Vec<String>>,
    /// A line for `sh -c`, instead of `command`.
    pub shell: Option<String>,
    /// What the program is. "agent": it works for a provider, and what it writes last is read for a used-up quota (which
    /// is waited for) and a missing login (which a person is told of). "command": it is any other program. Default:
    /// "agent" if the command line names a known agent program, such as claude or codex, else "command".
    pub kind: Option<ProgramKind>,
    /// Environment variables that are set.
    pub env: BTreeMap<String, String>,
    /// Environment variables that are inherited: names, `*` patterns, and the sets "@base" and "@agents".
    /// Default: `["@base", "@agents"]`.
    pub env_inherit: Option<Vec<String>>,
    /// Where the program starts, beneath the workspace's root. Default: the root.
    pub cwd: RelativePath,
    /// "worktree": its own git worktree on branch qd/NAME. "directory": its own plain directory. "shared": the
    /// repository itself. Default: "worktree" in a git repository, else "directory".
    pub workspace: Option<WorkspaceKind>,
    /// The branch or commit its own branch starts from, when that is made. Default: "HEAD".
    pub base: Option<String>,
    /// Shell commands that run once in a new workspace, in the agent's terminal, before the program.
    pub setup: Vec<String>,
    /// Untracked files copied into a new workspace (gitignore patterns), beyond those `.worktreeinclude` names.
    pub copy: Vec<RelativePath>,
    /// What this agent may be asked to do, in your own words.
    pub capabilities: Vec<String>,
    /// How tasks reach it. "pull": it asks (`qd task claim`). "argument": a run for each task, whose prompt takes the
    /// place of `{prompt}` in `args`, or follows them; a `shell` line finds it in `$1`. "stdin": a run for each task,
    /// whose prompt is its standard input. "type": typed into the terminal of its run once that is idle.
    /// Default: "pull".
    pub tasks: Option<Delivery>,
    /// By what a typed task's end is known. "said": the agent says `qd task done` or `qd task fail`. "idle": it has
    /// worked, and its terminal has fallen silent. Default: "said".
    pub done_when: Option<DoneWhen>,
    /// An attempt of a task that does not say may take this long. Default: the fleet's.
    pub task_timeout: Option<Duration>,
    /// Makes a group of this many: NAME-1, NAME-2 …
    pub count: Option<NonZeroU32>,
    /// How a run that ended is started again: "never", "on-failure", "always", or a table.
    pub restart: Option<Restart>,
    /// The signal that asks a run to end. Default: the fleet's.
    pub stop_signal: Option<SignalName>,
    /// What is typed into the terminal before the signal: keys such as "ctrl-c" and "enter", or text.
    pub stop_keys: Vec<StopKey>,
    /// How long the keys are given before the signal follows. Default: "5s".
    pub stop_keys_wait: Option<Duration>,
    /// From the signal to SIGKILL for the whole tree. Default: the fleet's.
    pub stop_grace: Option<Duration>,
    /// Agents (or groups) that must be ready, or have completed, before this one starts.
    pub after: Vec<String>,
    /// What makes a run ready: "first-output" (or 5 s of silence, unless tasks are typed into it), or a table with
    /// pattern, delay or command.
    pub ready: Option<ReadySetting>,
    /// Whether it starts with the fleet. Default: true, but for an agent that is started by its tasks.
    pub autostart: Option<bool>,
    /// The terminal's size while nobody looks. Default: the fleet's.
    pub size: Option<TerminalSize>,
    /// So long without any sign of life, and it is unresponsive: it says that it works and writes nothing, uses no
    /// processor time and runs no tool; or it reads nothing of what is typed. "0s": never. Default: the fleet's.
    pub unresponsive_after: Option<Duration>,
    /// Limits on its processes.
    pub limits: LimitsTable,
}

/// How a run that ended is started again.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Restart {
    /// After which endings, with the default delays.
    When(RestartWhen),
    /// In full.
    Table(RestartTable),
}

/// After which endings a run is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartWhen {
    /// Never.
    Never,
    /// When it failed.
    OnFailure,
    /// Whatever the ending, unless a person stopped it.
    Always,
}

/// How a run that ended is started again, in full.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestartTable {
    /// After which endings. Default: "on-failure".
    pub when: Option<RestartWhen>,
    /// The wait before the first restart; it doubles with each failure in a row. Default: "500ms".
    pub delay: Option<Duration>,
    /// The longest wait. Default: "30s".
    pub delay_max: Option<Duration>,
    /// Spread of the wait to either side, in percent. Default: 20.
    #[schemars(range(max = 100))]
    pub jitter_percent: Option<u8>,
    /// Restarts allowed within the window; one more and the agent has given up. Default: 5.
    pub budget: Option<u32>,
    /// The window the budget counts in. Default: "10m".
    pub window: Option<Duration>,
    /// Ready for this long, and the delay begins anew. Default: "1m".
    pub reset_after: Option<Duration>,
    /// Exit codes that count as success. Default: `[0]`.
    pub success_codes: Option<Vec<u8>>,
    /// Exit codes that never restart; 125 is always among them.
    pub permanent_codes: Option<Vec<u8>>,
}

/// What makes a run ready.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ReadySetting {
    /// By name.
    Named(ReadyName),
    /// In full.
    Table(ReadyTable),
}

/// What makes a run ready, by name.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadyName {
    /// Its first byte of output.
    FirstOutput,
}

/// What makes a run ready: one of `pattern`, `delay` and `command`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadyTable {
    /// A line of output that matches this regular expression.
    pub pattern: Option<Pattern>,
    /// This long after the start.
    pub delay: Option<Duration>,
    /// A line for `sh -c` in the workspace that exits 0.
    pub command: Option<String>,
    /// From one failure of the command to the next try. Default: "2s".
    pub period: Option<Duration>,
}

/// Limits on an agent's processes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsTable {
    /// Memory: of the whole tree where there is a cgroup, else address space of each process.
    pub memory: Option<Bytes>,
    /// Processes: of the whole tree where there is a cgroup, else of the user.
    pub processes: Option<NonZeroU32>,
    /// Open files of each process.
    pub open_files: Option<NonZeroU32>,
}

/// What they hold.
pub(super) struct Tables {
    pub(super) fleet: FleetTable,
    pub(super) coordination: CoordinationTable,
    pub(super) resources: ResourcesTable,
    pub(super) tasks: TasksTable,
    pub(super) plans: PlansTable,
    pub(super) safety: SafetyTable,
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable {
            expecting: "\"never\", \"on-failure\", \"always\" or a table",
            named: Restart::When,
            table: |table| Ok(Restart::Table(table)),
            types: PhantomData,
        })
    }
}

impl<'de> Deserialize<'de> for ReadySetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrTable {
            expecting: "\"first-output\" or a table with one of `pattern`, `delay` and `command`",
            named: ReadySetting::Named,
            table: exactly_one_condition,
            types: PhantomData,
        })
    }
}

/// A readiness table says one thing to wait for; `period` belongs to `command`.
fn exactly_one_condition(table: ReadyTable) -> Result<ReadySetting, &'static str> {
    let conditions = [table.pattern.is_some(), table.delay.is_some(), table.command.is_some()];
    match conditions.iter().filter(|given| **given).count() {
        1 if table.period.is_some() && table.command.is_none() => Err("`period` goes with `command` only"),
        1 => Ok(ReadySetting::Table(table)),
        _ => Err("expected exactly one of `pattern`, `delay` and `command`"),
    }
}

/// Reads a setting that is either a word or a table. Unlike serde's untagged enums it keeps the place and the
/// message of an error inside the table.
struct NameOrTable<Named, Table, Setting> {
    expecting: &'static str,
    named: fn(Named) -> Setting,
    table: fn(Table) -> Result<Setting, &'static str>,
    types: PhantomData<(Named, Table)>,
}

impl<'de, Named, Table, Setting> Visitor<'de> for NameOrTable<Named, Table, Setting>
where
    Named: Deserialize<'de>,
    Table: Deserialize<'de>,
{
    type Value = Setting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Setting, E> {
        Named::deserialize(serde::de::value::StrDeserializer::new(word)).map(self.named)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        (self.table)(table).map_err(A::Error::custom)
    }
}
