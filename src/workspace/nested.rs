//! Finds repositories within a worktree: submodules, clones, and those that an agent made with `git init`, also where
//! git ignores them. A removal of the worktree deletes them too, so each must be proved to have all of its work
//! elsewhere.

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, records};
use super::unflagged::flagged;
use super::within::Within;
use crate::regular::walk::{open_top, walk};
use std::path::{Path, PathBuf};

/// A repository within a worktree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nested {
    /// A repository with files: this directory holds a `.git`.
    Tree(PathBuf),
    /// A repository without files: this directory is git's own.
    Bare(PathBuf),
}

/// Finds all repositories below `top`, except `top` itself. Symlinks are not followed.
pub(super) fn beneath(top: &Path) -> Result<Vec<Nested>, WorkspaceError> {
    let mut found = Vec::new();
    let opened = open_top(top).map_err(|errno| io_error("read", top)(errno.into()))?;
    walk(opened, |path, content| -> Result<(), WorkspaceError> {
        let directory = top.join(path);
        let content = content.map_err(io_error("read", &directory))?;
        let is_top = path.as_os_str().is_empty();
        // gitrepository-layout(5): git takes a directory that has these three for a repository.
        let is_bare = ["HEAD", "objects", "refs"].iter().all(|name| content.has(name));
        match content.has(".git") {
            true if is_top => {}
            true => found.push(Nested::Tree(directory)),
            false if is_bare => {
                content.directories.clear();
                found.push(Nested::Bare(directory));
            }
            false => {}
        }
        content.directories.retain(|name| name != ".git");
        Ok(())
    })?;
    Ok(found)
}

impl Nested {
    /// Returns the repository at this path, with files or bare; none if there is none.
    pub(super) fn at(path: &Path) -> Option<Nested> {
        match path.join(".git").exists() {
            true => Some(Nested::Tree(path.to_owned())),
            false => path.join("HEAD").exists().then(|| Nested::Bare(path.to_owned())),
        }
    }

    /// Path of the nested repository's directory.
    pub(super) fn path(&self) -> &Path {
        let (Nested::Tree(path) | Nested::Bare(path)) = self;
        path
    }

    /// Whether git's own directory is in the nested repository, so that it can be moved whole. A submodule's is
    /// elsewhere.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Nested::Tree(path) => std::fs::symlink_metadata(path.join(".git")).is_ok_and(|git| git.is_dir()),
            Nested::Bare(_) => true,
        }
    }

    /// Lists the nested repository's files without those that it ignores, relative to `top`.
    pub(super) fn files(&self, top: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
        let Nested::Tree(path) = self else { return Ok(Vec::new()) };
        let arguments = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
        let output = Within::nested(path)?.git.run("list the files of a repository within", arguments)?;
        let place = path.strip_prefix(top).unwrap_or(path);
        let files = records(&output).map(|file| place.join(git::as_path(file)));
        Ok(files.filter(|file| std::fs::symlink_metadata(top.join(file)).is_ok_and(|file| !file.is_dir())).collect())
    }

    /// Whether all of the nested repository's commits, stashes and dropped commits are on remotes outside of `top`, and
    /// its files are as it last committed them. If git can't tell, the answer is no.
    pub(super) fn is_elsewhere(&self, top: &Path) -> Result<bool, WorkspaceError> {
        Ok(match self {
            Nested::Tree(path) => {
                let within = Within::nested(path)?;
                is_pushed(&within.git, top)? && is_as_committed(&within, path)?
            }
            Nested::Bare(path) => is_pushed(&Git::at(path).environment("GIT_DIR", path), top)?,
        })
    }
}

fn is_pushed(git: &Git, top: &Path) -> Result<bool, WorkspaceError> {
    let unpushed = ["rev-list", "--max-count=1", "--all", "--reflog", "--not", "--remotes"];
    if git.ask(unpushed)?.is_none_or(|commits| !commits.is_empty()) {
        return Ok(false);
    }
    let remotes = git.ask(["config", "--get-regexp", r"^remote\..*\.url$"])?.unwrap_or_default();
    let text = String::from_utf8_lossy(&remotes).into_owned();
    let url = |line: &str| line.split_once(' ').map(|(_, url)| url.trim_start_matches("file://").to_owned());
    // The repository that it was cloned from is removed with it, if that is in the same workspace.
    Ok(text.lines().filter_map(url).all(|url| {
        let place = Path::new(&url);
        place.is_absolute() && !place.canonicalize().is_ok_and(|place| place.starts_with(top)) || url.contains(':')
    }))
}

fn is_as_committed(within: &Within, path: &Path) -> Result<bool, WorkspaceError> {
    let status = ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=dirty"];
    let is_clean = within.git.ask(status)?.is_some_and(|changes| changes.is_empty());
    Ok(is_clean && flagged(within, path)?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_found_wherever_they_are_and_whatever_they_are() {
        let top = tempfile::tempdir().expect("a directory");
        for directory in [".git", "a/.git/modules/x/objects", "a/b/c", "ignored/deep/.git", "bare/objects", "bare/refs"]
        {
            std::fs::create_dir_all(top.path().join(directory)).expect("a directory");
        }
        for file in ["bare/HEAD", "sub/HEAD"] {
            std::fs::create_dir_all(top.path().join(file).parent().expect("one")).expect("a directory");
            std::fs::write(top.path().join(file), "").expect("a file");
        }
        std::fs::write(top.path().join("sub/.git"), "gitdir: elsewhere").expect("a file");
        std::os::unix::fs::symlink(top.path().join("a"), top.path().join("link")).expect("a link");
        let mut found: Vec<String> = beneath(top.path())
            .expect("readable")
            .iter()
            .map(|found| found.path().strip_prefix(top.path()).expect("beneath").display().to_string())
            .collect();
        found.sort();
        assert_eq!(found, ["a", "bare", "ignored/deep", "sub"]);
    }
}
