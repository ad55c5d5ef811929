//! Finds the ignored files of a worktree. git saves none of them, and a removal deletes them. The repository claims
//! that every ignored file can be made again. That is true for directories of build output, but not for a `.env` that a
//! person filled in. So:
//!
//! * an ignored directory is deleted, and is named and counted;
//! * a single ignored file is deleted when its name says that a tool made it, when it is unchanged since the workspace
//!   was set up, when the repository has the same one, or when it is a link;
//! * any other single ignored file is a reason against a removal, and parking saves it.

use super::error::WorkspaceError;
use super::git::{self, records};
use super::hashed;
use super::within::Within;
use crate::regular::walk::walk_readable;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Endings of files that tools make beside their sources, again whenever they run.
const MADE_AGAIN: [&str; 26] = [
    ".pyc",
    ".pyo",
    ".o",
    ".obj",
    ".a",
    ".lo",
    ".la",
    ".so",
    ".d",
    ".class",
    ".log",
    ".tmp",
    ".swp",
    ".swo",
    ".gcda",
    ".gcno",
    ".gcov",
    ".profraw",
    ".coverage",
    ".tsbuildinfo",
    ".eslintcache",
    ".stylelintcache",
    ".DS_Store",
    "Thumbs.db",
    ".pid",
    ".lock",
];

/// The ignored content of a worktree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ignored {
    /// Single files that exist nowhere else, relative to the worktree's top.
    pub(super) precious: Vec<PathBuf>,
    /// Single files that may be deleted.
    pub(super) files: Vec<PathBuf>,
    /// Directories that may be deleted.
    pub(super) directories: Vec<PathBuf>,
}

/// Finds the ignored content of a worktree. `root` is the repository's own working tree; a file that has not been
/// written since `set_up` was there when the workspace was made.
pub(super) fn ignored(
    within: &Within,
    top: &Path,
    root: &Path,
    set_up: Option<SystemTime>,
) -> Result<Ignored, WorkspaceError> {
    let status =
        ["status", "--porcelain", "-z", "--untracked-files=all", "--ignored=matching", "--ignore-submodules=all"];
    let output = within.git.run("list ignored files", status)?;
    let mut ignored = Ignored::default();
    for record in records(&output).filter_map(|record| record.strip_prefix(b"!! ")) {
        match record.strip_suffix(b"/") {
            Some(directory) => ignored.directories.push(git::as_path(directory).to_owned()),
            None => {
                let path = git::as_path(record).to_owned();
                let here = top.join(&path);
                let goes = here.is_symlink()
                    || is_made_again(&path)
                    || is_as_set_up(&here, set_up)
                    || is_same(&here, &root.join(&path));
                if goes { ignored.files.push(path) } else { ignored.precious.push(path) }
            }
        }
    }
    Ok(ignored)
}

fn is_made_again(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    MADE_AGAIN.iter().any(|ending| name.ends_with(ending))
}

fn is_as_set_up(path: &Path, set_up: Option<SystemTime>) -> bool {
    let written = std::fs::symlink_metadata(path).and_then(|file| file.modified()).ok();
    matches!((written, set_up), (Some(written), Some(set_up)) if written <= set_up)
}

fn is_same(here: &Path, there: &Path) -> bool {
    let length =
        |path: &Path| std::fs::symlink_metadata(path).ok().filter(|file| file.is_file()).map(|file| file.len());
    length(here).is_some() && length(here) == length(there) && hashed::same(here, there)
}

impl Ignored {
    /// Counts the files that a removal deletes, those in directories included.
    pub(super) fn count(&self, top: &Path) -> usize {
        let within: usize = self.directories.iter().map(|directory| files_beneath(&top.join(directory))).sum();
        self.files.len() + within
    }
}

fn files_beneath(directory: &Path) -> usize {
    let mut count = 0;
    walk_readable(directory, |_, content| count += content.leaves().count());
    count
}
