//! Finds every reason against removing a workspace. Each rule protects work that would be lost: a removal is allowed
//! only when all of them have been checked and none applies.
//!
//! Among ignored files, those count that nothing can make again (`ignored`). Commits that an agent made and then
//! dropped from its branch are no reason: they are kept on a ref (`dropped`).

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, records};
use super::hashed;
use super::ignored::{Ignored, ignored};
use super::nested::{self, Nested};
use super::processes::{self, Occupant, REPORTED_MAX};
use super::repository::{Repository, branch_ref};
use super::request::{BRANCH_PREFIX, Request};
use super::unflagged::Unflagged;
use super::workspaces::Workspaces;
use super::worktree::Worktree;
use super::{copy, prepare};
use crate::regular;
use crate::regular::walk::{open_top, walk};
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// The most paths that a refusal lists. Beyond it, the rest is counted.
pub(super) const LISTED_MAX: usize = 20;

/// The refusal to remove a workspace, with every reason.
#[derive(Debug)]
pub struct RefusedRemoval {
    /// Name of the agent that the workspace belongs to.
    pub agent: String,
    /// Path of the workspace that is not removed.
    pub path: PathBuf,
    /// Every reason against the removal; never empty.
    pub reasons: Vec<Refusal>,
}

/// A single reason against removing a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Files are changed, staged or untracked. Parking saves them.
    Uncommitted { paths: Vec<PathBuf>, count: usize },
    /// HEAD is on no branch, tag or remote: its commits would be lost. Parking saves them.
    Unreachable { commit: String },
    /// Ignored files that were copied in have been changed. Parking moves them aside.
    ChangedCopies { paths: Vec<PathBuf> },
    /// There are ignored files that exist nowhere else, and that no tool makes again. Parking moves them aside.
    Ignored { paths: Vec<PathBuf>, count: usize },
    /// A merge, rebase, cherry-pick, revert or bisect is in progress.
    InProgress { operation: &'static str },
    /// A submodule has changes or commits that exist nowhere else.
    Submodule { path: PathBuf },
    /// A nested repository has changes, commits or stashes that exist nowhere else. Parking moves it aside.
    Nested { path: PathBuf },
    /// Stashes were made here. They would outlive the workspace, but a person could not tell what they belong to.
    Stashed { count: usize },
    /// Processes are at work in the workspace.
    LiveProcesses { occupants: Vec<Occupant> },
    /// The user has locked the worktree (`git worktree lock`).
    Locked { reason: String },
    /// A plain directory holds files, and without git there is no copy of them. Parking moves it aside.
    NotEmpty { count: usize },
    /// The directory is not a workspace that Quarterdeck made.
    NotOurs,
    /// An agent or a task uses the workspace, or is about to.
    Needed { why: String },
}

impl Refusal {
    /// Whether parking removes the reason.
    pub fn is_parkable(&self) -> bool {
        matches!(
            self,
            Refusal::Uncommitted { .. }
                | Refusal::Unreachable { .. }
                | Refusal::Stashed { .. }
                | Refusal::Nested { .. }
                | Refusal::Ignored { .. }
                | Refusal::ChangedCopies { .. }
                | Refusal::NotEmpty { .. }
        )
    }
}

/// The results of the checks of a worktree before its removal.
pub(super) struct Proof {
    /// Every reason against the removal.
    pub(super) reasons: Vec<Refusal>,
    /// The files of the worktree that git ignores.
    pub(super) ignored: Ignored,
    /// Nested repositories that have work of their own and can be moved.
    pub(super) nested: Vec<Nested>,
}

/// Checks everything that can be a reason against removing a worktree.
pub(super) fn proof(workspaces: &Workspaces, request: &Request, worktree: &Worktree) -> Result<Proof, WorkspaceError> {
    let repository = workspaces.repository()?;
    let unflagged = Unflagged::of(repository, worktree)?;
    let git = &unflagged.within.git;
    let copies = changed_copies(workspaces, request, &worktree.path)?;
    let ignored = ignored(&unflagged.within, &worktree.path, &repository.root, prepare::set_up_at(worktree))?;
    let uncopied = ignored.precious.iter().filter(|path| !copies.contains(path)).cloned().collect();
    let mut reasons = Vec::new();
    reasons.extend(live_processes(&worktree.path));
    reasons.extend(locked(worktree));
    reasons.extend(operation_in_progress(worktree).map(|operation| Refusal::InProgress { operation }));
    reasons.extend(changes(git, &worktree.path)?);
    let nested = with_work(&worktree.path)?;
    reasons.extend(nested.iter().map(|repository| within(&worktree.path, repository.path())));
    reasons.extend(unreachable(git)?);
    reasons.extend(submodule_commits(worktree)?);
    reasons.extend(stashes(repository, &request.agent)?);
    reasons.extend(listed(copies).map(|(paths, _)| Refusal::ChangedCopies { paths }));
    reasons.extend(listed(uncopied).map(|(paths, count)| Refusal::Ignored { paths, count }));
    // A submodule is found three times: as a difference, as a nested repository, and by its own directory.
    let mut told = Vec::new();
    reasons.retain(|reason| !told.contains(reason) && (told.push(reason.clone()), true).1);
    let nested = nested.into_iter().filter(Nested::is_whole).collect();
    Ok(Proof { reasons, ignored, nested })
}

/// Finds the reasons against removing a plain directory.
pub(super) fn of_directory(path: &Path) -> Result<Vec<Refusal>, WorkspaceError> {
    let count = match std::fs::read_dir(path) {
        Ok(entries) => entries.count(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(io_error("read", path)(error)),
    };
    Ok(live_processes(path).into_iter().chain((count > 0).then_some(Refusal::NotEmpty { count })).collect())
}

/// Returns the first of these paths, and how many there are; none when there are none.
fn listed(mut paths: Vec<PathBuf>) -> Option<(Vec<PathBuf>, usize)> {
    let count = paths.len();
    paths.truncate(LISTED_MAX);
    (count > 0).then_some((paths, count))
}

/// Returns the processes at work in a directory, as a reason against its removal.
pub(super) fn live_processes(path: &Path) -> Option<Refusal> {
    let occupants = processes::inside(path);
    (!occupants.is_empty()).then_some(Refusal::LiveProcesses { occupants })
}

fn locked(worktree: &Worktree) -> Option<Refusal> {
    let reason = regular::text(&worktree.admin.join("locked"), regular::SMALL_BYTES_MAX).ok()?;
    Some(Refusal::Locked { reason: reason.trim().to_owned() })
}

/// Returns the operation that git is in the middle of, by the files and directories in which git records it
/// (git-status(1) reads the same).
pub(super) fn operation_in_progress(worktree: &Worktree) -> Option<&'static str> {
    const MARKS: [(&str, &str); 7] = [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("sequencer", "cherry-pick or revert"),
        ("BISECT_LOG", "bisect"),
    ];
    let (_, operation) = MARKS.iter().find(|(mark, _)| worktree.admin.join(mark).exists())?;
    Some(operation)
}

/// Finds changed, staged and untracked files, and submodules at another commit.
fn changes(git: &Git, top: &Path) -> Result<Vec<Refusal>, WorkspaceError> {
    let status =
        ["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=dirty", "--no-renames"];
    let output = git.run("look for changes", status)?;
    let (mut paths, mut submodules) = (Vec::new(), Vec::new());
    for record in records(&output) {
        let field = |number: usize| record.splitn(number + 1, |byte| *byte == b' ').nth(number).unwrap_or_default();
        // git-status(1), porcelain version 2: the path is the last field; `sub` is the third, `S…` for a submodule.
        let path = match record.first() {
            Some(b'1') => field(8),
            Some(b'u') => field(10),
            Some(b'?') => field(1),
            _ => continue,
        };
        let is_submodule = record.first() != Some(&b'?') && field(2).starts_with(b"S");
        // A nested repository that is not a submodule ends in a slash: a commit here would contain none of its files.
        let is_nested = path.ends_with(b"/");
        let path = git::as_path(path.strip_suffix(b"/").unwrap_or(path));
        match is_nested || is_submodule {
            true => submodules.push(within(top, &top.join(path))),
            false => paths.push(path.to_owned()),
        }
    }
    submodules.extend(listed(paths).map(|(paths, count)| Refusal::Uncommitted { paths, count }));
    Ok(submodules)
}

/// Finds nested repositories that have work of their own. Each is asked by itself: a git that enters them from outside
/// would trust their settings.
fn with_work(top: &Path) -> Result<Vec<Nested>, WorkspaceError> {
    let mut found = Vec::new();
    for repository in nested::beneath(top)? {
        if !repository.is_elsewhere(top)? {
            found.push(repository);
        }
    }
    Ok(found)
}

/// Returns the reason that a repository at this path is against the removal.
fn within(top: &Path, repository: &Path) -> Refusal {
    let path = repository.strip_prefix(top).unwrap_or(repository).to_owned();
    match Nested::at(repository).is_some_and(|nested| nested.is_whole()) {
        true => Refusal::Nested { path },
        false => Refusal::Submodule { path },
    }
}

/// Finds a detached HEAD that no branch, tag or remote contains. On a branch, HEAD is safe: branches outlive worktrees.
fn unreachable(git: &Git) -> Result<Option<Refusal>, WorkspaceError> {
    if git.ask(["symbolic-ref", "--quiet", "HEAD"])?.is_some() {
        return Ok(None);
    }
    let commit = git::line(&git.run("read HEAD", ["rev-parse", "HEAD"])?);
    Ok((!is_contained(git, &commit, &[])?).then_some(Refusal::Unreachable { commit }))
}

/// Whether a branch, tag or remote that is not among `except` contains `commit`.
pub(super) fn is_contained(git: &Git, commit: &str, except: &[&str]) -> Result<bool, WorkspaceError> {
    let query =
        ["for-each-ref", "--contains", commit, "--format=%(refname)", "refs/heads", "refs/tags", "refs/remotes"];
    let output = git.run("see which branches contain HEAD", query)?;
    Ok(String::from_utf8_lossy(&output).lines().any(|name| !except.contains(&name)))
}

/// Finds commits of submodules that are on no remote. Submodules keep their commits in the worktree's own git
/// directory, so these would be lost.
fn submodule_commits(worktree: &Worktree) -> Result<Vec<Refusal>, WorkspaceError> {
    let mut found = Vec::new();
    let modules = worktree.admin.join("modules");
    let Ok(opened) = open_top(&modules) else { return Ok(found) };
    walk(opened, |path, content| -> Result<(), WorkspaceError> {
        let Ok(content) = content else { return Ok(()) };
        let is = |names: &[OsString], name: &str| names.iter().any(|each| each == name);
        if is(&content.files, "HEAD") && is(&content.directories, "objects") {
            let directory = modules.join(path);
            let query = ["rev-list", "--max-count=1", "HEAD", "--branches", "--tags", "--not", "--remotes"];
            let git = Git::at(&directory).environment("GIT_DIR", &directory);
            if git.ask(query)?.is_none_or(|commits| !commits.is_empty()) {
                found.push(Refusal::Submodule { path: path.to_owned() });
            }
            content.directories.retain(|name| name == "modules");
        }
        Ok(())
    })?;
    Ok(found)
}

/// Finds stashes whose message names the agent's branch (`WIP on qd/NAME: …`, `On qd/NAME: …`).
fn stashes(repository: &Repository, agent: &str) -> Result<Option<Refusal>, WorkspaceError> {
    let Some(output) = repository.git().ask(["stash", "list", "-z", "--format=%gs"])? else { return Ok(None) };
    let mark = format!("on {BRANCH_PREFIX}{agent}:");
    let made_here = |subject: &[u8]| {
        String::from_utf8_lossy(subject)
            .trim_start_matches("WIP ")
            .to_ascii_lowercase()
            .starts_with(&mark.to_ascii_lowercase())
    };
    let count = records(&output).filter(|subject| made_here(subject)).count();
    Ok((count > 0).then_some(Refusal::Stashed { count }))
}

/// Finds ignored files that were copied in and now differ from their originals.
fn changed_copies(
    workspaces: &Workspaces,
    request: &Request,
    workspace: &Path,
) -> Result<Vec<PathBuf>, WorkspaceError> {
    let repository = workspaces.repository()?;
    let mut copied = copy::included(workspaces, &repository.root)?;
    copied.extend(copy::named(workspaces, &repository.root, &repository.git(), request)?);
    let differs = |path: &PathBuf| {
        let (here, there) = (workspace.join(path), repository.root.join(path));
        here.is_file() && !hashed::same(&here, &there)
    };
    Ok(copied.into_iter().filter(differs).collect())
}

/// Returns the commit of an agent's branch if the branch may be deleted once its worktree (at `path`) is gone: a ref
/// that is not in `gone` must contain the commit, and no other worktree may have the branch checked out. The
/// repository's lock must be held, so that two branches can't vouch for each other and both be deleted.
pub(super) fn superfluous_branch(
    repository: &Repository,
    agent: &str,
    path: &Path,
    gone: &[String],
) -> Result<Option<String>, WorkspaceError> {
    let Some(commit) = repository.branch_commit(agent)? else { return Ok(None) };
    let own = branch_ref(agent);
    if repository.checked_out_at(&own)?.is_some_and(|elsewhere| elsewhere != path) {
        return Ok(None);
    }
    let except: Vec<&str> = gone.iter().map(String::as_str).chain([own.as_str()]).collect();
    Ok(is_contained(&repository.git(), &commit, &except)?.then_some(commit))
}

impl RefusedRemoval {
    /// Whether parking would remove every reason.
    pub fn is_parkable(&self) -> bool {
        self.reasons.iter().all(Refusal::is_parkable)
    }

    /// Returns every reason, in one line.
    pub fn why(&self) -> String {
        self.reasons.iter().map(Refusal::to_string).collect::<Vec<String>>().join("; ")
    }
}

impl fmt::Display for RefusedRemoval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the workspace of {} stays ({}): {}", self.agent, self.path.display(), self.why())?;
        match self.is_parkable() {
            true => write!(f, "; --park saves it first, then removes"),
            false => Ok(()),
        }
    }
}

impl std::error::Error for RefusedRemoval {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Uncommitted { paths, count: 1 } => {
                write!(f, "1 uncommitted or untracked file ({})", list(paths, 1))
            }
            Refusal::Uncommitted { paths, count } => {
                write!(f, "{count} uncommitted or untracked files ({})", list(paths, *count))
            }
            Refusal::Unreachable { commit } => {
                write!(f, "HEAD is detached at {commit}, which no branch, tag or remote contains")
            }
            Refusal::ChangedCopies { paths } => {
                write!(f, "copied files were changed ({})", list(paths, paths.len()))
            }
            Refusal::Ignored { paths, count: 1 } => {
                write!(f, "1 ignored file that git does not save ({})", list(paths, 1))
            }
            Refusal::Ignored { paths, count } => {
                write!(f, "{count} ignored files that git does not save ({})", list(paths, *count))
            }
            Refusal::InProgress { operation } => write!(f, "a {operation} is in progress: finish or abort it"),
            Refusal::Submodule { path } => {
                write!(f, "the submodule {} has work that exists nowhere else: push it", path.display())
            }
            Refusal::Nested { path } => {
                write!(f, "the nested repository {} has work that exists nowhere else", path.display())
            }
            Refusal::Stashed { count: 1 } => write!(f, "a stash was made here: see `git stash list`"),
            Refusal::Stashed { count } => write!(f, "{count} stashes were made here: see `git stash list`"),
            Refusal::LiveProcesses { occupants } => {
                let named = occupants.iter().take(REPORTED_MAX);
                let mut names: Vec<String> =
                    named.map(|occupant| format!("{} {}", occupant.pid, occupant.name)).collect();
                if occupants.len() > REPORTED_MAX {
                    names.push("and more".to_owned());
                }
                write!(f, "processes are at work in it ({}): stop them", names.join(", "))
            }
            Refusal::Locked { reason } if reason.is_empty() => write!(f, "it is locked: `git worktree unlock` it"),
            Refusal::Locked { reason } => write!(f, "it is locked ({reason}): `git worktree unlock` it"),
            Refusal::NotEmpty { count: 1 } => write!(f, "the directory holds 1 entry of which there is no other copy"),
            Refusal::NotEmpty { count } => {
                write!(f, "the directory holds {count} entries of which there is no other copy")
            }
            Refusal::Needed { why } => f.write_str(why),
            Refusal::NotOurs => write!(f, "the directory is not a workspace of this repository: examine it yourself"),
        }
    }
}

pub(super) fn list(paths: &[PathBuf], count: usize) -> String {
    /// The most paths that a sentence names. Beyond it, the list ends with `…` beside their number.
    const NAMED_MAX: usize = 3;
    let mut names: Vec<String> = paths.iter().take(NAMED_MAX).map(|path| path.display().to_string()).collect();
    if count > names.len() {
        names.push("…".to_owned());
    }
    names.join(", ")
}
