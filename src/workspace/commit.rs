//! Commits an agent's uncommitted work to the agent's branch, for the agent.
//!
//! ```text
//!  status ─► may all of it be committed here? ─► may these files be changed? ─► index ─► commit
//! ```
//!
//! No hook runs, neither the user's nor one that an agent put there; instead, the caller's function `allowed` checks
//! the locks as the commit guard would. A refusal changes nothing.

use super::error::WorkspaceError;
use super::git::{self, Git};
use super::proof;
use super::request::Request;
use super::within::{Within, index_lock, listed};
use super::work::{self, ChangeKind, Status};
use super::workspaces::Workspaces;
use super::worktree::{self, Worktree};
use crate::config::{AgentConfig, WorkspaceKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The pauses between attempts to lock the index. The agent's own git holds the lock for some milliseconds; one that
/// holds it for longer may never release it.
const LOCK_PAUSES_MS: [u64; 4] = [20, 80, 200, 400];

/// The author and the message of a commit that is made for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOrder {
    /// The name of the commit's author.
    pub author_name: String,
    /// The email address of the commit's author.
    pub author_email: String,
    /// The whole message of the commit.
    pub message: String,
}

impl CommitOrder {
    /// Makes an order with the agent as the author, under the name that its own commits have if its configuration gives
    /// one. Without a message, the commit is called work in progress.
    pub fn of(agent: &AgentConfig, message: Option<String>) -> CommitOrder {
        let set = |name: &str| agent.environment.set.get(name).filter(|value| !value.trim().is_empty()).cloned();
        CommitOrder {
            author_name: set("GIT_AUTHOR_NAME").unwrap_or_else(|| agent.name.clone()),
            author_email: set("GIT_AUTHOR_EMAIL").unwrap_or_else(|| format!("{}@localhost", agent.name)),
            message: message.unwrap_or_else(|| format!("{}: work in progress", agent.name)),
        }
    }

    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// A commit that was made for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The hash of the commit that was made.
    pub commit: String,
    /// The branch that the new commit is on.
    pub branch: String,
    /// The files that the new commit changes.
    pub files: Vec<PathBuf>,
    /// Repositories within the worktree, of which nothing is committed.
    pub nested: Vec<PathBuf>,
}

/// The reason why work is not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The agent has no worktree of its own.
    #[error("{0}")]
    NoWorktree(&'static str),
    /// There is nothing to commit.
    #[error("there is nothing to commit")]
    Nothing,
    /// All uncommitted work is in nested repositories.
    #[error("all uncommitted files are in {}, which is a repository of its own", .0.display())]
    OnlyNested(PathBuf),
    /// A merge, rebase or the like is under way.
    #[error("a {operation} is in progress")]
    InProgress {
        /// The git operation that prevents the commit.
        operation: &'static str,
    },
    /// A merge has a conflict in this file, which is not resolved.
    #[error("{} has a merge conflict that is not resolved", .0.display())]
    Unmerged(PathBuf),
    /// HEAD is not on the agent's branch.
    #[error("its worktree is on {}, not on {expected}", actual.as_deref().unwrap_or("no branch (a detached HEAD)"))]
    OtherBranch {
        /// The branch that HEAD is on; none if it is detached.
        actual: Option<String>,
        /// The branch that the agent's work belongs to.
        expected: String,
    },
    /// Another git holds the lock of the index, or died while it did.
    #[error("another git is running there, or was interrupted: {} exists", .0.display())]
    Locked(PathBuf),
    /// A file goes through a filter that is not run here.
    #[error(
        "{} goes through the filter `{filter}`, which the repository's own settings name; qd runs no program that an \\
         agent may have put there", path.display()
    )]
    Filtered {
        /// Path of the first file that goes through the filter.
        path: PathBuf,
        /// The name of the filter that is not run.
        filter: String,
    },
    /// The caller has a reason against a change of these files.
    #[error("{0}")]
    NotAllowed(String),
    /// An operation on the workspace failed.
    #[error(transparent)]
    Failed(#[from] WorkspaceError),
}

impl Workspaces {
    /// Commits the uncommitted work in an agent's own worktree to its branch. `allowed` gets the list of changed files,
    /// and may return a reason against the commit.
    ///
    /// # Errors
    /// The reason why work is not committed; nothing has changed then, except that files may be staged.
    pub fn commit(
        &self,
        request: &Request,
        order: &CommitOrder,
        allowed: impl FnOnce(&[PathBuf]) -> Result<(), String>,
    ) -> Result<Committed, CommitError> {
        let worktree = match (request.kind, self.own_worktree(request)?) {
            (WorkspaceKind::Shared, _) => {
                return Err(CommitError::NoWorktree("it works in the repository itself, whose files are yours too"));
            }
            (WorkspaceKind::Directory, _) => {
                return Err(CommitError::NoWorktree("it works in a plain directory, without git"));
            }
            (WorkspaceKind::Worktree, None) => return Err(CommitError::NoWorktree("it has no worktree yet")),
            (WorkspaceKind::Worktree, Some(worktree)) => worktree,
        };
        let expected = work::branch_of(request);
        let actual = worktree::current_branch(&worktree)?;
        if actual.as_deref() != Some(&expected) {
            return Err(CommitError::OtherBranch { actual, expected });
        }
        let within = Within::of(self.repository()?, &worktree)?;
        let (files, nested) = stage(&within, &worktree, allowed)?;
        let git = within
            .git
            .with_identity()?
            .environment("GIT_AUTHOR_NAME", &order.author_name)
            .environment("GIT_AUTHOR_EMAIL", &order.author_email);
        let commit = commit_staged(&git, &worktree, &order.message)?;
        Ok(Committed { commit, branch: expected, files, nested })
    }
}

/// Stages everything that differs from HEAD, except nested repositories. Returns both lists.
pub(super) fn stage(
    within: &Within,
    worktree: &Worktree,
    allowed: impl FnOnce(&[PathBuf]) -> Result<(), String>,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), CommitError> {
    if let Some(operation) = proof::operation_in_progress(worktree) {
        return Err(CommitError::InProgress { operation });
    }
    let Status { changes, nested, .. } = work::status(&within.git)?;
    if let Some(change) = changes.iter().find(|change| change.kind == ChangeKind::Unmerged) {
        return Err(CommitError::Unmerged(change.path.clone()));
    }
    let paths: Vec<PathBuf> = changes.into_iter().map(|change| change.path).collect();
    match (paths.is_empty(), nested.first()) {
        (true, Some(nested)) => return Err(CommitError::OnlyNested(nested.clone())),
        (true, None) => return Err(CommitError::Nothing),
        (false, _) => {}
    }
    allowed(&paths).map_err(CommitError::NotAllowed)?;
    take_in(within, worktree, &paths)?;
    // A file of which only the time differs is not changed.
    let staged = ["diff-index", "--cached", "--name-only", "--no-renames", "-z", "HEAD", "--"];
    let staged = within.git.run("list the changes to commit", staged)?;
    let files: Vec<PathBuf> = git::records(&staged).map(|path| git::as_path(path).to_owned()).collect();
    if files.is_empty() { Err(CommitError::Nothing) } else { Ok((files, nested)) }
}

/// Stages these files as they are now, and no others.
pub(super) fn take_in(within: &Within, worktree: &Worktree, paths: &[PathBuf]) -> Result<(), CommitError> {
    if let Some((path, filter)) = within.filtered(paths)? {
        return Err(CommitError::Filtered { path, filter });
    }
    // Takes paths, not patterns, one by one: submodules are not entered.
    let arguments = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
    let input = listed(paths);
    unlocked(worktree, || within.git.run_with_input("stage the changes", arguments, &input)).map(drop)
}

/// Commits the index, and returns the hash of the commit.
pub(super) fn commit_staged(git: &Git, worktree: &Worktree, message: &str) -> Result<String, CommitError> {
    let arguments = ["commit", "--quiet", "--no-verify", "--cleanup=whitespace", "--message", message];
    unlocked(worktree, || git.run("commit the remaining changes", arguments))?;
    Ok(git::line(&git.run("read HEAD", ["rev-parse", "HEAD"])?))
}

/// Runs an operation that needs the index's lock, and waits a little when another git holds it.
fn unlocked<T>(worktree: &Worktree, mut attempt: impl FnMut() -> Result<T, WorkspaceError>) -> Result<T, CommitError> {
    for pause_ms in LOCK_PAUSES_MS {
        match attempt() {
            Err(error) if is_held(&error) => std::thread::sleep(Duration::from_millis(pause_ms)),
            result => return result.map_err(CommitError::from),
        }
    }
    attempt().map_err(|error| match index_lock(worktree) {
        Some(lock) if is_held(&error) => CommitError::Locked(lock),
        _ => error.into(),
    })
}

fn is_held(error: &WorkspaceError) -> bool {
    matches!(error, WorkspaceError::Git { message, .. } if message.contains("index.lock"))
}

impl CommitError {
    /// Turns this error into the error of a larger operation.
    pub(super) fn into_workspace_error(self, doing: &str) -> WorkspaceError {
        match self {
            CommitError::Failed(error) => error,
            refused => WorkspaceError::Git { doing: doing.to_owned(), message: refused.to_string() },
        }
    }

    /// Whether the error is a refusal, and no failure.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, CommitError::Failed(_))
    }

    /// Returns a hint for people on how to resolve the error; `path` is the worktree.
    pub fn hint(&self, path: &Path) -> Option<String> {
        let git = |words: &str| Some(format!("git -C {} {words}", path.display()));
        match self {
            CommitError::InProgress { .. } | CommitError::Unmerged(_) => {
                git("status   # finish it there, or have the agent do it")
            }
            CommitError::OtherBranch { .. } => git("commit   # commits there by hand"),
            CommitError::Filtered { .. } => {
                git("commit   # runs it; one of your own settings (git config --global) is run here too")
            }
            CommitError::OnlyNested(_) => git("status"),
            CommitError::Locked(lock) => Some(format!("rm {}   # if no git runs there any more", lock.display())),
            CommitError::NoWorktree(_) | CommitError::Nothing | CommitError::NotAllowed(_) | CommitError::Failed(_) => {
                None
            }
        }
    }
}
