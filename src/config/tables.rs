//! The keys of `agents.toml` as a user writes them. serde reads them, schemars describes them; editors show the doc
//! comments below.

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

/// The whole file `agents.toml`. This type only describes it; [`super::parse`] reads it table by table so as to report
/// every problem.
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
    /// The resources beside paths that can be locked, by name: how many may hold each at a time, or the numbers that
    /// are handed out.
    #[schemars(default)]
    resources: ResourcesTable,
    /// The settings that hold for all tasks.
    #[schemars(default)]
    tasks: TasksTable,
    /// The limits that hold for every plan.
    #[schemars(default)]
    plans: PlansTable,
    /// The fleet's own plan, for `qd plan start` without a file.
    #[schemars(default)]
    plan: PlanTable,
    /// The checks by which the supervisor notices that something is wrong with the fleet itself.
    #[schemars(default)]
    safety: SafetyTable,
    /// The agents of the fleet, by name.
    #[schemars(default)]
    agents: BTreeMap<String, AgentTable>,
}

/// `[fleet]`: the fleet as a whole, and defaults for its agents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FleetTable {
    /// The fleet's name. Default: the directory's name.
    pub name: Option<Name>,
    /// The most agents that run at one time; further ones wait in a queue. Default: 100.
    pub max_concurrent: Option<NonZeroU32>,
    /// The most agents that the fleet holds, spawned ones included. Default: 1000.
    pub agents_max: Option<NonZeroU32>,
    /// The directory in which workspaces are made, beneath this file's directory. Default: "workspaces".
    pub workspaces: Option<RelativePath>,
    /// Default for agents: the time from the stop signal to SIGKILL for the whole process tree. Default: "10s".
    pub stop_grace: Option<Duration>,
    /// Default for agents: the signal that asks a run to end. Default: "SIGTERM".
    pub stop_signal: Option<SignalName>,
    /// Default for agents: the endings after which a run is started again. Default: "on-failure".
    pub restart: Option<Restart>,
    /// Default for agents: the terminal's size while no viewer is attached. Default: "120x40".
    pub size: Option<TerminalSize>,
    /// Default for agents: the time without any sign of life after which an agent is unresponsive. "0s": never.
    /// Default: "60s".
    pub unresponsive_after: Option<Duration>,
    /// The action of keepers when the supervisor is gone: "keep 12h", "stop" or "kill". Default: "keep 12h".
    pub on_supervisor_loss: Option<SupervisorLoss>,
    /// The limits on each run's raw output that is kept on disk.
    pub transcript: TranscriptTable,
    /// The limits on the fleet's history that is kept on disk.
    pub journal: JournalTable,
}

/// The limits on each run's raw output that is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TranscriptTable {
    /// The size of one transcript file; a full one is closed and the next begun. Default: "16MiB".
    pub size: Option<Bytes>,
    /// The most transcript files kept per run. Default: 4.
    pub files: Option<NonZeroU32>,
}

/// The limits on the fleet's history that is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalTable {
    /// The age beyond which facts are dropped. Default: "30d".
    pub keep: Option<Duration>,
    /// The most facts that are kept. Default: 1000000.
    pub facts: Option<NonZeroU32>,
}

/// `[agents.NAME]`: one agent, or a group of equal agents.
// No `Debug`: `env` may hold secrets.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentTable {
    /// The program to run, looked up on PATH when it has no slash. Give either this or `shell`.
    pub command: Option<String>,
    /// The program's arguments, each passed as it is.
    pub args: Option<Vec<String>>,
    /// A command line for `sh -c`, instead of `command`.
    pub shell: Option<String>,
    /// The kind of program. "agent": it works for a provider of models, and its last output is read for a used-up quota
    /// (which is waited for) and a missing login (which a person is told of). "command": any other program. Default:
    /// "agent" if the command line names a known agent program, such as claude or codex, else "command".
    pub kind: Option<ProgramKind>,
    /// Environment variables that are set for the program.
    pub env: BTreeMap<String, String>,
    /// Environment variables that the program inherits: names, `*` patterns, and the sets "@base" and "@agents".
    /// Default: `["@base", "@agents"]`.
    pub env_inherit: Option<Vec<String>>,
    /// The directory in which the program starts, beneath the workspace's root. Default: the root.
    pub cwd: RelativePath,
    /// The kind of workspace. "worktree": the agent's own git worktree on branch qd/NAME. "directory": its own plain
    /// directory. "shared": the repository itself. Default: "worktree" in a git repository, else "directory".
    pub workspace: Option<WorkspaceKind>,
    /// The branch or commit from which the agent's own branch starts when it is made. Default: "HEAD".
    pub base: Option<String>,
    /// Shell commands that run once in a new workspace, in the agent's terminal, before the program.
    pub setup: Vec<String>,
    /// Untracked files that are copied into a new workspace (gitignore patterns), in addition to those that
    /// `.worktreeinclude` names.
    pub copy: Vec<RelativePath>,
    /// The capabilities of this agent, by which tasks ask for it, in your own words.
    pub capabilities: Vec<String>,
    /// The way in which tasks reach the agent. "pull": the agent asks (`qd task claim`). "argument": each task gets a
    /// run of its own, and the prompt takes the place of `{prompt}` in `args`, or follows them; a `shell` line finds it
    /// in `$1`. "stdin": each task gets a run of its own, whose standard input is the prompt. "type": the prompt is
    /// typed into the terminal of the agent's run once that is idle. Default: "pull".
    pub tasks: Option<Delivery>,
    /// The way in which the end of a typed task is known. "said": the agent says `qd task done` or `qd task fail`.
    /// "idle": the agent has worked, and its terminal prints nothing more. Default: "said".
    pub done_when: Option<DoneWhen>,
    /// The longest time for one attempt of a task that gives none itself. Default: the fleet's.
    pub task_timeout: Option<Duration>,
    /// Makes a group of this many agents: NAME-1, NAME-2 …
    pub count: Option<NonZeroU32>,
    /// The endings after which a run is started again: "never", "on-failure", "always", or a table with further
    /// settings.
    pub restart: Option<Restart>,
    /// The signal that asks a run to end. Default: the fleet's.
    pub stop_signal: Option<SignalName>,
    /// The keys that are typed into the terminal before the signal: keys such as "ctrl-c" and "enter", or text.
    pub stop_keys: Vec<StopKey>,
    /// The time that the run has to end after the keys, before the signal follows. Default: "5s".
    pub stop_keys_wait: Option<Duration>,
    /// The time from the signal to SIGKILL for the whole process tree. Default: the fleet's.
    pub stop_grace: Option<Duration>,
    /// Agents (or groups) that must be ready, or have completed, before this one starts.
    pub after: Vec<String>,
    /// The condition that makes a run ready: "first-output" (or 5 s of silence, unless tasks are typed into it), or a
    /// table with pattern, delay or command.
    pub ready: Option<ReadySetting>,
    /// Whether the agent starts with the fleet. Default: true, except for an agent that its tasks start.
    pub autostart: Option<bool>,
    /// The terminal's size while no viewer is attached. Default: the fleet's.
    pub size: Option<TerminalSize>,
    /// The time without any sign of life after which the agent is unresponsive: it says that it works but writes
    /// nothing, uses no processor time and runs no tool; or it does not read its input. "0s": never. Default: the
    /// fleet's.
    pub unresponsive_after: Option<Duration>,
    /// The limits on the agent's processes.
    pub limits: LimitsTable,
}

/// The rules by which a run that ended is started again, as a word or as a table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Restart {
    /// A word that names the endings after which the run is started again; delays have their defaults.
    When(RestartWhen),
    /// A table with all settings of restarts.
    Table(RestartTable),
}

/// The endings after which a run is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestartWhen {
    /// The run is never started again.
    Never,
    /// The run is started again when it failed.
    OnFailure,
    /// The run is started again after every ending, unless a person stopped it.
    Always,
}

/// The rules by which a run that ended is started again, as a table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestartTable {
    /// The endings after which the run is started again. Default: "on-failure".
    pub when: Option<RestartWhen>,
    /// The wait before the first restart; it doubles with each failure in a row. Default: "500ms".
    pub delay: Option<Duration>,
    /// The longest wait before a restart. Default: "30s".
    pub delay_max: Option<Duration>,
    /// Spread of the wait to either side, in percent. Default: 20.
    #[schemars(range(max = 100))]
    pub jitter_percent: Option<u8>,
    /// The most restarts within the window; when one more is needed, the agent gives up. Default: 5.
    pub budget: Option<u32>,
    /// The window of time in which the budget counts restarts. Default: "10m".
    pub window: Option<Duration>,
    /// The time for which a run must be ready so that the next delay is the first one again. Default: "1m".
    pub reset_after: Option<Duration>,
    /// Exit codes that count as success. Default: `[0]`.
    pub success_codes: Option<Vec<u8>>,
    /// Exit codes after which a run is never restarted; 125 is always among them.
    pub permanent_codes: Option<Vec<u8>>,
}

/// The condition that makes a run ready, as a word or as a table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum ReadySetting {
    /// The name of a condition that needs no settings.
    Named(ReadyName),
    /// A table with one condition.
    Table(ReadyTable),
}

/// A condition that makes a run ready and needs no settings.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadyName {
    /// The run is ready when its first byte of output arrives.
    FirstOutput,
}

/// The condition that makes a run ready: one of `pattern`, `delay` and `command`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadyTable {
    /// The run is ready when a line of its output matches this regular expression.
    pub pattern: Option<Pattern>,
    /// The run is ready this long after its start.
    pub delay: Option<Duration>,
    /// The run is ready when this command line for `sh -c`, run in the workspace, exits with 0.
    pub command: Option<String>,
    /// The time from one failure of the command to the next try. Default: "2s".
    pub period: Option<Duration>,
}

/// The limits on an agent's processes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsTable {
    /// The most memory: of the whole process tree where there is a cgroup, else address space of each process.
    pub memory: Option<Bytes>,
    /// The most processes: of the whole process tree where there is a cgroup, else of the user.
    pub processes: Option<NonZeroU32>,
    /// The most open files of each process.
    pub open_files: Option<NonZeroU32>,
}

/// The values of the tables that a file has once.
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

/// Checks that a readiness table has exactly one condition; `period` belongs to `command`.
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
