//! Lists the directories that agents with a shared workspace work in, without those that git ignores.

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git};
use super::workspaces::Workspaces;
use crate::place::STATE_DIRECTORY;
use crate::regular::walk::{Content, open_top};
use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Names of directories that are never entered, whatever git says: those of git and of Quarterdeck, and those that
/// tools fill with thousands of files.
const NEVER: [&str; 4] = [".git", STATE_DIRECTORY, "target", "node_modules"];

/// The directories of the shared workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The directories' absolute paths, each after the one above it.
    pub directories: Vec<PathBuf>,
    /// Whether there are more directories than were asked for.
    pub is_cut: bool,
}

impl Workspaces {
    /// Lists `top` and the directories below it, at most `directories_max`, without those that git ignores, those of
    /// other repositories, and those that symlinks lead to. Empty when `top` itself is omitted.
    ///
    /// # Errors
    /// When the shared root can't be found, or git can't be asked.
    pub fn ground(&self, top: &Path, directories_max: usize) -> Result<Ground, WorkspaceError> {
        let root = self.shared_root()?;
        let own = self.root.join(self.relative.as_path());
        let is_left_out = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            path != root && (NEVER.iter().any(|never| name == *never) || path == own || path.join(".git").exists())
        };
        let mut ground = Ground::default();
        let mut level: VecDeque<PathBuf> = VecDeque::from([top.to_owned()]);
        while !level.is_empty() {
            let mut candidates: Vec<PathBuf> = level.drain(..).filter(|path| !is_left_out(path)).collect();
            let ignored = self.ignored(&candidates)?;
            candidates.retain(|path| !ignored.contains(path));
            for directory in candidates {
                if ground.directories.len() == directories_max {
                    ground.is_cut = true;
                    return Ok(ground);
                }
                level.extend(beneath(&directory));
                ground.directories.push(directory);
            }
        }
        Ok(ground)
    }

    /// Returns those of the paths that git ignores. Outside a repository, none.
    ///
    /// # Errors
    /// When git can't be asked.
    pub fn ignored(&self, paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, WorkspaceError> {
        let root = self.shared_root()?;
        let asked: Vec<&Path> = paths.iter().map(PathBuf::as_path).filter(|path| *path != root).collect();
        if asked.is_empty() || self.repository().is_err() {
            return Ok(BTreeSet::new());
        }
        let input: Vec<u8> = asked.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        let output = Git::at(&root).output(["check-ignore", "-z", "--stdin"].map(OsStr::new), &input);
        let output = output.map_err(io_error("run git in", &root))?;
        Ok(git::records(&output.stdout).map(|path| git::as_path(path).to_owned()).collect())
    }
}

fn beneath(directory: &Path) -> Vec<PathBuf> {
    let content = open_top(directory).map_err(std::io::Error::from).and_then(Content::of).unwrap_or_default();
    content.directories.iter().map(|name| directory.join(name)).collect()
}
