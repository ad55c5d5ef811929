//! The errors of making, removing and reading a workspace.

use super::beneath::Escape;
use crate::config::values::RelativePath;
use std::fmt;
use std::path::{Path, PathBuf};

/// A branch whose name keeps git from making an agent's branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The existing branch whose name prevents the agent's branch.
    pub there: String,
    /// The branch, or the branches, that can't be made while the other exists.
    pub wanted: String,
}

impl InTheWay {
    /// Says in words which branch prevents which.
    pub fn why(&self) -> String {
        let InTheWay { there, wanted } = self;
        format!("the branch {there} is in the way of {wanted}: git allows no branch below another")
    }

    /// Returns a hint for people on how to rename the branch.
    pub fn advice(&self) -> String {
        let InTheWay { there, .. } = self;
        format!("give it another name: `git branch -m {there} {}`", format!("{there}-branch").replace('/', "-"))
    }
}

impl fmt::Display for InTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.why(), self.advice())
    }
}

impl std::error::Error for InTheWay {}

/// The reason why a workspace could not be made, removed or read.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// A worktree was asked for outside a git repository.
    #[error("{0} is not in a git repository: run `git init` there, or use workspace = \"directory\"")]
    NotARepository(PathBuf),
    /// The repository is bare: it has no files.
    #[error(
        "{0} is a bare repository, which has no files to work on: put agents.toml into one of its worktrees (`git worktree add`)"
    )]
    Bare(PathBuf),
    /// The repository has no commit yet.
    #[error(
        "the repository has no commit yet, so there is nothing to branch from: run `git commit --allow-empty -m \"first commit\"`"
    )]
    NoCommit,
    /// The configured base is not a commit of this repository.
    #[error("`base = \"{0}\"` names no branch or commit of this repository: see `git branch --all`")]
    UnknownBase(String),
    /// The place of the agent's workspace holds something else.
    #[error("{0} is not empty and is not a worktree of this repository: move it away")]
    Occupied(PathBuf),
    /// Two lines of work can't be merged.
    #[error("{theirs} does not merge with {ours}: both change {}", names(files))]
    Conflict {
        /// Name of the line of work that was merged before.
        ours: String,
        /// Name of the line of work that conflicts with the earlier ones.
        theirs: String,
        /// The files that both lines of work change; never empty.
        files: Vec<PathBuf>,
    },
    /// A path leads out of its root.
    #[error(transparent)]
    Escape(#[from] Escape),
    /// The configured working directory does not exist.
    #[error("`cwd = \"{cwd}\"` is not a directory in the workspace {workspace}")]
    NoWorkingDirectory {
        /// The working directory, as it is configured.
        cwd: RelativePath,
        /// The root of the workspace that lacks the directory.
        workspace: PathBuf,
    },
    /// A branch of the user keeps git from making an agent's branch.
    #[error(transparent)]
    BranchInTheWay(#[from] InTheWay),
    /// The work was abandoned: its outcome is no longer wanted.
    #[error("the workspace is no longer wanted")]
    Abandoned,
    /// git refused an operation.
    #[error("can't {doing}: {message}{}", advice(message))]
    Git {
        /// The operation that git was asked to do.
        doing: String,
        /// The error message that git printed.
        message: String,
    },
    /// The system refused an operation on files.
    #[error("can't {doing} {}: {source}", path.display())]
    Io {
        /// The operation on files that failed.
        doing: &'static str,
        /// Path of the file or directory of the failed operation.
        path: PathBuf,
        /// The error that the system gave.
        source: std::io::Error,
    },
}

/// Names a few of many files, in one line.
fn names(files: &[PathBuf]) -> String {
    /// The most files that an error names. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 10;
    let mut names: Vec<String> = files.iter().take(NAMED_MAX).map(|file| file.display().to_string()).collect();
    if files.len() > NAMED_MAX {
        names.push(format!("and {} more", files.len() - NAMED_MAX));
    }
    names.join(", ")
}

/// Returns a function that turns an I/O error into a [`WorkspaceError`], with the operation and the path.
pub(super) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WorkspaceError + use<> {
    let path = path.to_owned();
    move |source| WorkspaceError::Io { doing, path, source }
}

/// Returns a hint on the most common refusals of git; it begins with a colon. Empty where git's message has the advice
/// itself, or none is known.
fn advice(message: &str) -> &'static str {
    const KNOWN: [(&str, &str); 7] = [
        ("is already checked out at", ": switch that worktree to another branch with `git switch`, or remove it"),
        ("is already used by worktree", ": switch that worktree to another branch with `git switch`, or remove it"),
        (".lock': File exists", ": another git is running there; if none is, delete that file"),
        ("No space left on device", ": free some space; `qd clean` removes workspaces that are no longer needed"),
        ("Read-only file system", ": the repository's disk can't be written to"),
        ("ermission denied", ": make sure that you may write to the repository and its .git"),
        ("bad object", ": the repository is damaged; `git fsck` says where"),
    ];
    KNOWN.iter().find(|(said, _)| message.contains(said)).map_or("", |(_, advice)| advice)
}
