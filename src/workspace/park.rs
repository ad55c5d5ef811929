//! Parking: what is uncommitted becomes a commit on a ref of its own, `refs/qd/parked/<agent>/<time>`. The worktree's
//! index, its branch and everybody else's are not touched. `git show`, `git switch -c NAME <ref>` bring it back.

use super::commit::{CommitError, stage};
use super::repository::Repository;
use super::unflagged::Unflagged;
use super::worktree::Worktree;
use super::{WorkspaceError, git};

/// Commits everything in a worktree (tracked changes and untracked files, not ignored ones) onto a parking ref, with
/// HEAD as its parent. Returns the ref's name.
pub(super) fn park(repository: &Repository, agent: &str, worktree: &Worktree) -> Result<String, WorkspaceError> {
    let Unflagged { within, .. } = &Unflagged::of(repository, worktree)?;
    match stage(within, worktree, |_| Ok(())) {
        Ok(_) | Err(CommitError::Nothing) => {}
        Err(error) => return Err(error.into_workspace_error("collect what to park")),
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

/// Now, to the millisecond, fit for a ref and a file name: `20261120T050607.123Z`.
pub(super) fn timestamp() -> String {
    jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S.%3fZ").to_string()
}
