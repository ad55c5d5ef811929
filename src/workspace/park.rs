//! Parks work: uncommitted work becomes a commit on a ref of its own, `refs/qd/parked/<agent>/<time>`. The worktree's
//! index, its branch and all other branches stay as they are. `git show` and `git switch -c NAME <ref>` bring the work
//! back. Ignored files, and nested repositories with all of their commits, can't be in a commit: they move to a
//! directory.

use super::commit::{CommitError, stage, take_in};
use super::error::{WorkspaceError, io_error};
use super::git;
use super::nested::Nested;
use super::repository::Repository;
use super::unflagged::Unflagged;
use super::worktree::Worktree;
use std::path::{Path, PathBuf};

/// Commits everything in a worktree onto a parking ref, with HEAD as its parent: tracked changes and untracked files,
/// those of nested repositories included, ignored ones not. Returns the ref's name.
pub(super) fn park(
    repository: &Repository,
    agent: &str,
    worktree: &Worktree,
    nested: &[Nested],
) -> Result<String, WorkspaceError> {
    let Unflagged { within, .. } = &Unflagged::of(repository, worktree)?;
    let failed = |error: CommitError| error.into_workspace_error("collect what to park");
    match stage(within, worktree, |_| Ok(())) {
        Ok(_) | Err(CommitError::Nothing | CommitError::OnlyNested(_)) => {}
        Err(error) => return Err(failed(error)),
    }
    for nested in nested {
        take_in(within, worktree, &nested.files(&worktree.path)?).map_err(failed)?;
    }
    let git = within.git.clone().with_identity()?;
    let tree = git::line(&git.run("write what to park", ["write-tree"])?);
    let head = git::line(&git.run("read HEAD", ["rev-parse", "HEAD"])?);
    let message = format!("parked: the workspace of {agent}");
    let commit = git::line(&git.run("commit what to park", ["commit-tree", &tree, "-p", &head, "-m", &message])?);
    let name = format!("refs/qd/parked/{agent}/{}", timestamp());
    git.run("keep what is parked", ["update-ref", "--create-reflog", &name, &commit, ""])?;
    Ok(name)
}

/// Moves files and directories of a worktree under the same names to `aside`, a directory that it makes.
pub(super) fn move_aside(top: &Path, paths: &[PathBuf], aside: &Path) -> Result<(), WorkspaceError> {
    let goes_along = |path: &PathBuf| paths.iter().any(|other| other != path && path.starts_with(other));
    for path in paths.iter().filter(|path| !goes_along(path)) {
        let to = aside.join(path);
        let directory = to.parent().unwrap_or(aside);
        std::fs::create_dir_all(directory).map_err(io_error("make", directory))?;
        std::fs::rename(top.join(path), &to).map_err(io_error("move", path))?;
    }
    Ok(())
}

/// Returns the present time, to the millisecond, as a text for a ref and a file name: `20261120T050607.123Z`.
pub(super) fn timestamp() -> String {
    jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S.%3fZ").to_string()
}
