//! Copies untracked files that a new workspace needs: those that `.worktreeinclude` names (only files that git ignores)
//! and those that the agent's `copy` names. They are copied, never overwritten, never through a symlink that leaves
//! either root.

use super::beneath;
use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, records};
use super::request::Request;
use super::workspaces::Workspaces;
use crate::place::STATE_DIRECTORY;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The name of the file that lists ignored files which a worktree needs, in gitignore syntax.
const INCLUDE_FILE: &str = ".worktreeinclude";

/// Copies files into a new worktree, from the working tree that the fleet is in. Returns the files that were skipped.
pub(super) fn into_worktree(
    workspaces: &Workspaces,
    request: &Request,
    workspace: &Path,
) -> Result<Vec<PathBuf>, WorkspaceError> {
    let repository = workspaces.repository()?;
    let mut paths = included(workspaces, &repository.root)?;
    paths.extend(named(workspaces, &repository.root, &repository.git(), request)?);
    copy_all(&repository.root, workspace, paths)
}

/// Copies files into a new plain directory, from the fleet's directory. Returns the files that were skipped.
pub(super) fn into_directory(
    workspaces: &Workspaces,
    request: &Request,
    workspace: &Path,
) -> Result<Vec<PathBuf>, WorkspaceError> {
    if request.copy.is_empty() {
        return Ok(Vec::new());
    }
    // git matches the patterns here too, by means of an empty repository that tracks no file.
    let empty = workspace.join(".git");
    let git = Git::at(&workspaces.root).environment("GIT_DIR", &empty).environment("GIT_WORK_TREE", &workspaces.root);
    git.run("match `copy`", ["init", "--quiet", "--template="])?;
    let paths = named(workspaces, &workspaces.root, &git, request);
    super::delete::delete_tree(&empty)?;
    copy_all(&workspaces.root, workspace, paths?)
}

/// Returns the files that `.worktreeinclude` names and that git ignores.
pub(super) fn included(workspaces: &Workspaces, root: &Path) -> Result<BTreeSet<PathBuf>, WorkspaceError> {
    if !root.join(INCLUDE_FILE).is_file() {
        return Ok(BTreeSet::new());
    }
    let git = Git::at(root);
    let from_file = OsString::from(format!("--exclude-from={INCLUDE_FILE}"));
    let matching = untracked(workspaces, root, &git, &[from_file])?;
    if matching.is_empty() {
        return Ok(BTreeSet::new());
    }
    // Exit code 1 is an answer: none of them is ignored.
    let output = git.output(["check-ignore", "-z", "--stdin"], &matching).map_err(io_error("run git in", root))?;
    Ok(records(&output.stdout).map(|record| git::as_path(record).to_owned()).collect())
}

/// Returns the untracked files that the agent's `copy` names.
pub(super) fn named(
    workspaces: &Workspaces,
    root: &Path,
    git: &Git,
    request: &Request,
) -> Result<BTreeSet<PathBuf>, WorkspaceError> {
    if request.copy.is_empty() {
        return Ok(BTreeSet::new());
    }
    let patterns: Vec<OsString> =
        request.copy.iter().map(|pattern| OsString::from(format!("--exclude=/{pattern}"))).collect();
    let output = untracked(workspaces, root, git, &patterns)?;
    Ok(records(&output).map(|record| git::as_path(record).to_owned()).collect())
}

/// Returns the untracked files that match gitignore patterns (NUL-separated). Quarterdeck's own directories are
/// omitted.
fn untracked(
    workspaces: &Workspaces,
    root: &Path,
    git: &Git,
    patterns: &[OsString],
) -> Result<Vec<u8>, WorkspaceError> {
    let own = [workspaces.relative.as_path(), Path::new(STATE_DIRECTORY)].map(|relative| {
        let path = workspaces.root.join(relative);
        let mut pathspec = OsString::from(":(exclude,top,literal)");
        pathspec.push(path.strip_prefix(root).unwrap_or(relative));
        pathspec
    });
    let arguments = ["ls-files", "--others", "--ignored", "-z"].map(OsString::from);
    let separator = [OsString::from("--"), OsString::from(".")];
    git.run("list files to copy", arguments.iter().chain(patterns).chain(&separator).chain(&own))
}

fn copy_all(from: &Path, to: &Path, paths: BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, WorkspaceError> {
    let (source, target) = (beneath::open_root(from)?, beneath::open_root(to)?);
    let mut skipped = Vec::new();
    for path in paths {
        let error = io_error("copy", &path);
        match copy_one(&source, &target, to, &path) {
            Ok(()) => {}
            Err(Errno::XDEV | Errno::LOOP | Errno::NOENT | Errno::ISDIR | Errno::INVAL) => skipped.push(path),
            Err(errno) => return Err(error(errno.into())),
        }
    }
    Ok(skipped)
}

/// Copies one regular file with its permissions, through descriptors: no path is looked up twice.
fn copy_one(
    source: &impl std::os::fd::AsFd,
    target: &impl std::os::fd::AsFd,
    to: &Path,
    path: &Path,
) -> Result<(), Errno> {
    // O_NONBLOCK: to open a FIFO here must not block.
    let opened = beneath::open_at(source, path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
    let mut opened = File::from(opened);
    let status = rustix::fs::fstat(&opened)?;
    if !rustix::fs::FileType::from_raw_mode(status.st_mode).is_file() {
        return Err(Errno::INVAL);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        beneath::create_directory(to, parent).map_err(|_| Errno::XDEV)?;
    }
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
    match beneath::open_at(target, path, create, Mode::from_raw_mode(status.st_mode & 0o777)) {
        Ok(file) => std::io::copy(&mut opened, &mut File::from(file))
            .map(drop)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}
