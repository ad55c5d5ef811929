//! What an agent has left uncommitted, committed to its branch for it.
//!
//! ```text
//!  status ─► may all of it be committed here? ─► may these files be changed? ─► index ─► commit
//! ```
//!
//! No hook runs, neither the user's nor one that an agent put there; whoever asks says with `allowed` what the commit
//! guard would have said. A refusal changes nothing.

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

/// A git of the agent's own holds its index for some milliseconds; one that holds it for longer may never let go.
const LOCK_PAUSES_MS: [u64; 4] = [20, 80, 200, 400];

/// How work is to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitOrder {
    /// Whose work it is.
    pub author_name: String,
    /// The author's address.
    pub author_email: String,
    /// The whole message.
    pub message: String,
}

impl CommitOrder {
    /// The agent is the author, under the name that its own commits have where its configuration gives it one. Without a
    /// message it is work in progress.
    pub fn of(agent: &AgentConfig, message: Option<String>) -> CommitOrder {
        let set = |name: &str| agent.environment.set.get(name).filter(|value| !value.trim().is_empty()).cloned();
        CommitOrder {
            author_name: set("GIT_AUTHOR_NAME").unwrap_or_else(|| agent.name.clone()),
            author_email: set("GIT_AUTHOR_EMAIL").unwrap_or_else(|| format!("{}@localhost", agent.name)),
            message: message.unwrap_or_else(|| format!("{}: work in progress", agent.name)),
        }
    }

    /// The message's first line.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The commit.
    pub commit: String,
    /// The branch that it is on.
    pub branch: String,
    /// The files that it changes.
    pub files: Vec<PathBuf>,
    /// Repositories within the worktree, of which nothing is committed.
    pub nested: Vec<PathBuf>,
}

/// Why work is not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The agent has no worktree of its own.
    #[error("{0}")]
    NoWorktree(&'static str),
    /// Everything is committed.
    #[error("there is nothing to commit")]
    Nothing,
    /// All there is lies in repositories of their own.
    #[error("there is nothing to commit but what lies in {}, a repository of its own", .0.display())]
    OnlyNested(PathBuf),
    /// A merge, rebase or the like is under way.
    #[error("a {operation} is in progress")]
    InProgress {
        /// What.
        operation: &'static str,
    },
    /// A merge has left a file for somebody to settle.
    #[error("{} has changes of both sides of a merge, which nobody has settled", .0.display())]
    Unmerged(PathBuf),
    /// HEAD is elsewhere.
    #[error("its worktree is on {}, not on {expected}", actual.as_deref().unwrap_or("no branch (a detached HEAD)"))]
    OtherBranch {
        /// Where it is; none: detached.
        actual: Option<String>,
        /// Where its work belongs.
        expected: String,
    },
    /// Another git is at work there, or died at it.
    #[error("another git is at work there, or died at it: {} is held", .0.display())]
    Locked(PathBuf),
    /// A file goes through a filter that is not run here.
    #[error(
        "{} goes through the filter `{filter}`, which the repository's own settings name; qd runs no program that an \\
         agent may have put there", path.display()
    )]
    Filtered {
        /// The first such file.
        path: PathBuf,
        /// The filter.
        filter: String,
    },
    /// Whoever asks has found a reason against these files.
    #[error("{0}")]
    NotAllowed(String),
    /// Something failed.
    #[error(transparent)]
    Failed(#[from] WorkspaceError),
}

impl Workspaces {
    /// Commits what an agent has left uncommitted in its own worktree, to its branch. `allowed` hears which files that
    /// changes, and may have a reason against it.
    ///
    /// # Errors
    /// Why not; nothing has changed then, but for files that may be staged.
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

/// Takes everything that differs from HEAD into the index, but for repositories of their own. Returns both.
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
    // What differs in its time alone is no change.
    let staged = ["diff-index", "--cached", "--name-only", "--no-renames", "-z", "HEAD", "--"];
    let staged = within.git.run("see what is to be committed", staged)?;
    let files: Vec<PathBuf> = git::records(&staged).map(|path| git::as_path(path).to_owned()).collect();
    if files.is_empty() { Err(CommitError::Nothing) } else { Ok((files, nested)) }
}

/// Takes files into the index: those, as they are now, and nothing else.
pub(super) fn take_in(within: &Within, worktree: &Worktree, paths: &[PathBuf]) -> Result<(), CommitError> {
    if let Some((path, filter)) = within.filtered(paths)? {
        return Err(CommitError::Filtered { path, filter });
    }
    // Paths and not patterns, one by one: submodules are not entered.
    let arguments = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
    let input = listed(paths);
    unlocked(worktree, || within.git.run_with_input("take in what is to be committed", arguments, &input)).map(drop)
}

/// Commits the index. Returns the commit.
pub(super) fn commit_staged(git: &Git, worktree: &Worktree, message: &str) -> Result<String, CommitError> {
    let arguments = ["commit", "--quiet", "--no-verify", "--cleanup=whitespace", "--message", message];
    unlocked(worktree, || git.run("commit what is left", arguments))?;
    Ok(git::line(&git.run("read HEAD", ["rev-parse", "HEAD"])?))
}

/// Does what needs the index, and waits a little for a git that holds it.
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
    /// The same as a failure of something larger.
    pub(super) fn into_workspace_error(self, doing: &str) -> WorkspaceError {
        match self {
            CommitError::Failed(error) => error,
            refused => WorkspaceError::Git { doing: doing.to_owned(), message: refused.to_string() },
        }
    }

    /// Whether it is a refusal, and no failure.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, CommitError::Failed(_))
    }

    /// What to do about it, for people; `path` is the worktree.
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
