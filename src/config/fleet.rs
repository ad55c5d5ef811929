//! `[fleet]`: the fleet as a whole, and defaults for its agents.

use super::problem::Problem;
use super::restart::Restart;
use super::values::{Bytes, Duration, Name, RelativePath, SignalName, SupervisorLoss, TerminalSize, WorkspaceKind};
use super::written::Written;
use quarterdeck_core::policy::{FleetPolicy, RestartPolicy, StopPolicy};
use schemars::JsonSchema;
use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

const LOSS_KEEP_DEFAULT: Duration = Duration::from_secs(12 * 3_600);
const SIZE_DEFAULT: TerminalSize = TerminalSize { columns: 120, rows: 40 };
const TRANSCRIPT_SEGMENT_BYTES_DEFAULT: u64 = 16 << 20;
const TRANSCRIPT_SEGMENTS_DEFAULT: u32 = 4;
const JOURNAL_KEEP_DEFAULT: Duration = Duration::from_secs(30 * 86_400);
const JOURNAL_FACTS_DEFAULT: u32 = 1_000_000;

/// `[fleet]`: the fleet as a whole, and defaults for its agents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FleetTable {
    /// The fleet's name. Default: the directory's name.
    pub(super) name: Option<Name>,
    /// The most agents that run at one time; further ones wait in a queue. Default: 100.
    pub(super) max_concurrent: Option<NonZeroU32>,
    /// The most agents that the fleet holds, spawned ones included. Default: 1000.
    pub(super) agents_max: Option<NonZeroU32>,
    /// The directory in which workspaces are made, below this file's directory. Default: "workspaces".
    pub(super) workspaces: Option<RelativePath>,
    /// Default for agents: the time from the stop signal to SIGKILL for the whole process tree. Default: "10s".
    pub(super) stop_grace: Option<Duration>,
    /// Default for agents: the signal that asks a run to end. Default: "SIGTERM".
    pub(super) stop_signal: Option<SignalName>,
    /// Default for agents: the endings after which a run is started again. Default: "on-failure".
    pub(super) restart: Option<Restart>,
    /// Default for agents: the terminal's size while no viewer is attached. Default: "120x40".
    pub(super) size: Option<TerminalSize>,
    /// Default for agents: the time without any sign of life after which an agent is unresponsive. "0s": never.
    /// Default: "60s".
    pub(super) unresponsive_after: Option<Duration>,
    /// The action of keepers when the supervisor is gone: "keep 12h", "stop" or "kill". Default: "keep 12h".
    pub(super) on_supervisor_loss: Option<SupervisorLoss>,
    /// The limits on each run's raw output that is kept on disk.
    pub(super) transcript: TranscriptTable,
    /// The limits on the fleet's history that is kept on disk.
    pub(super) journal: JournalTable,
}

/// The limits on each run's raw output that is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TranscriptTable {
    /// The size of one transcript file; a full one is closed and the next begun. Default: "16MiB".
    pub(super) size: Option<Bytes>,
    /// The most transcript files kept per run. Default: 4.
    pub(super) files: Option<NonZeroU32>,
}

/// The limits on the fleet's history that is kept on disk.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct JournalTable {
    /// The age beyond which facts are dropped. Default: "30d".
    pub(super) keep: Option<Duration>,
    /// The most facts that are kept. Default: 1000000.
    pub(super) facts: Option<NonZeroU32>,
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
    /// The directory in which workspaces are made, below the root.
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

/// Checks the table as a whole and reports its problems.
pub(super) fn check(written: &Written<FleetTable>, problems: &mut Vec<Problem>) {
    let table = &written.table;
    let workspaces = table.workspaces.as_ref().and_then(|path| path.problem_as_directory("workspaces"));
    problems.extend(workspaces.map(|what| Problem::at(written.span("workspaces"), what)));
    let restart = table.restart.as_ref().and_then(Restart::problem);
    problems.extend(restart.map(|what| Problem::at(written.span("restart"), what)));
}

impl FleetTable {
    /// The most agents that the fleet holds.
    pub(super) fn agents_max(&self) -> u32 {
        or(self.agents_max, FleetPolicy::default().agents_max)
    }

    /// The settings of the fleet in the directory `root`, with defaults filled in. The table must have been checked.
    pub(super) fn settings(self, root: &Path) -> FleetSettings {
        let directory_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let default_name = || directory_name.filter(|name| name.parse::<Name>().is_ok());
        FleetSettings {
            agents_max: self.agents_max(),
            defaults: self.defaults(root),
            name: self.name.map(|name| name.to_string()).or_else(default_name).unwrap_or_else(|| "fleet".to_owned()),
            max_concurrent: or(self.max_concurrent, FleetPolicy::default().max_concurrent),
            workspaces: self.workspaces.unwrap_or_else(default_workspaces),
            on_supervisor_loss: self.on_supervisor_loss.unwrap_or(SupervisorLoss::Keep(LOSS_KEEP_DEFAULT)),
            transcript_segment_bytes: self.transcript.size.map_or(TRANSCRIPT_SEGMENT_BYTES_DEFAULT, |bytes| bytes.0),
            transcript_segments_max: or(self.transcript.files, TRANSCRIPT_SEGMENTS_DEFAULT),
            journal_keep: self.journal.keep.unwrap_or(JOURNAL_KEEP_DEFAULT),
            journal_facts_max: or(self.journal.facts, JOURNAL_FACTS_DEFAULT),
        }
    }

    fn defaults(&self, root: &Path) -> AgentDefaults {
        let (restart, stop) = (RestartPolicy::default(), StopPolicy::default());
        AgentDefaults {
            workspace: if stands_in_repository(root) { WorkspaceKind::Worktree } else { WorkspaceKind::Directory },
            restart: self.restart.as_ref().map_or_else(|| restart.clone(), |given| given.policy(&restart)),
            stop_signal: self.stop_signal.map_or(stop.signal, |signal| signal.number()),
            stop_grace: self.stop_grace.unwrap_or(Duration(stop.grace)),
            size: self.size.unwrap_or(SIZE_DEFAULT),
            unresponsive_after: self.unresponsive_after,
        }
    }
}

fn or(given: Option<NonZeroU32>, default: u32) -> u32 {
    given.map_or(default, NonZeroU32::get)
}

fn default_workspaces() -> RelativePath {
    "workspaces".parse().expect("a path inside the root")
}

/// Whether `directory` is in a git repository, as far as files can tell: `.git` is a directory with a HEAD, or the
/// file that a worktree or a submodule has (gitrepository-layout(5)). A `.git` that is neither is passed over, as git
/// does, and the directories above are searched.
pub(super) fn stands_in_repository(directory: &Path) -> bool {
    let is_repository = |git: PathBuf| git.is_file() || git.join("HEAD").exists();
    directory.ancestors().any(|ancestor| is_repository(ancestor.join(".git")))
}
