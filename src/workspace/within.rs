//! Runs git in a worktree in which an agent works or has worked, so that no program that the agent may have put there
//! is run.
//!
//! An agent may write anything into its worktree, and without a sandbox into git's own directory too. So git is told
//! which directories are meant instead of searching for a `.git`. The programs that it would run by itself are switched
//! off by name (hooks, the file system monitor, signing, transports). It never enters submodules, which have settings
//! of their own and are looked at one by one. A filter that the settings of the repository or the worktree name is not
//! run. Filters of the user's own settings (`git lfs install` writes such) are run: no agent needs to put those there.
//!
//! **Invariant:** no program that an agent planted is run (`tests/workspace`, `nothing_that_an_agent_planted_is_run`).

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, records};
use super::repository::Repository;
use super::worktree::Worktree;
use crate::regular;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The settings that switch off programs which git would run by itself.
const OFF: [(&str, &str); 8] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", ""),
    ("commit.gpgSign", "false"),
    ("commit.verbose", "false"),
    ("protocol.allow", "never"),
    ("status.submoduleSummary", "false"),
    ("submodule.recurse", "false"),
];

/// A git in a worktree, and the filters there that it must not run.
pub(super) struct Within {
    pub(super) git: Git,
    /// Names of filters that only the repository or the worktree configures.
    filters: BTreeSet<String>,
}

impl Within {
    /// Makes a git that runs in this worktree.
    pub(super) fn of(repository: &Repository, worktree: &Worktree) -> Result<Within, WorkspaceError> {
        let git = quiet(&worktree.path)
            .environment("GIT_DIR", &worktree.admin)
            .environment("GIT_COMMON_DIR", &repository.common)
            .environment("GIT_WORK_TREE", &worktree.path);
        let filters = match may_name_filters(repository, worktree)? {
            true => filters(&git)?,
            false => BTreeSet::new(),
        };
        Ok(Within { git: without(git, &filters), filters })
    }

    /// Makes a git that runs in a submodule, or another repository within a worktree.
    pub(super) fn nested(path: &Path) -> Result<Within, WorkspaceError> {
        let git = quiet(path);
        let filters = filters(&git)?;
        Ok(Within { git: without(git, &filters), filters })
    }

    /// Returns this git with changed properties, such as a time limit.
    pub(super) fn with(self, change: impl FnOnce(Git) -> Git) -> Within {
        Within { git: change(self.git), ..self }
    }

    /// Returns the first of these files that goes into a commit through a filter which is not run here, and that
    /// filter.
    pub(super) fn filtered(&self, paths: &[PathBuf]) -> Result<Option<(PathBuf, String)>, WorkspaceError> {
        if self.filters.is_empty() || paths.is_empty() {
            return Ok(None);
        }
        let arguments = ["check-attr", "-z", "--stdin", "filter"];
        let said = self.git.run_with_input("look for filters", arguments, &listed(paths))?;
        // git-check-attr(1), -z: path, attribute, value.
        let fields: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
        Ok(fields.chunks_exact(3).find_map(|answer| {
            let name = String::from_utf8_lossy(answer[2]).into_owned();
            self.filters.contains(&name).then(|| (git::as_path(answer[0]).to_owned(), name))
        }))
    }
}

fn quiet(path: &Path) -> Git {
    OFF.iter()
        .fold(Git::at(path), |git, (name, value)| git.setting(*name, *value))
        .environment("GIT_NO_LAZY_FETCH", "1")
}

fn without(git: Git, filters: &BTreeSet<String>) -> Git {
    filters.iter().fold(git, |git, name| {
        let git = git.setting(format!("filter.{name}.clean"), "").setting(format!("filter.{name}.smudge"), "");
        git.setting(format!("filter.{name}.process"), "").setting(format!("filter.{name}.required"), "false")
    })
}

/// Returns paths in the form in which git reads them from its standard input with `-z`.
pub(super) fn listed(paths: &[PathBuf]) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect()
}

/// Whether filters may be configured, so that it is worth a process to ask git: two words in two files decide that.
fn may_name_filters(repository: &Repository, worktree: &Worktree) -> Result<bool, WorkspaceError> {
    let names = |path: PathBuf| match regular::bytes(&path, regular::LARGE_BYTES_MAX) {
        Ok(text) => {
            let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
            Ok(text.contains("filter") || text.contains("include"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io_error("read", &path)(error)),
    };
    Ok(names(repository.common.join("config"))? || names(worktree.admin.join("config.worktree"))?)
}

/// Returns the filters that settings of the repository or of the worktree name.
fn filters(git: &Git) -> Result<BTreeSet<String>, WorkspaceError> {
    let said = git.ask(["config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\."])?;
    // git-config(1), --show-scope with -z: scope and key, each with its NUL.
    let said = said.unwrap_or_default();
    let fields: Vec<&[u8]> = records(&said).collect();
    let own = fields.chunks_exact(2).filter(|pair| matches!(pair[0], b"local" | b"worktree"));
    Ok(own.filter_map(|pair| name_of(&String::from_utf8_lossy(pair[1]))).collect())
}

/// Returns the `NAME` of a key `filter.NAME.clean`.
fn name_of(key: &str) -> Option<String> {
    Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned())
}

/// Returns the lock of this worktree's index, if git is about to write the index, or died while it did.
pub(super) fn index_lock(worktree: &Worktree) -> Option<PathBuf> {
    Some(worktree.admin.join("index.lock")).filter(|lock| Path::exists(lock))
}
