//! Why a workspace can't be made, or dealt with.

use super::beneath::Escape;
use crate::config::values::RelativePath;
use std::fmt;
use std::path::{Path, PathBuf};

/// A branch in the way of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The branch that is there.
    pub there: String,
    /// The branch, or the branches, that can't be made.
    pub wanted: String,
}

impl InTheWay {
    /// What is wrong.
    pub fn why(&self) -> String {
        let InTheWay { there, wanted } = self;
        format!("the branch {there} is in the way of {wanted}: git can hold no branch beneath another")
    }

    /// What to do about it.
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
    #[error("can't {doing}: {message}{}", advice(message))]
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
pub(super) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WorkspaceError + use<> {
    let path = path.to_owned();
    move |source| WorkspaceError::Io { doing, path, source }
}

/// What to do about what git says most often when it refuses; it begins with a colon. Empty where git says it itself, or
/// nothing is known.
fn advice(message: &str) -> &'static str {
    const KNOWN: [(&str, &str); 7] = [
        ("is already checked out at", ": give the branch free there with `git switch`, or remove that worktree"),
        ("is already used by worktree", ": give the branch free there with `git switch`, or remove that worktree"),
        (".lock': File exists", ": another git is at work there; if none is, delete that file"),
        ("No space left on device", ": free some space; `qd clean` removes workspaces that nobody needs"),
        ("Read-only file system", ": the repository's disk can't be written to"),
        ("ermission denied", ": see that the repository and its .git are yours to write"),
        ("bad object", ": the repository is damaged; `git fsck` says where"),
    ];
    KNOWN.iter().find(|(said, _)| message.contains(said)).map_or("", |(_, advice)| advice)
}
