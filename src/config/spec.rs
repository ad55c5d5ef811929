//! The configuration as the rest of the program uses it: complete, checked, one entry per agent.

use super::coordination::CoordinationSettings;
use super::default_environment;
use super::tasks::{self, AgentTasks, TaskSettings};
use super::values::{
    Bytes, Duration, Pattern, ProgramKind, RelativePath, StopKey, SupervisorLoss, TerminalSize, WorkspaceKind,
};
use quarterdeck_core::plan::{PlanPolicy, PlanSpec};
use quarterdeck_core::policy::{
    AgentPolicy, Autostart, CoordinationPolicy, FleetPolicy, Readiness, RestartPolicy, SafetyPolicy, StopPolicy,
};
use quarterdeck_core::status::UNRESPONSIVE_AFTER;
use quarterdeck_core::time::Span;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// The whole configuration of a fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetConfig {
    /// Absolute path of the configuration file.
    pub path: PathBuf,
    /// The directory of the configuration file; every relative path of the fleet is beneath it.
    pub root: PathBuf,
    /// The settings of the fleet as a whole.
    pub fleet: FleetSettings,
    /// The settings for locks, messages and shared state between agents.
    pub coordination: CoordinationSettings,
    /// The settings that hold for all tasks.
    pub tasks: TaskSettings,
    /// The limits that hold for every plan.
    pub plans: PlanPolicy,
    /// The checks by which the supervisor notices that something is wrong with the fleet itself.
    pub safety: SafetyPolicy,
    /// The plan that the file itself holds in `[plan]`.
    pub plan: Option<PlanSpec>,
    /// The agents in the file's order, groups expanded.
    pub agents: Vec<AgentConfig>,
}

/// The settings of the fleet as a whole, and the defaults that spawned agents take.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSettings {
    /// The name of the fleet.
    pub name: String,
    /// The most runs that are live at one time.
    pub max_concurrent: u32,
    /// The most agents that the fleet holds.
    pub agents_max: u32,
    /// The directory in which workspaces are made, beneath the root.
    pub workspaces: RelativePath,
    /// The action of keepers when the supervisor is gone.
    pub on_supervisor_loss: SupervisorLoss,
    /// The largest size of one transcript file, bytes.
    pub transcript_segment_bytes: u64,
    /// The most transcript files kept per run.
    pub transcript_segments_max: u32,
    /// The age beyond which facts are dropped from the journal.
    pub journal_keep: Duration,
    /// The most facts that are kept in the journal.
    pub journal_facts_max: u32,
    /// The settings of agents whose table does not give their own.
    pub defaults: AgentDefaults,
}

/// The settings of agents whose table does not give their own.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDefaults {
    /// The kind of workspace: a worktree where the fleet is in a git repository, else a directory.
    pub workspace: WorkspaceKind,
    /// The rules by which a run that ended is started again.
    pub restart: RestartPolicy,
    /// The number of the stop signal.
    pub stop_signal: i32,
    /// The time from the stop signal to SIGKILL.
    pub stop_grace: Duration,
    /// The terminal's size while no viewer is attached.
    pub size: TerminalSize,
    /// The time without a sign of life after which an agent is unresponsive; none: the core's default.
    pub unresponsive_after: Option<Duration>,
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
    /// The directory in which the program starts, beneath the workspace's root.
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

/// The program that an agent runs, in one of two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program that is started directly, with its arguments.
    Command { program: String, args: Vec<String> },
    /// A command line for `sh -c`.
    Shell(String),
}

/// The PATH of an agent whose environment has none.
const PATH_DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment variables of an agent: those that are inherited, and those that are set. Values never show in
/// `Debug`: they may be secrets.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Names and `*` patterns of inherited variables, sets already expanded.
    pub inherit: Vec<String>,
    /// Variables that are set; they replace inherited ones of the same name.
    pub set: BTreeMap<String, String>,
}

/// The condition that makes a run ready.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// The run is ready when its first byte of output arrives.
    FirstOutput,
    /// The run is ready when a line of its output matches this pattern.
    Pattern(Pattern),
    /// The run is ready when this much time has passed since its start.
    Delay(Duration),
    /// The run is ready when a command line for `sh -c` exits with 0; it is tried again after each `period`.
    Command { command: String, period: Duration },
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

impl FleetConfig {
    /// The policy from which the core decides the fleet's limits.
    pub fn policy(&self) -> FleetPolicy {
        FleetPolicy {
            max_concurrent: self.fleet.max_concurrent,
            agents_max: self.fleet.agents_max,
            coordination: CoordinationPolicy {
                plans: self.plans.clone(),
                tasks: self.tasks.policy.clone(),
                ..self.coordination.policy()
            },
            safety: self.safety,
        }
    }

    /// Returns the agent that has this name, if there is one.
    pub fn agent(&self, name: &str) -> Option<&AgentConfig> {
        self.agents.iter().find(|agent| agent.name == name)
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
        fnv1a(&json)
    }

    /// The program and its arguments, as they are executed.
    pub fn command_line(&self) -> (OsString, Vec<OsString>) {
        match &self.program {
            Program::Command { program, args } => (program.into(), args.iter().map(OsString::from).collect()),
            Program::Shell(line) => ("sh".into(), vec!["-c".into(), line.into()]),
        }
    }

    /// The program and its arguments, with a task's prompt as an argument. A `shell` line finds the prompt in `$1`, and
    /// never in its own text.
    pub fn command_line_with(&self, prompt: &str) -> (OsString, Vec<OsString>) {
        match &self.program {
            Program::Command { program, args } => (program.into(), tasks::with_prompt(args, prompt)),
            Program::Shell(line) => ("sh".into(), vec!["-c".into(), line.into(), "sh".into(), prompt.into()]),
        }
    }

    /// The PATH on which the agent's program is looked for, out of the variables that are `present`. The directory of
    /// this very program comes first, so that agents find the `qd` that supervises them.
    pub fn search_path(&self, present: impl IntoIterator<Item = (OsString, OsString)>) -> OsString {
        let environment = self.environment.resolve(present);
        let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(PATH_DEFAULT), OsString::as_os_str);
        let own = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let others = std::env::split_paths(path).filter(|entry| Some(entry) != own.as_ref());
        std::env::join_paths(own.clone().into_iter().chain(others)).unwrap_or_else(|_| path.to_owned())
    }

    /// The command line for people, as configured. It never holds environment variables.
    pub fn command_text(&self) -> String {
        match &self.program {
            Program::Command { program, args } => {
                std::iter::once(program).chain(args).cloned().collect::<Vec<_>>().join(" ")
            }
            Program::Shell(line) => line.clone(),
        }
    }
}

impl Ready {
    fn policy(&self) -> Readiness {
        match self {
            Ready::FirstOutput => Readiness::FirstOutput,
            Ready::Pattern(_) => Readiness::Pattern,
            Ready::Delay(span) => Readiness::Delay(span.0),
            Ready::Command { period, .. } => Readiness::Command { period: period.0 },
        }
    }
}

impl Environment {
    /// The variables that an agent gets out of `present`: the inherited ones, then those that are set.
    pub fn resolve(&self, present: impl IntoIterator<Item = (OsString, OsString)>) -> BTreeMap<OsString, OsString> {
        let inherited = |name: &OsString| {
            let name = name.to_string_lossy();
            self.inherit.iter().any(|pattern| default_environment::matches(pattern, &name))
        };
        let set = self.set.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        present.into_iter().filter(|(name, _)| inherited(name)).chain(set).collect()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.set.keys().collect();
        f.debug_struct("Environment").field("inherit", &self.inherit).field("set", &names).finish()
    }
}

/// The FNV-1a digest, 64 bits (RFC 9923): not for secrets, only to see that something changed.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Whether `directory` is in a git repository, as far as files can tell: `.git` is a directory with a HEAD, or the
/// file that a worktree or a submodule has (gitrepository-layout(5)). A `.git` that is neither is passed over, as git
/// does, and the directories above are searched.
pub(super) fn stands_in_repository(directory: &Path) -> bool {
    let is_repository = |git: PathBuf| git.is_file() || git.join("HEAD").exists();
    directory.ancestors().any(|ancestor| is_repository(ancestor.join(".git")))
}
