//! Makes a workspace, or finds the one that an earlier run used.

use super::error::{WorkspaceError, io_error};
use super::repository::{Repository, Start};
use super::request::{BRANCH_PREFIX, Request};
use super::setup::marker;
use super::workspaces::Workspaces;
use super::worktree::{self, Branch, Found, Worktree};
use super::{beneath, copy, guard, submodules};
use crate::config::WorkspaceKind;
use crate::regular;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A workspace that is ready to work in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Absolute path of the workspace's root.
    pub root: PathBuf,
    /// The directory in which the agent starts: it exists, below the root.
    pub working_directory: PathBuf,
    /// The branch that the workspace is on; none without git, or when the agent detached HEAD.
    pub branch: Option<String>,
    /// Whether the workspace was made just now.
    pub origin: Origin,
    /// Whether the setup commands have completed in the workspace.
    pub setup: SetupState,
    /// Path of the file that marks that setup has completed: see [`super::with_setup`].
    pub setup_marker: PathBuf,
    /// Files that should have been copied and were not, because a symlink on their path leads out of the repository or
    /// they are not regular files.
    pub skipped: Vec<PathBuf>,
    /// The reason why the commit guard could not be installed or removed; none if that succeeded.
    pub unguarded: Option<String>,
}

/// Whether a workspace was made just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The workspace was made just now.
    Fresh,
    /// The workspace exists since an earlier run.
    Reused,
}

/// Whether setup has completed in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// Setup has never run, or did not complete.
    Due,
    /// Setup has completed in this workspace.
    Done,
}

/// Makes a workspace, or finds the one that exists. `start` holds the commits that were looked up already.
pub(super) fn prepare(
    workspaces: &Workspaces,
    request: &Request,
    start: Option<&Start>,
) -> Result<Prepared, WorkspaceError> {
    let _turn = workspaces.turns.take(&request.agent);
    if !request.abandon.begin() {
        return Err(WorkspaceError::Abandoned);
    }
    match request.kind {
        WorkspaceKind::Shared => shared(workspaces, request),
        WorkspaceKind::Directory => directory(workspaces, request),
        WorkspaceKind::Worktree => linked(workspaces, request, start),
    }
}

/// Prepares a shared workspace: the repository itself, or the fleet's directory where there is none.
fn shared(workspaces: &Workspaces, request: &Request) -> Result<Prepared, WorkspaceError> {
    let root = workspaces.shared_root()?;
    let marker = marker(&workspaces.directory()?, &request.agent);
    finished(request, root, None, Origin::Reused, marker, Vec::new())
}

/// Prepares a plain directory of the agent's own.
fn directory(workspaces: &Workspaces, request: &Request) -> Result<Prepared, WorkspaceError> {
    let all = workspaces.directory()?;
    let marker = marker(&all, &request.agent);
    let path = beneath::beneath(&all, Path::new(&request.agent))?;
    let intent = Intent::of(&all, &request.agent);
    if intent.read()?.is_some() {
        super::delete::delete_tree(&path)?;
        intent.forget()?;
    }
    if path.exists() {
        return finished(request, path, None, Origin::Reused, marker, Vec::new());
    }
    super::delete::finish_earlier(&all, &request.agent)?;
    if request.copy.is_empty() {
        // mkdir(2) makes it whole or not at all, so a crash leaves nothing to undo.
        let path = beneath::create_directory(&all, Path::new(&request.agent))?;
        let made = finished(request, path.clone(), None, Origin::Fresh, marker, Vec::new());
        if made.is_err() {
            super::delete::delete_tree(&path)?;
        }
        return made;
    }
    intent.write(&Branch::Existing)?;
    let made = beneath::create_directory(&all, Path::new(&request.agent))
        .map_err(WorkspaceError::from)
        .and_then(|path| copy::into_directory(workspaces, request, &path))
        .and_then(|skipped| finished(request, path.clone(), None, Origin::Fresh, marker, skipped));
    if made.is_err() {
        super::delete::delete_tree(&path)?;
    }
    intent.forget()?;
    made
}

/// Prepares a git worktree on the agent's own branch.
fn linked(workspaces: &Workspaces, request: &Request, start: Option<&Start>) -> Result<Prepared, WorkspaceError> {
    let repository = workspaces.repository()?;
    let all = workspaces.directory()?;
    let path = beneath::beneath(&all, Path::new(&request.agent))?;
    let intent = Intent::of(&all, &request.agent);
    let mut start = start;
    if let Some(branch) = intent.read()? {
        worktree::undo(repository, &request.agent, &path, &branch)?;
        intent.forget()?;
        // The branch that was looked up may have been deleted with it.
        start = None;
    }
    let mut found = worktree::find(repository, &path)?;
    if matches!(found, Found::Other) && path.join(".git").is_file() {
        worktree::repair(repository, &path)?;
        found = worktree::find(repository, &path)?;
    }
    let prepared = match found {
        Found::Worktree(worktree) => reuse(request, worktree),
        Found::Other => Err(WorkspaceError::Occupied(path)),
        Found::Nothing => create(workspaces, request, start, &all, &path, &intent),
    }?;
    Ok(guarded(workspaces, repository, request, prepared))
}

/// Installs or removes the commit guard of a worktree, as configured. When that fails, the worktree is usable
/// nevertheless.
fn guarded(workspaces: &Workspaces, repository: &Repository, request: &Request, prepared: Prepared) -> Prepared {
    let Ok(Found::Worktree(worktree)) = worktree::find(repository, &prepared.root) else { return prepared };
    let settled = match workspaces.guard() {
        Some(guard) => guard::install(repository, &worktree, &request.agent, &guard),
        None => guard::remove(&worktree),
    };
    Prepared { unguarded: settled.err(), ..prepared }
}

/// Takes over the worktree of an earlier run unchanged: also on a branch that the agent made itself, or in the middle
/// of a rebase.
fn reuse(request: &Request, worktree: Worktree) -> Result<Prepared, WorkspaceError> {
    let branch = worktree::current_branch(&worktree)?;
    let marker = marker_in(&worktree);
    finished(request, worktree.path, branch, Origin::Reused, marker, Vec::new())
}

fn create(
    workspaces: &Workspaces,
    request: &Request,
    start: Option<&Start>,
    all: &Path,
    path: &Path,
    intent: &Intent,
) -> Result<Prepared, WorkspaceError> {
    let repository = workspaces.repository()?;
    let base = request.base.as_deref();
    let start = match start {
        Some(start) => start.clone(),
        None => repository.starts([request])?.pop().unwrap_or_default(),
    };
    let branch = match (start.branch, start.base) {
        (Some(_), _) => Branch::Existing,
        (None, Some(commit)) => Branch::New(commit),
        (None, None) => return Err(repository.no_base(base)),
    };
    super::delete::finish_earlier(all, &request.agent)?;
    intent.write(&branch)?;
    let made = (|| {
        beneath::create_directory(all, Path::new(&request.agent))?;
        worktree::register(repository, &request.agent, path, &branch)?;
        let Found::Worktree(worktree) = worktree::find(repository, path)? else {
            return Err(WorkspaceError::Occupied(path.to_owned()));
        };
        worktree::populate(repository, path, &request.abandon)?;
        submodules::check_out(repository, path, &request.abandon)?;
        let skipped = copy::into_worktree(workspaces, request, path)?;
        let name = Some(format!("{BRANCH_PREFIX}{}", request.agent));
        finished(request, path.to_owned(), name, Origin::Fresh, marker_in(&worktree), skipped)
    })();
    if made.is_err() {
        worktree::undo(repository, &request.agent, path, &branch)?;
    }
    intent.forget()?;
    made
}

/// Path of the setup marker in git's directory for the worktree, where the agent's own commands do not see it and a
/// removal of the worktree deletes it.
fn marker_in(worktree: &Worktree) -> PathBuf {
    worktree.admin.join("qd-setup-done")
}

/// The time at which setup of the workspace completed; none if there was nothing to set up, or setup did not complete.
pub(super) fn set_up_at(worktree: &Worktree) -> Option<SystemTime> {
    std::fs::metadata(marker_in(worktree)).and_then(|marker| marker.modified()).ok()
}

fn finished(
    request: &Request,
    root: PathBuf,
    branch: Option<String>,
    origin: Origin,
    setup_marker: PathBuf,
    skipped: Vec<PathBuf>,
) -> Result<Prepared, WorkspaceError> {
    let working_directory = beneath::beneath(&root, request.cwd.as_path())?;
    if !working_directory.is_dir() {
        return Err(WorkspaceError::NoWorkingDirectory { cwd: request.cwd.clone(), workspace: root });
    }
    let setup = if setup_marker.exists() { SetupState::Done } else { SetupState::Due };
    Ok(Prepared { root, working_directory, branch, origin, setup, setup_marker, skipped, unguarded: None })
}

/// A file that says that a workspace is being made, and what to undo after a crash. No agent has run in a workspace
/// while this file exists, so everything in it may be deleted.
struct Intent {
    path: PathBuf,
}

impl Intent {
    fn of(all: &Path, agent: &str) -> Intent {
        Intent { path: all.join(format!(".preparing-{agent}")) }
    }

    /// Reads what an earlier attempt was about to make, if that attempt did not complete.
    fn read(&self) -> Result<Option<Branch>, WorkspaceError> {
        match regular::text(&self.path, regular::SMALL_BYTES_MAX) {
            Ok(text) => Ok(Some(match text.trim().strip_prefix("new-branch ") {
                Some(commit) => Branch::New(commit.to_owned()),
                None => Branch::Existing,
            })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("read", &self.path)(error)),
        }
    }

    fn write(&self, branch: &Branch) -> Result<(), WorkspaceError> {
        let text = match branch {
            Branch::New(commit) => format!("new-branch {commit}\n"),
            Branch::Existing => "\n".to_owned(),
        };
        // Written under another name and renamed: half a commit's hash would leave a branch behind.
        let aside = self.path.with_extension("part");
        std::fs::write(&aside, text).map_err(io_error("write", &aside))?;
        std::fs::rename(&aside, &self.path).map_err(io_error("write", &self.path))
    }

    fn forget(&self) -> Result<(), WorkspaceError> {
        std::fs::remove_file(&self.path).map_err(io_error("remove", &self.path))
    }
}
