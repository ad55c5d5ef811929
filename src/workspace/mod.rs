//! Where agents work: git worktrees, plain directories, or the repository itself. Blocking code without a runtime;
//! the supervisor calls it on a thread of its own.
//!
//! ```text
//! <root>/                      where agents.toml stands
//!   workspaces/                0700, ignored by git through its own .gitignore
//!     .fleet                   leads back to agents.toml: who stands beneath finds this fleet (`place::standing`)
//!     <agent>/                 0700: a worktree on branch qd/<agent>, or a plain directory
//!     .preparing-<agent>       exists while <agent>/ is being made: what to undo after a crash
//!     .removing-<agent>        what is left of <agent>/ while it is being deleted
//!     .setup-<agent>           setup has completed (plain directories; a worktree keeps it in its git directory)
//! <git common dir>/qd-worktrees.lock   held (flock) while git's own worktree list changes
//! ```
//!
//! Agents' names never begin with a dot, so nothing collides. Only the few milliseconds in which git changes its
//! shared files are serialised; files are written to many worktrees at once.
//!
//! **Invariant:** a workspace that can't be made leaves no directory, branch or worktree entry behind
//! (`tests/workspace`: `a_failing_checkout_leaves_nothing`); one that is removed has lost nothing
//! (`removal_is_refused_with_every_reason`).

pub mod beneath;
mod child;
mod clean;
pub mod collect;
mod commit;
mod copy;
mod dropped;
mod git;
mod ground;
mod guard;
pub mod hashed;
mod ignored;
mod in_the_way;
mod lock;
mod merge;
pub mod moves;
mod nested;
mod park;
mod prepare;
mod processes;
mod proof;
mod remove;
mod repository;
mod setup;
mod submodules;
pub mod task;
mod turns;
mod unflagged;
mod within;
mod work;
mod worktree;

pub use beneath::{Escape, beneath};
pub use child::Abandon;
pub use clean::{Cleaned, Cleaning, Kind, Needs, Outcome};
pub use commit::{CommitError, CommitOrder, Committed};
pub use dropped::Kept;
pub use ground::Ground;
pub use guard::Guard;
pub use in_the_way::InTheWay;
pub use prepare::{Origin, Prepared, SetupState};
pub use processes::Occupant;
pub use proof::{Refusal, RefusedRemoval};
pub use remove::{BranchFate, Fate, Gone, Parked, RemoveError, Removed, delete_tree};
pub use setup::{SETUP_ENDS, mark_setup_done, with_setup};
pub use work::{Change, ChangeKind, Work};

use crate::config::values::RelativePath;
use crate::config::{AgentConfig, FleetConfig, WorkspaceKind};
use crate::place::{self, CONFIG_FILE};
use repository::Repository;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use turns::Turns;

/// The prefix of the branches that agents work on.
pub const BRANCH_PREFIX: &str = "qd/";

/// Worktrees whose files are written at the same time, per core. Writing files waits on the disk as much as on the core.
const WRITERS_PER_CORE: usize = 2;

/// The workspaces of one fleet. Cheap to make; finds the repository once, when first needed.
#[derive(Debug)]
pub struct Workspaces {
    root: PathBuf,
    relative: RelativePath,
    /// The fleet's configuration, which the directory of the workspaces leads back to.
    config_path: PathBuf,
    repository: OnceLock<Repository>,
    /// Whom the commit guard of worktrees asks; none: they have no guard.
    guard: RwLock<Option<Guard>>,
    turns: Turns,
}

/// What is asked for one agent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The agent's name: the workspace's directory and, behind [`BRANCH_PREFIX`], its branch.
    pub agent: String,
    /// What kind of workspace.
    pub kind: WorkspaceKind,
    /// What a new branch starts from; none: HEAD.
    pub base: Option<String>,
    /// Patterns of untracked files to copy, beyond `.worktreeinclude`.
    pub copy: Vec<RelativePath>,
    /// The working directory beneath the workspace. It must exist.
    pub cwd: RelativePath,
    /// Said when nobody wants the workspace any more: what makes it ends, hooks of git included.
    pub abandon: Abandon,
}

impl From<&AgentConfig> for Request {
    fn from(agent: &AgentConfig) -> Request {
        Request {
            agent: agent.name.clone(),
            kind: agent.workspace,
            base: agent.base.clone(),
            copy: agent.copy.clone(),
            cwd: agent.cwd.clone(),
            abandon: Abandon::default(),
        }
    }
}

/// Why a workspace could not be made, or dealt with.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// A worktree was asked for outside a git repository.
    #[error("{0} is not in a git repository: run `git init` there, or use workspace = \"directory\"")]
    NotARepository(PathBuf),
    /// A repository without files.
    #[error(
        "{0} is a bare repository, which has no files to work on: put agents.toml into one of its worktrees (`git worktree add`)"
    )]
    Bare(PathBuf),
    /// A repository without a commit.
    #[error(
        "the repository has no commit yet, so there is nothing to branch from: run `git commit --allow-empty -m \"first commit\"`"
    )]
    NoCommit,
    /// The configured base is no commit here.
    #[error("`base = \"{0}\"` names no branch or commit of this repository: see `git branch --all`")]
    UnknownBase(String),
    /// Something that is not this agent's workspace is in its place.
    #[error("{0} is in the way: it is not empty and no worktree of this repository; move it away")]
    Occupied(PathBuf),
    /// Two lines of work can't be merged.
    #[error("{theirs} does not merge with {ours}: both change {}", names(files))]
    Conflict {
        /// What was merged before.
        ours: String,
        /// What does not merge with it.
        theirs: String,
        /// The files that both change; never empty.
        files: Vec<PathBuf>,
    },
    /// A path leaves its root.
    #[error(transparent)]
    Escape(#[from] Escape),
    /// The configured working directory is not there.
    #[error("`cwd = \"{cwd}\"` is no directory in the workspace {workspace}")]
    NoWorkingDirectory {
        /// As configured.
        cwd: RelativePath,
        /// The workspace's root.
        workspace: PathBuf,
    },
    /// A branch of the user's keeps git from making ours.
    #[error(transparent)]
    BranchInTheWay(#[from] InTheWay),
    /// Nobody wants it any more.
    #[error("nobody wants the workspace any more")]
    Abandoned,
    /// git refused.
    #[error("can't {doing}: {message}{}", git::advice(message))]
    Git {
        /// What we were about to do.
        doing: String,
        /// What git said.
        message: String,
    },
    /// The system refused.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// What we were about to do.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// A few names of many.
fn names(files: &[PathBuf]) -> String {
    /// Files that an error names. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 10;
    let mut names: Vec<String> = files.iter().take(NAMED_MAX).map(|file| file.display().to_string()).collect();
    if files.len() > NAMED_MAX {
        names.push(format!("and {} more", files.len() - NAMED_MAX));
    }
    names.join(", ")
}

/// Turns an I/O error into ours, with what was being done to which path.
fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WorkspaceError + use<> {
    let path = path.to_owned();
    move |source| WorkspaceError::Io { doing, path, source }
}

impl Workspaces {
    /// The workspaces of a fleet that stands in `root` (absolute) and makes them in `relative` beneath it.
    pub fn new(root: &Path, relative: &RelativePath) -> Workspaces {
        Workspaces {
            config_path: root.join(CONFIG_FILE),
            root: root.to_owned(),
            relative: relative.clone(),
            repository: OnceLock::new(),
            guard: RwLock::new(None),
            turns: Turns::default(),
        }
    }

    /// From now on worktrees that are prepared get this commit guard, or lose theirs.
    pub fn set_guard(&self, guard: Option<Guard>) {
        *self.guard.write().unwrap_or_else(PoisonError::into_inner) = guard;
    }

    fn guard(&self) -> Option<Guard> {
        self.guard.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The top of what agents with a shared workspace work in: the repository's working tree, or the fleet's directory.
    ///
    /// # Errors
    /// The repository can't be used.
    pub fn shared_root(&self) -> Result<PathBuf, WorkspaceError> {
        match self.repository() {
            Ok(repository) => Ok(repository.root.clone()),
            Err(WorkspaceError::NotARepository(directory)) => Ok(directory),
            Err(error) => Err(error),
        }
    }

    /// The workspaces of this fleet.
    pub fn of(config: &FleetConfig) -> Workspaces {
        let config_path = config.root.join(config.path.file_name().unwrap_or(CONFIG_FILE.as_ref()));
        Workspaces { config_path, ..Workspaces::new(&config.root, &config.fleet.workspaces) }
    }

    /// Makes a workspace, or finds it made: the same request twice gives the same workspace. Heals what a crash
    /// left. Never moves an existing branch, never overwrites a file.
    ///
    /// # Errors
    /// Why it could not be made. Nothing is left behind.
    pub fn prepare(&self, request: &Request) -> Result<Prepared, WorkspaceError> {
        prepare::prepare(self, request, None)
    }

    /// The same for many at once. Each is told, by its place among the requests, as soon as it is there or can't be,
    /// from several threads.
    pub fn prepare_many(&self, requests: &[Request], tell: impl Fn(usize, Result<Prepared, WorkspaceError>) + Sync) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        // What can't be looked up at once is looked up, and its error reported, one by one. What is there already needs
        // no start: a run in the workspace of the one before it begins without a git.
        let wants_start =
            |request: &Request| request.kind == WorkspaceKind::Worktree && !self.path_of(&request.agent).exists();
        let starts = match requests.iter().any(wants_start).then(|| self.repository()) {
            Some(Ok(repository)) => repository.starts(requests).unwrap_or_default(),
            _ => Vec::new(),
        };
        let work = || {
            while let Some((index, request)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, requests.get(index)?)))
            {
                tell(index, prepare::prepare(self, request, starts.get(index)));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..(cores * WRITERS_PER_CORE).min(requests.len()) {
                scope.spawn(work);
            }
            work();
        });
    }

    /// Removes a workspace if that is proved to lose nothing, or once what would be lost is parked.
    ///
    /// # Errors
    /// Every reason against it, or what failed. A refused removal has changed nothing.
    pub fn remove(&self, request: &Request, fate: Fate) -> Result<Removed, RemoveError> {
        self.remove_unless(request, fate, || None)
    }

    /// The same, unless this says why it is still needed. That is asked when nobody makes the workspace and nobody can
    /// begin to.
    ///
    /// # Errors
    /// As [`Workspaces::remove`].
    pub fn remove_unless(
        &self,
        request: &Request,
        fate: Fate,
        why_needed: impl FnOnce() -> Option<String>,
    ) -> Result<Removed, RemoveError> {
        let _turn = self.turns.take(&request.agent);
        match why_needed() {
            Some(why) => remove::refuse(request, &self.path_of(&request.agent), vec![Refusal::Needed { why }]),
            None => remove::remove(self, request, fate),
        }
    }

    /// Where the workspace of this name is, or would be.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.root.join(self.relative.as_path()).join(name)
    }

    /// The directory all workspaces are in, absolute; made (0700, ignored by git, marked as this fleet's) if need be.
    fn directory(&self) -> Result<PathBuf, WorkspaceError> {
        let directory = own_directory(&self.root, self.relative.as_path())?;
        place::mark(&directory, &self.config_path).map_err(io_error("mark", &directory))?;
        Ok(directory)
    }

    /// The repository the fleet stands in.
    fn repository(&self) -> Result<&Repository, WorkspaceError> {
        if let Some(repository) = self.repository.get() {
            return Ok(repository);
        }
        let found = Repository::discover(&self.root)?;
        Ok(self.repository.get_or_init(|| found))
    }
}

/// Makes a directory of ours beneath `root`: 0700, with a `.gitignore` of its own so that nothing in it shows up in
/// the user's repository. Used for `workspaces/` and `.quarterdeck/`. Returns its path.
///
/// # Errors
/// When it can't be made, or a symlink would lead out of `root`.
pub fn own_directory(root: &Path, relative: &Path) -> Result<PathBuf, WorkspaceError> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let path = beneath::create_directory(root, relative)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))
        .map_err(io_error("set the mode of", &path))?;
    let ignore = path.join(".gitignore");
    match std::fs::File::create_new(&ignore) {
        Ok(mut file) => file.write_all(b"*\n").map_err(io_error("write", &ignore))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io_error("write", &ignore)(error)),
    }
    Ok(path)
}
