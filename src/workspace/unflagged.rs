//! Copies the index of a worktree without its flags. git does not look at files that are marked "skip worktree" or
//! "assume unchanged". So code that must see every change uses a copy of the index in which no existing file is marked.

use super::error::{WorkspaceError, io_error};
use super::git::{self, records};
use super::repository::Repository;
use super::within::{Within, listed};
use super::worktree::Worktree;
use std::path::{Path, PathBuf};

/// Runs git in a worktree with a copy of the index that has no flags "skip worktree" and "assume unchanged". The copy
/// is deleted when this value is dropped.
pub(super) struct Unflagged {
    pub(super) within: Within,
    copy: PathBuf,
}

impl Unflagged {
    /// Copies the worktree's index and removes the flags.
    pub(super) fn of(repository: &Repository, worktree: &Worktree) -> Result<Unflagged, WorkspaceError> {
        let index = worktree.admin.join("index");
        let copy = worktree.admin.join("qd-unflagged-index");
        std::fs::copy(&index, &copy).map_err(io_error("copy", &index))?;
        let within = Within::of(repository, worktree)?.with(|git| git.environment("GIT_INDEX_FILE", &copy));
        let unflagged = Unflagged { within, copy };
        let Flagged { skipped, assumed } = flagged(&unflagged.within, &worktree.path)?;
        for (flag, paths) in [("--no-skip-worktree", skipped), ("--no-assume-unchanged", assumed)] {
            if !paths.is_empty() {
                let arguments = ["update-index", flag, "-z", "--stdin"];
                unflagged.within.git.run_with_input("look behind the index's flags", arguments, &listed(&paths))?;
            }
        }
        Ok(unflagged)
    }
}

impl Drop for Unflagged {
    fn drop(&mut self) {
        // If this fails, the copy is deleted with the worktree.
        std::fs::remove_file(&self.copy).ok();
    }
}

/// Files that exist although git is told not to look at them.
#[derive(Default)]
pub(super) struct Flagged {
    skipped: Vec<PathBuf>,
    assumed: Vec<PathBuf>,
}

impl Flagged {
    /// Whether there are no flagged files.
    pub(super) fn is_empty(&self) -> bool {
        self.skipped.is_empty() && self.assumed.is_empty()
    }
}

/// Returns the flagged files of a working tree. Files that a sparse checkout excludes do not exist, and so do not
/// count.
pub(super) fn flagged(within: &Within, top: &Path) -> Result<Flagged, WorkspaceError> {
    let output = within.git.run("list the index's flags", ["ls-files", "-v", "-z"])?;
    let mut flagged = Flagged::default();
    // git-ls-files(1), -v: `S` is "skip worktree", a small letter "assume unchanged", `s` both.
    for record in records(&output).filter(|record| record[0] == b'S' || record[0].is_ascii_lowercase()) {
        let path = git::as_path(record.get(2..).unwrap_or_default()).to_owned();
        if std::fs::symlink_metadata(top.join(&path)).is_err() {
            continue;
        }
        if record[0].is_ascii_lowercase() {
            flagged.assumed.push(path.clone());
        }
        if record[0].eq_ignore_ascii_case(&b's') {
            flagged.skipped.push(path);
        }
    }
    Ok(flagged)
}
