//! Making a workspace, or finding it made.

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
    /// Its root, absolute.
    pub root: PathBuf,
    /// Where the agent starts: exists, beneath the root.
    pub working_directory: PathBuf,
    /// The branch it is on; none without git, or when the agent detached HEAD.
    pub branch: Option<String>,
    /// Whether it was made just now.
    pub origin: Origin,
    /// Whether the setup commands have run to their end in it.
    pub setup: SetupState,
    /// The file that says so: see [`super::with_setup`].
    pub setup_marker: PathBuf,
    /// Files that were to be copied and were not, because a symlink on their way leads out of the repository or they
    /// are no regular files.
    pub skipped: Vec<PathBuf>,
    /// Why its commit guard could not be put in, or taken out, as it should have been.
    pub unguarded: Option<String>,
}

/// Whether a workspace was made just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made just now.
    Fresh,
    /// Found as an earlier run left it.
    Reused,
}

/// Whether setup has completed in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupState {
    /// Never, or it did not get to its end.
    Due,
    /// Yes.
    Done,
}

/// Makes a workspace, or finds it made. `start` is what has been looked up already.
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

/// The repository itself, or the fleet's directory where there is none.
fn shared(workspaces: &Workspaces, request: &Request) -> Result<Prepared, WorkspaceError> {
    let root = workspaces.shared_root()?;
    let marker = marker(&workspaces.directory()?, &request.agent);
    finished(request, root, None, Origin::Reused, marker, Vec::new())
}

/// A plain directory of the agent's own.
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
        // mkdir(2) makes it whole or not at all, so there is nothing that a crash could leave to be undone.
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

/// A git worktree on the agent's own branch.
fn linked(workspaces: &Workspaces, request: &Request, start: Option<&Start>) -> Result<Prepared, WorkspaceError> {
    let repository = workspaces.repository()?;
    let all = workspaces.directory()?;
    let path = beneath::beneath(&all, Path::new(&request.agent))?;
    let intent = Intent::of(&all, &request.agent);
    let mut start = start;
    if let Some(branch) = intent.read()? {
        worktree::undo(repository, &request.agent, &path, &branch)?;
        intent.forget()?;
        // The branch that was looked up may be gone with it.
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

/// A worktree with its commit guard, or without one, as it should be. It is as good to work in when that fails.
fn guarded(workspaces: &Workspaces, repository: &Repository, request: &Request, prepared: Prepared) -> Prepared {
    let Ok(Found::Worktree(worktree)) = worktree::find(repository, &prepared.root) else { return prepared };
    let settled = match workspaces.guard() {
        Some(guard) => guard::install(repository, &worktree, &request.agent, &guard),
        None => guard::remove(&worktree),
    };
    Prepared { unguarded: settled.err(), ..prepared }
}

/// A worktree as an earlier run left it: also on a branch that the agent made itself, or in the middle of a rebase.
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

/// In git's directory for the worktree, where the agent's own commands do not see it and removal takes it along.
fn marker_in(worktree: &Worktree) -> PathBuf {
    worktree.admin.join("qd-setup-done")
}

/// When the workspace was set up; none if nothing was to be set up, or nobody came to its end.
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

/// Says on disk that a workspace is being made, and what to undo if we do not come back. No agent has run in a
/// workspace while this file exists, so all of it is ours to delete.
struct Intent {
    path: PathBuf,
}

impl Intent {
    fn of(all: &Path, agent: &str) -> Intent {
        Intent { path: all.join(format!(".preparing-{agent}")) }
    }

    /// What an earlier attempt was about to make, if it did not come to its end.
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
        // Written aside and renamed: a half-written commit name would leave a branch behind.
        let aside = self.path.with_extension("part");
        std::fs::write(&aside, text).map_err(io_error("write", &aside))?;
        std::fs::rename(&aside, &self.path).map_err(io_error("write", &self.path))
    }

    fn forget(&self) -> Result<(), WorkspaceError> {
        std::fs::remove_file(&self.path).map_err(io_error("remove", &self.path))
    }
}
