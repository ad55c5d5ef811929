//! The workspaces of tasks: finds a free name, makes the merge that a task starts from, and ends the work in one.
//!
//! A task's own workspace is `workspaces/task+NAME` on branch `qd/task+NAME`: no agent's name holds a `+`, so the names
//! never collide with those of agents.

use super::commit::{CommitError, commit_staged, stage};
use super::error::WorkspaceError;
use super::git::{self, Git};
use super::request::{BRANCH_PREFIX, Request};
use super::within::Within;
use super::workspaces::Workspaces;
use super::worktree::{self, Found};
use super::{beneath, merge};
use crate::config::WorkspaceKind;
use crate::regular;
use std::path::Path;

pub use super::merge::Line;

/// The prefix of the names of tasks' own workspaces.
const PREFIX: &str = "task+";

/// The longest part of a task's name that names its workspace, bytes. Beyond it, the name is cut and made unique by a
/// number.
const NAME_BYTES_MAX: usize = 80;

/// The commit and the branch that a workspace is at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The commit; none without git, or where nothing was ever committed.
    pub commit: Option<String>,
    /// The branch; none without git, or on a detached HEAD.
    pub branch: Option<String>,
}

/// The treatment of uncommitted work at the end of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// There was no uncommitted work.
    Nothing,
    /// The work was committed on the task's behalf.
    Committed,
}

/// Whether a workspace of this name is a task's own.
pub fn is_own(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Returns the names that a task's workspace may have, the best first. `attempt` counts from 1.
pub fn names(task_name: &str, number: u64, attempt: u32) -> Vec<String> {
    let fit = |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '-' };
    let mut name: String = task_name.chars().map(fit).take(NAME_BYTES_MAX).collect();
    // A dot is allowed except in the places where git allows none.
    if task_name.is_ascii() && !task_name.contains("..") && !task_name.ends_with('.') && !task_name.contains(".lock") {
        let dotted = |letter: char| if letter == '.' { '.' } else { fit(letter) };
        name = task_name.trim_start_matches('.').chars().map(dotted).take(NAME_BYTES_MAX).collect();
    }
    let name = name.trim_end_matches('.');
    match attempt {
        0 | 1 => {
            vec![format!("{PREFIX}{name}"), format!("{PREFIX}{name}+t{number}"), format!("{PREFIX}{name}+t{number}.1")]
        }
        again => vec![format!("{PREFIX}{name}+t{number}.{again}")],
    }
}

impl Workspaces {
    /// Whether no workspace and no branch of this name exists.
    ///
    /// # Errors
    /// When git can't tell.
    pub fn is_free(&self, name: &str, kind: WorkspaceKind) -> Result<bool, WorkspaceError> {
        let path = beneath::beneath(&self.directory()?, Path::new(name))?;
        let has_branch = match kind {
            WorkspaceKind::Worktree => self.repository()?.branch_commit(name)?.is_some(),
            WorkspaceKind::Directory | WorkspaceKind::Shared => false,
        };
        Ok(!path.exists() && !has_branch)
    }

    /// Whether the fleet is in a git repository.
    pub fn has_repository(&self) -> bool {
        self.repository().is_ok()
    }

    /// Returns one commit that contains all of these lines of work; none without a line. The message of the merge names
    /// `of` as the one that wants it.
    ///
    /// # Errors
    /// [`WorkspaceError::Conflict`] with the files, and any other failure of git. Nothing has changed.
    pub fn merge(&self, lines: &[Line], of: &str) -> Result<Option<String>, WorkspaceError> {
        merge::merge(self, lines, of)
    }

    /// Returns the commit and the branch that a workspace is at. Reads git's files, and runs git only where they do not
    /// tell.
    pub fn head(&self, root: &Path) -> Head {
        let Ok(repository) = self.repository() else { return Head::default() };
        let (admin, git) = match worktree::find(repository, root) {
            Ok(Found::Worktree(worktree)) => (worktree.admin, Git::at(root)),
            _ if root == repository.root => (root.join(".git"), repository.git()),
            _ => return Head::default(),
        };
        match read_head(&admin, &repository.common) {
            Some(head) => head,
            None => ask_head(&git),
        }
    }

    /// Ends the work in a task's own worktree: uncommitted work is committed with `message` on whatever branch the
    /// worktree is on. Ignored files are not touched, and nothing is done where there is no git.
    ///
    /// # Errors
    /// When a merge or rebase is in progress, or git fails.
    pub fn finish(&self, root: &Path, message: &str) -> Result<(Head, Leftover), WorkspaceError> {
        let Ok(repository) = self.repository() else { return Ok((Head::default(), Leftover::Nothing)) };
        let Found::Worktree(worktree) = worktree::find(repository, root)? else {
            return Ok((Head::default(), Leftover::Nothing));
        };
        const DOING: &str = "commit the remaining changes";
        let within = Within::of(repository, &worktree)?;
        let leftover = match stage(&within, &worktree, |_| Ok(())) {
            Ok(_) => {
                let git = within.git.with_identity()?;
                commit_staged(&git, &worktree, message).map_err(|error| error.into_workspace_error(DOING))?;
                Leftover::Committed
            }
            Err(CommitError::Nothing | CommitError::OnlyNested(_)) => Leftover::Nothing,
            Err(error) => return Err(error.into_workspace_error(DOING)),
        };
        Ok((self.head(root), leftover))
    }

    /// Makes the request for the workspace of this name that a task has for itself.
    pub fn request_for_task(&self, name: &str, agent: &Request, base: Option<String>) -> Request {
        let kind = match agent.kind {
            WorkspaceKind::Directory => WorkspaceKind::Directory,
            _ if !self.has_repository() => WorkspaceKind::Directory,
            WorkspaceKind::Worktree | WorkspaceKind::Shared => WorkspaceKind::Worktree,
        };
        Request { agent: name.to_owned(), kind, base: base.or_else(|| agent.base.clone()), ..agent.clone() }
    }
}

/// Reads HEAD from git's own files: a commit, or a branch and its loose ref. None where these files do not tell: with
/// packed refs, and in repositories that store their refs in another way.
fn read_head(admin: &Path, common: &Path) -> Option<Head> {
    let text = regular::text(&admin.join("HEAD"), regular::SMALL_BYTES_MAX).ok()?;
    let Some(name) = text.trim_end().strip_prefix("ref: ") else {
        return is_commit(text.trim_end()).then(|| Head { commit: Some(text.trim_end().to_owned()), branch: None });
    };
    let commit = regular::text(&common.join(name), regular::SMALL_BYTES_MAX).ok()?;
    let commit = commit.trim_end();
    let branch = name.strip_prefix("refs/heads/")?;
    is_commit(commit).then(|| Head { commit: Some(commit.to_owned()), branch: Some(branch.to_owned()) })
}

/// Whether a text is a SHA-1 or SHA-256, in hexadecimal.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn ask_head(git: &Git) -> Head {
    let ask = |words: &[&str]| git.ask(words).ok().flatten().map(|answer| git::line(&answer));
    Head {
        commit: ask(&["rev-parse", "--verify", "--quiet", "HEAD"]),
        branch: ask(&["symbolic-ref", "--quiet", "--short", "HEAD"]),
    }
}

/// Returns the full name of the branch of a task's own workspace.
pub fn branch(name: &str) -> String {
    format!("{BRANCH_PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tasks_workspace_is_named_after_it_and_by_its_number_only_if_need_be() {
        assert_eq!(names("build", 7, 1)[..2], ["task+build", "task+build+t7"]);
        assert_eq!(names("PLAN.build", 7, 1)[0], "task+PLAN.build");
        assert_eq!(names("build", 7, 3), ["task+build+t7.3"]);
        assert_eq!(names("fan[1]:größe", 7, 1)[0], "task+fan-1--gr--e");
    }

    proptest! {
        #[test]
        fn every_name_is_fit_for_a_path_and_a_branch(name in "\\PC{1,128}|[.a-z@{]{1,20}|x\\.lock", attempt in 0..4u32) {
            for name in names(&name, 12, attempt) {
                prop_assert!(!name.contains("..") && !name.ends_with('.') && !name.ends_with(".lock"), "{}", name);
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.".contains(&byte)));
                prop_assert!(name.len() <= 120);
            }
        }
    }
}
