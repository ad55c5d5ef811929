//! What the rest of the program sees of the configuration: complete, checked, one entry per agent.

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

/// A fleet's whole configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetConfig {
    /// The configuration file, absolute.
    pub path: PathBuf,
    /// Its directory: what every relative path of the fleet is beneath.
    pub root: PathBuf,
    /// What concerns the fleet as a whole.
    pub fleet: FleetSettings,
    /// What concerns work between agents.
    pub coordination: CoordinationSettings,
    /// What holds for all tasks.
    pub tasks: TaskSettings,
    /// Limits of every plan.
    pub plans: PlanPolicy,
    /// What is done to notice that something is wrong with the fleet itself.
    pub safety: SafetyPolicy,
    /// The plan that the file itself holds: `[plan]`.
    pub plan: Option<PlanSpec>,
    /// The agents in the file's order, groups expanded.
    pub agents: Vec<AgentConfig>,
}

/// What concerns the fleet as a whole, and the defaults that spawned agents take.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSettings {
    /// The fleet's name.
    pub name: String,
    /// Live runs at one time.
    pub max_concurrent: u32,
    /// Agents the fleet holds at all.
    pub agents_max: u32,
    /// Where workspaces are made, beneath the root.
    pub workspaces: RelativePath,
    /// What keepers do when the supervisor is gone.
    pub on_supervisor_loss: SupervisorLoss,
    /// One transcript file's size.
    pub transcript_segment_bytes: u64,
    /// Transcript files kept per run.
    pub transcript_segments_max: u32,
    /// Facts older than this are dropped from the journal.
    pub journal_keep: Duration,
    /// Facts kept in the journal at most.
    pub journal_facts_max: u32,
    /// What an agent gets that does not say.
    pub defaults: AgentDefaults,
}

/// What an agent gets that does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDefaults {
    /// Its workspace: a worktree where the fleet stands in a git repository, else a directory.
    pub workspace: WorkspaceKind,
    /// How a run that ended is started again.
    pub restart: RestartPolicy,
    /// The stop signal's number.
    pub stop_signal: i32,
    /// From the signal to SIGKILL.
    pub stop_grace: Duration,
    /// The terminal's size while nobody looks.
    pub size: TerminalSize,
    /// So long without a sign of life, and it is unresponsive; none: as the core says.
    pub unresponsive_after: Option<Duration>,
}

/// One agent's configuration. Its JSON form is what its revision is the digest of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentConfig {
    /// Unique in the fleet; fit for a path and a branch.
    pub name: String,
    /// The counted group it belongs to.
    pub group: Option<String>,
    /// What runs.
    pub program: Program,
    /// What its program is, if the file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ProgramKind>,
    /// Its environment.
    pub environment: Environment,
    /// Where it starts, beneath the workspace's root.
    pub cwd: RelativePath,
    /// Where it works.
    pub workspace: WorkspaceKind,
    /// What its branch starts from when it is made; none: HEAD.
    pub base: Option<String>,
    /// Shell commands that run once in a new workspace.
    pub setup: Vec<String>,
    /// Patterns of untracked files that are copied into a new workspace.
    pub copy: Vec<RelativePath>,
    /// What it may be asked to do.
    pub capabilities: Vec<String>,
    /// How tasks reach it.
    pub tasks: AgentTasks,
    /// Whether it starts with the fleet.
    pub autostart: Autostart,
    /// Agents that come first, by name, groups expanded.
    pub after: Vec<String>,
    /// What makes a run ready.
    pub ready: Ready,
    /// How a run that ended is started again.
    pub restart: RestartPolicy,
    /// How a run is asked to end.
    pub stop: Stop,
    /// The terminal's size while nobody looks.
    pub size: TerminalSize,
    /// So long without a sign of life, and it is unresponsive; none: as the core says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresponsive_after: Option<Duration>,
    /// Limits on its processes.
    pub limits: Limits,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program with its arguments.
    Command { program: String, args: Vec<String> },
    /// A line for `sh -c`.
    Shell(String),
}

/// The PATH of an agent that has none.
const PATH_DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// What of the environment is inherited, and what is set. Values never show in `Debug`: they may be secrets.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Names and `*` patterns of inherited variables, sets already expanded.
    pub inherit: Vec<String>,
    /// Variables that are set; they win.
    pub set: BTreeMap<String, String>,
}

/// What makes a run ready.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// The first byte of output.
    FirstOutput,
    /// A line of output that matches.
    Pattern(Pattern),
    /// This long after the start.
    Delay(Duration),
    /// A line for `sh -c` that exits 0, tried again after each `period`.
    Command { command: String, period: Duration },
}

/// How a run is asked to end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stop {
    /// Typed first.
    pub keys: Vec<StopKey>,
    /// How long the keys are given.
    pub keys_wait: Duration,
    /// The signal's number.
    pub signal: i32,
    /// From the signal to SIGKILL for the whole tree.
    pub grace: Duration,
}

/// Limits on an agent's processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Memory.
    pub memory: Option<Bytes>,
    /// Processes.
    pub processes: Option<u32>,
    /// Open files of each process.
    pub open_files: Option<u32>,
}

impl FleetConfig {
    /// What the core decides the fleet's limits from.
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

    /// The agent of that name.
    pub fn agent(&self, name: &str) -> Option<&AgentConfig> {
        self.agents.iter().find(|agent| agent.name == name)
    }
}

impl AgentConfig {
    /// So long without a sign of life, and it is unresponsive; none: it never is.
    pub fn unresponsive_after(&self) -> Option<Span> {
        let after = self.unresponsive_after.map_or(UNRESPONSIVE_AFTER, |after| after.0);
        (after > Span(0)).then_some(after)
    }

    /// What the core decides about this agent from.
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

    /// A digest of everything in here: the same on every machine and in every build with the same fields.
    ///
    /// **Invariant:** every change of a field changes it (`config::tests::any_change_changes_the_revision`).
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

    /// The same with a task's prompt as an argument. A `shell` line finds it in `$1`, and never in its own text.
    pub fn command_line_with(&self, prompt: &str) -> (OsString, Vec<OsString>) {
        match &self.program {
            Program::Command { program, args } => (program.into(), tasks::with_prompt(args, prompt)),
            Program::Shell(line) => ("sh".into(), vec!["-c".into(), line.into(), "sh".into(), prompt.into()]),
        }
    }

    /// The PATH on which its program is looked for, out of the variables that are `present`. The directory of this very
    /// program comes first, so that agents find the `qd` that supervises them.
    pub fn search_path(&self, present: impl IntoIterator<Item = (OsString, OsString)>) -> OsString {
        let environment = self.environment.resolve(present);
        let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(PATH_DEFAULT), OsString::as_os_str);
        let own = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let others = std::env::split_paths(path).filter(|entry| Some(entry) != own.as_ref());
        std::env::join_paths(own.clone().into_iter().chain(others)).unwrap_or_else(|_| path.to_owned())
    }

    /// The command line for people, as configured. Never holds the environment.
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
    /// The variables an agent gets out of `present`: what is inherited, then what is set.
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

/// FNV-1a, 64 bits (RFC 9923): not for secrets, only to see that something changed.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Whether `directory` lies in a git repository, as far as files can say: `.git` is a directory with a HEAD, or the
/// file that a worktree or a submodule has (gitrepository-layout(5)). Git looks on above one that is neither.
pub(super) fn stands_in_repository(directory: &Path) -> bool {
    let is_repository = |git: PathBuf| git.is_file() || git.join("HEAD").exists();
    directory.ancestors().any(|ancestor| is_repository(ancestor.join(".git")))
}
