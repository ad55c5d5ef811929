//! `[agents.NAME]`: the keys of an agent or a group, and the settings that result from them.

use super::environment::Environment;
use super::program::Program;
use super::ready::{Ready, ReadySetting};
use super::tasks::{AgentTasks, Delivery, DoneWhen};
use crate::config::fleet::AgentDefaults;
use crate::config::restart::Restart;
use crate::config::values::{
    Bytes, Duration, ProgramKind, RelativePath, SignalName, StopKey, TerminalSize, WorkspaceKind,
};
use quarterdeck_core::policy::{AgentPolicy, Autostart, RestartPolicy, RestartWhen, StopPolicy};
use quarterdeck_core::status::UNRESPONSIVE_AFTER;
use quarterdeck_core::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The default time that a run has to end after its stop keys are typed. Agent programs need 0.1 to 2.3 s; aider is the
/// slowest.
const KEYS_WAIT_DEFAULT: Duration = Duration::from_secs(5);

/// `[agents.NAME]`: one agent, or a group of equal agents.
// No `Debug`: `env` may hold secrets.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct AgentTable {
    /// The program to run, looked up on PATH when it has no slash. Give either this or `shell`.
    pub(in crate::config) command: Option<String>,
    /// The program's arguments, each passed as it is.
    pub(in crate::config) args: Option<Vec<String>>,
    /// A command line for `sh -c`, instead of `command`.
    pub(in crate::config) shell: Option<String>,
    /// The kind of program. "agent": it works for a provider of models, and its last output is read for a used-up quota
    /// (which is waited for) and a missing login (which a person is told of). "command": any other program. Default:
    /// "agent" if the command line names a known agent program, such as claude or codex, else "command".
    pub(in crate::config) kind: Option<ProgramKind>,
    /// Environment variables that are set for the program.
    pub(in crate::config) env: BTreeMap<String, String>,
    /// Environment variables that the program inherits: names, `*` patterns, and the sets "@base" and "@agents".
    /// Default: `["@base", "@agents"]`.
    pub(in crate::config) env_inherit: Option<Vec<String>>,
    /// The directory in which the program starts, below the workspace's root. Default: the root.
    pub(in crate::config) cwd: RelativePath,
    /// The kind of workspace. "worktree": the agent's own git worktree on branch qd/NAME. "directory": its own plain
    /// directory. "shared": the repository itself. Default: "worktree" in a git repository, else "directory".
    pub(in crate::config) workspace: Option<WorkspaceKind>,
    /// The branch or commit from which the agent's own branch starts when it is made. Default: "HEAD".
    pub(in crate::config) base: Option<String>,
    /// Shell commands that run once in a new workspace, in the agent's terminal, before the program.
    pub(in crate::config) setup: Vec<String>,
    /// Untracked files that are copied into a new workspace (gitignore patterns), in addition to those that
    /// `.worktreeinclude` names.
    pub(in crate::config) copy: Vec<RelativePath>,
    /// The capabilities of this agent, by which tasks ask for it, in your own words.
    pub(in crate::config) capabilities: Vec<String>,
    /// The way in which tasks reach the agent. "pull": the agent asks (`qd task claim`). "argument": each task gets a
    /// run of its own, and the prompt takes the place of `{prompt}` in `args`, or follows them; a `shell` line finds it
    /// in `$1`. "stdin": each task gets a run of its own, whose standard input is the prompt. "type": the prompt is
    /// typed into the terminal of the agent's run once that is idle. Default: "pull".
    pub(in crate::config) tasks: Option<Delivery>,
    /// The way in which the end of a typed task is known. "said": the agent says `qd task done` or `qd task fail`.
    /// "idle": the agent has worked, and its terminal prints nothing more. Default: "said".
    pub(in crate::config) done_when: Option<DoneWhen>,
    /// The longest time for one attempt of a task that gives none itself. Default: the fleet's.
    pub(in crate::config) task_timeout: Option<Duration>,
    /// Makes a group of this many agents: NAME-1, NAME-2 …
    pub(in crate::config) count: Option<NonZeroU32>,
    /// The endings after which a run is started again: "never", "on-failure", "always", or a table with further
    /// settings.
    pub(in crate::config) restart: Option<Restart>,
    /// The signal that asks a run to end. Default: the fleet's.
    pub(in crate::config) stop_signal: Option<SignalName>,
    /// The keys that are typed into the terminal before the signal: keys such as "ctrl-c" and "enter", or text.
    pub(in crate::config) stop_keys: Vec<StopKey>,
    /// The time that the run has to end after the keys, before the signal follows. Default: "5s".
    pub(in crate::config) stop_keys_wait: Option<Duration>,
    /// The time from the signal to SIGKILL for the whole process tree. Default: the fleet's.
    pub(in crate::config) stop_grace: Option<Duration>,
    /// Agents (or groups) that must be ready, or have completed, before this one starts.
    pub(in crate::config) after: Vec<String>,
    /// The condition that makes a run ready: "first-output" (or 5 s of silence, unless tasks are typed into it), or a
    /// table with pattern, delay or command.
    pub(in crate::config) ready: Option<ReadySetting>,
    /// Whether the agent starts with the fleet. Default: true, except for an agent that its tasks start.
    pub(in crate::config) autostart: Option<bool>,
    /// The terminal's size while no viewer is attached. Default: the fleet's.
    pub(in crate::config) size: Option<TerminalSize>,
    /// The time without any sign of life after which the agent is unresponsive: it says that it works but writes
    /// nothing, uses no processor time and runs no tool; or it does not read its input. "0s": never. Default: the
    /// fleet's.
    pub(in crate::config) unresponsive_after: Option<Duration>,
    /// The limits on the agent's processes.
    pub(in crate::config) limits: LimitsTable,
}

/// The limits on an agent's processes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct LimitsTable {
    /// The most memory: of the whole process tree where there is a cgroup, else address space of each process.
    memory: Option<Bytes>,
    /// The most processes: of the whole process tree where there is a cgroup, else of the user.
    processes: Option<NonZeroU32>,
    /// The most open files of each process.
    open_files: Option<NonZeroU32>,
}

/// The configuration of one agent. Its revision is a digest of its JSON form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentConfig {
    /// The agent's name: unique in the fleet, and fit for a path and a branch.
    pub name: String,
    /// Name of the counted group that the agent belongs to; none if it is in no group.
    pub group: Option<String>,
    /// The program that the agent runs.
    pub program: Program,
    /// The kind of the program, if the file gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ProgramKind>,
    /// The environment variables of the program.
    pub environment: Environment,
    /// The directory in which the program starts, below the workspace's root.
    pub cwd: RelativePath,
    /// The kind of workspace in which the agent works.
    pub workspace: WorkspaceKind,
    /// The branch or commit from which the agent's branch starts when it is made; none: HEAD.
    pub base: Option<String>,
    /// Shell commands that run once in a new workspace.
    pub setup: Vec<String>,
    /// Patterns of untracked files that are copied into a new workspace.
    pub copy: Vec<RelativePath>,
    /// The capabilities of the agent, by which tasks ask for it.
    pub capabilities: Vec<String>,
    /// The ways in which tasks reach the agent and end.
    pub tasks: AgentTasks,
    /// Whether the agent starts with the fleet.
    pub autostart: Autostart,
    /// Names of the agents that come before this one, groups expanded.
    pub after: Vec<String>,
    /// The condition that makes a run ready.
    pub ready: Ready,
    /// The rules by which a run that ended is started again.
    pub restart: RestartPolicy,
    /// The keys, the signal and the grace with which a run is asked to end.
    pub stop: Stop,
    /// The terminal's size while no viewer is attached.
    pub size: TerminalSize,
    /// The time without a sign of life after which the agent is unresponsive; none: the core's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresponsive_after: Option<Duration>,
    /// The limits on the agent's processes.
    pub limits: Limits,
}

/// The keys, the signal and the grace with which a run is asked to end: keys first, then a signal, then SIGKILL.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stop {
    /// The keys that are typed before the signal is sent.
    pub keys: Vec<StopKey>,
    /// The time that the run has to end after the keys.
    pub keys_wait: Duration,
    /// The number of the signal that follows the keys.
    pub signal: i32,
    /// The time from the signal to SIGKILL for the whole process tree.
    pub grace: Duration,
}

/// The limits on an agent's processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The most memory, of the whole process tree or of each process.
    pub memory: Option<Bytes>,
    /// The most processes, of the process tree or of the user.
    pub processes: Option<u32>,
    /// The most open files of each process.
    pub open_files: Option<u32>,
}

/// Builds the configuration of one agent, without a name yet. `group` returns the agents that a name in `after`
/// means.
pub(in crate::config) fn settings(
    table: &AgentTable,
    defaults: &AgentDefaults,
    group: impl Fn(&str) -> Option<Vec<String>>,
) -> AgentConfig {
    AgentConfig {
        name: String::new(),
        group: None,
        program: Program::of(table.command.as_deref(), table.args.as_deref(), table.shell.as_deref()),
        kind: table.kind,
        environment: Environment::of(table.env_inherit.as_deref(), &table.env),
        cwd: table.cwd.clone(),
        workspace: table.workspace.unwrap_or(defaults.workspace),
        base: table.base.clone(),
        setup: table.setup.clone(),
        copy: table.copy.clone(),
        capabilities: table.capabilities.clone(),
        tasks: AgentTasks {
            delivery: table.tasks.unwrap_or_default(),
            done_when: table.done_when.unwrap_or_default(),
            timeout: table.task_timeout,
        },
        autostart: table.tasks.unwrap_or_default().autostart(table.autostart),
        after: table.after.iter().flat_map(|name| group(name).unwrap_or_else(|| vec![name.clone()])).collect(),
        ready: Ready::of(table.ready.as_ref()),
        restart: match table.tasks.unwrap_or_default().is_one_shot() {
            // For a task that failed, a new attempt is made; its run is not restarted.
            true => RestartPolicy { when: RestartWhen::Never, ..defaults.restart.clone() },
            false => match &table.restart {
                Some(given) => given.policy(&defaults.restart),
                None => defaults.restart.clone(),
            },
        },
        stop: Stop {
            keys: table.stop_keys.clone(),
            keys_wait: table.stop_keys_wait.unwrap_or(KEYS_WAIT_DEFAULT),
            signal: table.stop_signal.map_or(defaults.stop_signal, |signal| signal.number()),
            grace: table.stop_grace.unwrap_or(defaults.stop_grace),
        },
        size: table.size.unwrap_or(defaults.size),
        unresponsive_after: table.unresponsive_after.or(defaults.unresponsive_after),
        limits: Limits {
            memory: table.limits.memory,
            processes: table.limits.processes.map(NonZeroU32::get),
            open_files: table.limits.open_files.map(NonZeroU32::get),
        },
    }
}

impl AgentConfig {
    /// The time without a sign of life after which the agent is unresponsive; none: it never is.
    pub fn unresponsive_after(&self) -> Option<Span> {
        let after = self.unresponsive_after.map_or(UNRESPONSIVE_AFTER, |after| after.0);
        (after > Span(0)).then_some(after)
    }

    /// The policy from which the core decides about this agent.
    pub fn policy(&self) -> AgentPolicy {
        AgentPolicy {
            name: self.name.clone(),
            revision: self.revision(),
            autostart: self.autostart,
            after: self.after.clone(),
            readiness: self.ready.policy(),
            restart: self.restart.clone(),
            stop: StopPolicy {
                keys_wait: (!self.stop.keys.is_empty()).then_some(self.stop.keys_wait.0),
                signal: self.stop.signal,
                grace: self.stop.grace.0,
            },
            capabilities: self.capabilities.clone(),
            work: self.tasks.delivery.work(),
            task_timeout: self.tasks.timeout.map(|timeout| timeout.0),
        }
    }

    /// Returns a digest of this configuration: the same on every machine and in every build with the same fields.
    ///
    /// **Invariant:** every change of a field changes the digest (`config::tests::any_change_changes_the_revision`).
    pub fn revision(&self) -> u64 {
        let json = serde_json::to_vec(self).expect("a configuration is made of texts and numbers");
        crate::place::digest(&json)
    }

    /// The kind of the agent's program: as the file says; else an agent program, if its command line names a known one.
    pub fn kind(&self) -> ProgramKind {
        self.kind.unwrap_or_else(|| self.program.kind())
    }
}
