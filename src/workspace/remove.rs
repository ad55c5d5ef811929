//! Removes a workspace that is proved to hold no work that would be lost, or whose work is parked first. One rename is
//! the moment of the removal: after a crash before it, the whole workspace remains; after a crash behind it, the next
//! [`Workspaces::prepare`] or [`Workspaces::remove`] deletes what remains.

use super::delete::{aside, finish_earlier, not_found_is_fine};
use super::dropped::{self, Kept};
use super::error::{WorkspaceError, io_error};
use super::ignored::Ignored;
use super::lock::lock;
use super::nested::Nested;
use super::proof::{self, Proof, Refusal, RefusedRemoval};
use super::repository::Repository;
use super::request::{BRANCH_PREFIX, Request};
use super::workspaces::Workspaces;
use super::worktree::{self, Found, Worktree};
use super::{beneath, park, setup};
use crate::config::WorkspaceKind;
use std::fmt;
use std::path::{Path, PathBuf};

/// The actions that are allowed in order to remove a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Remove the workspace only if no work is lost.
    Remove,
    /// Save on a ref what would be lost (or, without git, move the directory aside), then remove the workspace.
    Park,
}

/// The report of a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The places in which work of the workspace was saved.
    pub parked: Vec<Parked>,
    /// Dropped commits of the workspace, which are kept for a while.
    pub kept: Option<Kept>,
    /// Ignored files of the workspace that were deleted.
    pub ignored: Gone,
    /// The fate of the agent's branch after the removal.
    pub branch: BranchFate,
}

/// A place in which work is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Uncommitted work, on this ref.
    Ref(String),
    /// All files of the workspace, in this directory.
    Directory(PathBuf),
    /// Files that a commit can't hold, in this directory: ignored files, and nested repositories.
    Aside(PathBuf),
}

/// Ignored files that were deleted with a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Some of the deleted files and directories that git ignores.
    pub named: Vec<PathBuf>,
    /// The number of deleted files that git ignores, those in directories included.
    pub count: usize,
}

/// The fate of the agent's branch after a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BranchFate {
    /// The agent has no branch.
    #[default]
    None,
    /// The branch stays, because it alone holds its commits.
    Kept(String),
    /// The branch is deleted: another branch, tag or remote contains its commits.
    Deleted(String),
}

impl fmt::Display for Removed {
    /// Writes one line: where work is parked, what was deleted, and the fate of the branch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its workspace is gone")?;
        for parked in &self.parked {
            match parked {
                Parked::Ref(name) => write!(f, "; uncommitted work is saved on {name}")?,
                Parked::Directory(path) => write!(f, "; its files are in {}", path.display())?,
                Parked::Aside(path) => write!(f, "; files that a commit can't hold are saved in {}", path.display())?,
            }
        }
        match &self.kept {
            None => {}
            Some(Kept { name, count: 1 }) => write!(f, "; a commit that no branch holds is on {name}")?,
            Some(Kept { name, count }) => write!(f, "; {count} commits that no branch holds are on {name}")?,
        }
        match &self.ignored {
            Gone { count: 0, .. } => {}
            Gone { named, count: 1 } => write!(f, "; 1 ignored file was deleted ({})", proof::list(named, 1))?,
            Gone { named, count } => {
                write!(f, "; {count} ignored files were deleted ({})", proof::list(named, named.len()))?;
            }
        }
        match &self.branch {
            BranchFate::None => Ok(()),
            BranchFate::Kept(name) => {
                write!(f, "; branch {name} stays, because no other branch, tag or remote holds its commits")
            }
            BranchFate::Deleted(name) => {
                write!(f, "; branch {name} is deleted too, because another branch, tag or remote holds its commits")
            }
        }
    }
}

/// The reason why a workspace was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The removal would lose work. Nothing has changed.
    #[error(transparent)]
    Refused(#[from] RefusedRemoval),
    /// An operation of the removal failed.
    #[error(transparent)]
    Failed(#[from] WorkspaceError),
}

pub(super) fn remove(workspaces: &Workspaces, request: &Request, fate: Fate) -> Result<Removed, RemoveError> {
    let all = workspaces.directory()?;
    finish_earlier(&all, &request.agent)?;
    let path = beneath::beneath(&all, Path::new(&request.agent)).map_err(WorkspaceError::from)?;
    match request.kind {
        WorkspaceKind::Shared => Ok(Removed::default()),
        WorkspaceKind::Directory => directory(request, &all, &path, fate),
        WorkspaceKind::Worktree => linked(workspaces, request, &all, &path, fate),
    }
}

fn linked(
    workspaces: &Workspaces,
    request: &Request,
    all: &Path,
    path: &Path,
    fate: Fate,
) -> Result<Removed, RemoveError> {
    let repository = workspaces.repository()?;
    let mut removed = match worktree::find(repository, path)? {
        Found::Nothing => {
            std::fs::remove_dir(path).or_else(not_found_is_fine).map_err(io_error("remove", path))?;
            let log = dropped::log_of_branch(repository, &request.agent);
            let goes = proof::superfluous_branch(repository, &request.agent, path, &[])?.is_some();
            let kept = if goes { dropped::keep(repository, &request.agent, &log)? } else { None };
            Removed { kept, ..Removed::default() }
        }
        Found::Other => return refuse(request, path, vec![Refusal::NotOurs]),
        Found::Worktree(worktree) => {
            let Proof { reasons, ignored, nested } = proof::proof(workspaces, request, &worktree)?;
            let ignored_gone = gone(&ignored, path);
            let parked = clear(reasons, request, path, fate, || {
                let name = park::park(repository, &request.agent, &worktree, &nested)?;
                let aside = set_aside(request, all, &worktree, &ignored, &nested)?;
                Ok([Parked::Ref(name)].into_iter().chain(aside.map(Parked::Aside)).collect())
            })?;
            let kept = dropped::keep(repository, &request.agent, &dropped::log_of(&worktree))?;
            move_aside(request, all, &worktree.path)?;
            check_moved(request, all, &worktree)?;
            Removed { parked, kept, ignored: ignored_gone, branch: BranchFate::None }
        }
    };
    removed.branch = {
        let _lock = lock(&repository.common).map_err(RemoveError::from)?;
        worktree::unregister(repository, path)?;
        settle_branch(repository, request, path)?
    };
    finish_earlier(all, &request.agent)?;
    Ok(removed)
}

/// Lists the ignored files that are deleted with a worktree.
pub(super) fn gone(ignored: &Ignored, path: &Path) -> Gone {
    let named = ignored.directories.iter().chain(&ignored.files).take(proof::LISTED_MAX).cloned().collect();
    Gone { named, count: ignored.count(path) }
}

/// Moves files that a commit can't hold to another directory. Returns that directory; none when there are no such
/// files.
fn set_aside(
    request: &Request,
    all: &Path,
    worktree: &Worktree,
    ignored: &Ignored,
    nested: &[Nested],
) -> Result<Option<PathBuf>, WorkspaceError> {
    let within = nested.iter().filter_map(|nested| nested.path().strip_prefix(&worktree.path).ok());
    let paths: Vec<PathBuf> = within.map(Path::to_owned).chain(ignored.precious.iter().cloned()).collect();
    if paths.is_empty() {
        return Ok(None);
    }
    let aside = parking_place(all, &request.agent)?;
    park::move_aside(&worktree.path, &paths, &aside)?;
    Ok(Some(aside))
}

/// The path at which files are parked: a new name below the workspaces.
fn parking_place(all: &Path, agent: &str) -> Result<PathBuf, WorkspaceError> {
    Ok(beneath::create_directory(all, Path::new(".parked"))?.join(format!("{agent}-{}", park::timestamp())))
}

/// Removes a plain directory. It has no other copy, so it is removed only when it is empty, or moved aside.
fn directory(request: &Request, all: &Path, path: &Path, fate: Fate) -> Result<Removed, RemoveError> {
    let parked = clear(proof::of_directory(path)?, request, path, fate, || {
        let parked = parking_place(all, &request.agent)?;
        std::fs::rename(path, &parked).map_err(io_error("move", path))?;
        Ok(vec![Parked::Directory(parked)])
    })?;
    std::fs::remove_dir(path).or_else(not_found_is_fine).map_err(io_error("remove", path))?;
    let marker = setup::marker(all, &request.agent);
    std::fs::remove_file(&marker).or_else(not_found_is_fine).map_err(io_error("remove", &marker))?;
    Ok(Removed { parked, ..Removed::default() })
}

/// Continues if there are no reasons against the removal; parks if that is wanted and answers all of them; refuses
/// otherwise.
fn clear(
    reasons: Vec<Refusal>,
    request: &Request,
    path: &Path,
    fate: Fate,
    park: impl FnOnce() -> Result<Vec<Parked>, WorkspaceError>,
) -> Result<Vec<Parked>, RemoveError> {
    match fate {
        _ if reasons.is_empty() => Ok(Vec::new()),
        Fate::Park if reasons.iter().all(Refusal::is_parkable) => Ok(park()?),
        _ => refuse(request, path, reasons),
    }
}

pub(super) fn refuse<T>(request: &Request, path: &Path, reasons: Vec<Refusal>) -> Result<T, RemoveError> {
    Err(RefusedRemoval { agent: request.agent.clone(), path: path.to_owned(), reasons }.into())
}

/// Renames the workspace. From then on it no longer exists under its name.
fn move_aside(request: &Request, all: &Path, path: &Path) -> Result<(), RemoveError> {
    std::fs::rename(path, aside(all, &request.agent)).map_err(io_error("move", path)).map_err(RemoveError::from)
}

/// Checks for a process that entered between the proof and the rename. If there is one, everything is moved back.
fn check_moved(request: &Request, all: &Path, worktree: &Worktree) -> Result<(), RemoveError> {
    let moved = aside(all, &request.agent);
    let Some(occupied) = proof::live_processes(&moved) else { return Ok(()) };
    std::fs::rename(&moved, &worktree.path).map_err(io_error("move back", &moved)).map_err(RemoveError::from)?;
    refuse(request, &worktree.path, vec![occupied])
}

/// Deletes the agent's branch if another ref contains it. The repository's lock must be held.
fn settle_branch(repository: &Repository, request: &Request, path: &Path) -> Result<BranchFate, WorkspaceError> {
    let name = format!("{BRANCH_PREFIX}{}", request.agent);
    match proof::superfluous_branch(repository, &request.agent, path, &[])? {
        Some(commit) => {
            worktree::delete_branch(repository, &request.agent, &commit)?;
            Ok(BranchFate::Deleted(name))
        }
        None if repository.branch_commit(&request.agent)?.is_some() => Ok(BranchFate::Kept(name)),
        None => Ok(BranchFate::None),
    }
}
