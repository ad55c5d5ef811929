//! What a keeper is told at birth, through its standard input: never through arguments or a file, because the
//! environment may hold secrets.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Everything a keeper needs to start one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The run's mark: put into the agent's environment as `QD_RUN`, and how stragglers are found.
    pub mark: String,
    /// The run's own directory, mode 0700: lock, transcript, exit record.
    pub directory: PathBuf,
    /// Where the keeper listens, mode 0600.
    pub socket: PathBuf,
    /// The program, looked up on the PATH of `environment` when it has no slash.
    pub program: OsString,
    /// Its arguments, without the program.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Its working directory. It must exist.
    pub working_directory: PathBuf,
    /// The terminal's first size: columns, rows.
    pub size: (u16, u16),
    /// Resource limits.
    pub limits: Limits,
    /// A cgroup (v2) directory to put the tree into and remove afterwards, where there is one.
    pub cgroup: Option<PathBuf>,
    /// What to do when no supervisor is connected.
    pub on_loss: OnLoss,
    /// How the run is asked to end when `on_loss` says so.
    pub stop_signal: i32,
    /// From that signal to SIGKILL.
    pub stop_grace: Duration,
    /// One transcript file's size; a full one is closed and the next begun.
    pub transcript_segment_bytes: u64,
    /// Transcript files kept.
    pub transcript_segments_max: u32,
}

/// Limits set on the agent's process, inherited by what it spawns (setrlimit(2), and the cgroup where it can).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Address space of each process (RLIMIT_AS), or memory.max of the cgroup.
    pub memory_bytes: Option<u64>,
    /// Processes: RLIMIT_NPROC counts the user's processes, pids.max of the cgroup counts the tree's.
    pub processes: Option<u64>,
    /// Open files of each process (RLIMIT_NOFILE).
    pub open_files: Option<u64>,
}

/// What a keeper does when no supervisor is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// Goes on for this long, then stops the run.
    Keep(Duration),
    /// Stops the run: signal, grace, SIGKILL.
    Stop,
    /// SIGKILLs the run's tree.
    Kill,
}
