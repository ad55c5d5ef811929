//! The git repository that a fleet is in.

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, said};
use super::request::{BRANCH_PREFIX, Request};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A git repository that has a working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Repository {
    /// The top of the working tree that the fleet is in, which may itself be a linked worktree.
    pub(super) root: PathBuf,
    /// git's common directory, which all worktrees share.
    pub(super) common: PathBuf,
    /// The directory of the repository's hooks.
    pub(super) hooks: PathBuf,
    /// Path of the post-checkout hook; none where there is none.
    pub(super) post_checkout: Option<PathBuf>,
}

/// The commits from which an agent's worktree may start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// The commit of the agent's branch, if that exists.
    pub(super) branch: Option<String>,
    /// The commit of the agent's base, if that exists.
    pub(super) base: Option<String>,
}

impl Repository {
    /// Finds the repository that `directory` is in.
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
        let output = Git::at(directory).output(questions, &[]).map_err(io_error("run git in", directory))?;
        let mut answers = output.stdout.splitn(4, |byte| *byte == b'\n');
        let mut next = || answers.next().unwrap_or_default();
        let (bare, common, hook, root) = (next(), next(), next(), next());
        match (bare, output.status.success()) {
            (b"true", _) => Err(WorkspaceError::Bare(directory.to_owned())),
            (_, true) => Ok(Repository {
                root: git::path(root),
                common: git::as_path(common).to_owned(),
                hooks: git::as_path(hook).parent().unwrap_or(Path::new("")).to_owned(),
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

    /// Returns a git that runs at the top of the working tree.
    pub(super) fn git(&self) -> Git {
        Git::at(&self.root)
    }

    /// Looks up branches and bases for many agents with one question to git, because every process costs as much as a
    /// good part of a worktree. The answers come in the order of the requests.
    pub(super) fn starts<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r Request>,
    ) -> Result<Vec<Start>, WorkspaceError> {
        // Each name must take one line: a line break, which no name has, would shift the answers ("?" is in no ref's
        // name).
        let line = |text: &str| text.replace(char::is_control, "?");
        let question = |request: &Request| {
            let base = request.base.as_deref().unwrap_or("HEAD");
            format!("{}\n{}^{{commit}}\n", line(&branch_ref(&request.agent)), line(base))
        };
        let questions: String = requests.into_iter().map(question).collect();
        let output =
            self.git().run_with_input("look up commits", ["cat-file", "--batch-check"], questions.as_bytes())?;
        let text = String::from_utf8_lossy(&output);
        // "<id> commit <size>"; anything else (missing, ambiguous) is not a commit.
        let commits: Vec<Option<String>> =
            text.lines().map(|answer| answer.split_once(" commit ").map(|(id, _)| id.to_owned())).collect();
        Ok(commits
            .chunks(2)
            .map(|pair| Start { branch: pair[0].clone(), base: pair.get(1).cloned().flatten() })
            .collect())
    }

    /// Returns the error that tells why a worktree has no commit to start from.
    pub(super) fn no_base(&self, base: Option<&str>) -> WorkspaceError {
        match (base, self.has_commit()) {
            (_, Err(error)) => error,
            (Some(base), Ok(true)) => WorkspaceError::UnknownBase(base.to_owned()),
            _ => WorkspaceError::NoCommit,
        }
    }

    fn has_commit(&self) -> Result<bool, WorkspaceError> {
        Ok(!self.git().run("look for a commit", ["rev-list", "--all", "--max-count=1"])?.is_empty())
    }

    /// Returns the commit of an agent's branch, if the branch exists.
    pub(super) fn branch_commit(&self, agent: &str) -> Result<Option<String>, WorkspaceError> {
        let name = branch_ref(agent);
        Ok(self
            .git()
            .ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?
            .map(|commit| git::line(&commit)))
    }

    /// Returns the names of the agents' branches, without [`BRANCH_PREFIX`].
    pub(super) fn branches(&self) -> Result<Vec<String>, WorkspaceError> {
        let query = ["for-each-ref", "--format=%(refname)", &branch_ref("")];
        let output = self.git().run("list our branches", query)?;
        let names =
            String::from_utf8_lossy(&output).lines().map(|name| name[branch_ref("").len()..].to_owned()).collect();
        Ok(names)
    }

    /// Returns the worktree that has a branch checked out.
    pub(super) fn checked_out_at(&self, reference: &str) -> Result<Option<PathBuf>, WorkspaceError> {
        let query = ["for-each-ref", "--format=%(worktreepath)", reference];
        let output = self.git().run("see who has the branch", query)?;
        let path = git::path(output.strip_suffix(b"\n").unwrap_or(&output));
        Ok(Some(path).filter(|path| !path.as_os_str().is_empty()))
    }
}

/// Returns the full name of an agent's branch.
pub(super) fn branch_ref(agent: &str) -> String {
    format!("refs/heads/{BRANCH_PREFIX}{agent}")
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
