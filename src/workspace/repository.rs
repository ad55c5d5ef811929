//! The git repository a fleet stands in.

use super::git::{self, Git, said};
use super::{BRANCH_PREFIX, WorkspaceError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A repository with files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top of the working tree the fleet stands in, which may itself be a linked worktree.
    pub(super) root: PathBuf,
    /// What all its worktrees share.
    pub(super) common: PathBuf,
    /// The post-checkout hook, where there is one.
    pub(super) post_checkout: Option<PathBuf>,
}

impl Repository {
    /// The repository that `directory` lies in.
    pub(super) fn discover(directory: &Path) -> Result<Repository, WorkspaceError> {
        let questions = [
            "rev-parse",
            "--path-format=absolute",
            "--is-bare-repository",
            "--git-common-dir",
            "--git-path",
            "hooks/post-checkout",
            "--show-toplevel",
        ];
        let output = Git::at(directory).output(questions, &[]).map_err(super::io_error("run git in", directory))?;
        let mut answers = output.stdout.splitn(4, |byte| *byte == b'\n');
        let mut next = || answers.next().unwrap_or_default();
        let (bare, common, hook, root) = (next(), next(), next(), next());
        match (bare, output.status.success()) {
            (b"true", _) => Err(WorkspaceError::Bare(directory.to_owned())),
            (_, true) => Ok(Repository {
                root: git::path(root),
                common: git::as_path(common).to_owned(),
                post_checkout: Some(git::as_path(hook).to_owned()).filter(|hook| is_executable(hook)),
            }),
            _ if said(&output).contains("not a git repository") => {
                Err(WorkspaceError::NotARepository(directory.to_owned()))
            }
            _ => Err(WorkspaceError::Git {
                doing: format!("find the repository of {}", directory.display()),
                message: said(&output),
            }),
        }
    }

    /// git at the top of the working tree.
    pub(super) fn git(&self) -> Git {
        Git::at(&self.root)
    }

    /// The commit a new branch starts from.
    pub(super) fn base_commit(&self, base: Option<&str>) -> Result<String, WorkspaceError> {
        let name = format!("{}^{{commit}}", base.unwrap_or("HEAD"));
        match (self.git().ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?, base) {
            (Some(commit), _) => Ok(git::line(&commit)),
            (None, Some(base)) if self.has_commit()? => Err(WorkspaceError::UnknownBase(base.to_owned())),
            (None, _) => Err(WorkspaceError::NoCommit),
        }
    }

    fn has_commit(&self) -> Result<bool, WorkspaceError> {
        Ok(!self.git().run("look for a commit", ["rev-list", "--all", "--max-count=1"])?.is_empty())
    }

    /// The commit of an agent's branch, if the branch exists.
    pub(super) fn branch_commit(&self, agent: &str) -> Result<Option<String>, WorkspaceError> {
        let name = branch_ref(agent);
        Ok(self
            .git()
            .ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?
            .map(|commit| git::line(&commit)))
    }
}

/// The full name of an agent's branch.
pub(super) fn branch_ref(agent: &str) -> String {
    format!("refs/heads/{BRANCH_PREFIX}{agent}")
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
