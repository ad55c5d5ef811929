//! One linked worktree: found by reading git's own files (gitrepository-layout(5)), made and unmade by git.

use super::Abandon;
use super::error::{WorkspaceError, io_error};
use super::git::{self, Git};
use super::in_the_way::in_the_way;
use super::lock::lock;
use super::repository::{Repository, branch_ref};
use super::request::BRANCH_PREFIX;
use crate::regular;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A worktree that git has registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Worktree {
    /// Path of the top of the worktree.
    pub(super) path: PathBuf,
    /// git's directory for the worktree: HEAD, index, the operation in progress.
    pub(super) admin: PathBuf,
}

/// The content of the place where a worktree should be.
pub(super) enum Found {
    /// The place holds nothing, or an empty directory.
    Nothing,
    /// The place holds a worktree of this repository.
    Worktree(Worktree),
    /// The place holds something else.
    Other,
}

/// Looks at a worktree's place without running git.
pub(super) fn find(repository: &Repository, path: &Path) -> Result<Found, WorkspaceError> {
    let mut entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(io_error("read", path)(error)),
    };
    if entries.next().is_none() {
        return Ok(Found::Nothing);
    }
    let admin = pointer(&path.join(".git"), Some("gitdir: "), path);
    let ours = admin.filter(|admin| {
        let back = pointer(&admin.join("gitdir"), None, admin);
        admin.parent().is_some_and(|parent| same(parent, &repository.common.join("worktrees")))
            && back.is_some_and(|back| same(&back, &path.join(".git")))
            && admin.join("HEAD").exists()
    });
    Ok(ours.map_or(Found::Other, |admin| Found::Worktree(Worktree { path: path.to_owned(), admin })))
}

/// Reads the path in one of git's pointer files; a relative one is relative to `base`.
fn pointer(file: &Path, prefix: Option<&str>, base: &Path) -> Option<PathBuf> {
    let bytes = regular::bytes(file, regular::SMALL_BYTES_MAX).ok()?;
    let bytes = bytes.strip_prefix(prefix.unwrap_or_default().as_bytes())?;
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Some(base.join(OsStr::from_bytes(bytes)))
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Lets git correct its pointers after the repository was moved.
pub(super) fn repair(repository: &Repository, path: &Path) -> Result<(), WorkspaceError> {
    let _lock = lock(&repository.common)?;
    let arguments = [OsStr::new("worktree"), OsStr::new("repair"), path.as_os_str()];
    repository.git().ask(arguments).map(drop)
}

/// The branch of a new worktree.
pub(super) enum Branch {
    /// The branch of the new worktree exists, and is used as it is.
    Existing,
    /// The branch of the new worktree is made at this commit.
    New(String),
}

/// Registers an empty worktree. Only this step changes the files that all worktrees share, and only it runs under the
/// lock.
pub(super) fn register(
    repository: &Repository,
    agent: &str,
    path: &Path,
    branch: &Branch,
) -> Result<(), WorkspaceError> {
    let name = format!("{BRANCH_PREFIX}{agent}");
    let mut arguments: Vec<&OsStr> = ["worktree", "add", "--quiet", "--no-checkout"].map(OsStr::new).to_vec();
    match branch {
        // --no-track: with it, git writes no upstream into the shared configuration (without it, 35 of 50 parallel adds
        // fail).
        Branch::New(commit) => {
            arguments.extend(["--no-track", "-b", &name, "--"].map(OsStr::new));
            arguments.extend([path.as_os_str(), OsStr::new(commit)]);
        }
        Branch::Existing => arguments.extend([OsStr::new("--"), path.as_os_str(), OsStr::new(&name)]),
    }
    let _lock = lock(&repository.common)?;
    unregister_missing(repository, path)?;
    let doing = format!("make the worktree {} on branch {name}", path.display());
    match retry(|| repository.git().run(&doing, &arguments).map(drop)) {
        Err(error @ WorkspaceError::Git { .. }) => {
            Err(in_the_way(repository, &[agent])?.map_or(error, WorkspaceError::BranchInTheWay))
        }
        made => made,
    }
}

/// Repeats an operation that failed only because another program's git was changing the same files at that moment.
fn retry(mut attempt: impl FnMut() -> Result<(), WorkspaceError>) -> Result<(), WorkspaceError> {
    const RACES: [&str; 4] = ["commondir", "could not lock", "Unable to create", "cannot lock ref"];
    // A branch of the user prevents this one: to try again would not help.
    const LASTING: &str = "exists; cannot create";
    const PAUSES_MS: [u64; 4] = [10, 40, 160, 640];
    for pause_ms in PAUSES_MS {
        match attempt() {
            Err(WorkspaceError::Git { message, .. })
                if RACES.iter().any(|race| message.contains(race)) && !message.contains(LASTING) =>
            {
                std::thread::sleep(Duration::from_millis(pause_ms));
            }
            result => return result,
        }
    }
    attempt()
}

/// Removes the entry of a worktree whose directory is gone, and no other entry. `git worktree prune` would also remove
/// the user's own worktrees on a disk that is not mounted now.
fn unregister_missing(repository: &Repository, path: &Path) -> Result<(), WorkspaceError> {
    let Ok(entries) = std::fs::read_dir(repository.common.join("worktrees")) else { return Ok(()) };
    // The directory may be gone, so names are compared, below a parent that exists.
    let parent = path.parent().and_then(|parent| parent.canonicalize().ok()).unwrap_or_default();
    let claims = |admin: &Path| {
        let git_file = pointer(&admin.join("gitdir"), None, admin)?;
        let claimed = git_file.parent()?;
        (claimed.file_name() == path.file_name() && claimed.parent()?.canonicalize().ok()? == parent).then_some(())
    };
    for entry in entries.flatten().filter(|entry| !path.join(".git").exists() && claims(&entry.path()).is_some()) {
        let admin = entry.path();
        std::fs::remove_dir_all(&admin).map_err(io_error("remove", &admin))?;
    }
    Ok(())
}

/// Writes the branch's files into a registered worktree, and runs the post-checkout hook as `git worktree add` would.
/// If the hook fails, the whole operation fails: git keeps such a worktree because a person reads the hook's message,
/// but an agent would begin its work in half a checkout (git-lfs, generated files).
pub(super) fn populate(repository: &Repository, path: &Path, abandon: &Abandon) -> Result<(), WorkspaceError> {
    let git = Git::at(path).unless(abandon);
    git.run("write the worktree's files", ["read-tree", "-u", "-m", "HEAD"])?;
    if repository.post_checkout.is_some() {
        let head = git::line(&git.run("read HEAD", ["rev-parse", "HEAD"])?);
        let none = "0".repeat(head.len());
        git.run(
            "run the post-checkout hook",
            ["hook", "run", "--ignore-missing", "post-checkout", "--", &none, &head, "1"],
        )?;
    }
    Ok(())
}

/// Undoes a worktree that was being made: its directory, its entry, and its branch if that was made with it and has not
/// moved.
pub(super) fn undo(repository: &Repository, agent: &str, path: &Path, branch: &Branch) -> Result<(), WorkspaceError> {
    super::delete::delete_tree(path)?;
    let _lock = lock(&repository.common)?;
    unregister_missing(repository, path)?;
    match branch {
        Branch::New(commit) => delete_branch(repository, agent, commit),
        Branch::Existing => Ok(()),
    }
}

/// Deletes an agent's branch if it is still at `commit`. The repository's lock must be held.
pub(super) fn delete_branch(repository: &Repository, agent: &str, commit: &str) -> Result<(), WorkspaceError> {
    if repository.branch_commit(agent)?.as_deref() != Some(commit) {
        return Ok(());
    }
    repository.git().run("delete the branch", ["update-ref", "-d", &branch_ref(agent), commit]).map(drop)
}

/// Removes the entry of a worktree whose directory is gone already. The repository's lock must be held.
pub(super) fn unregister(repository: &Repository, path: &Path) -> Result<(), WorkspaceError> {
    unregister_missing(repository, path)
}

/// Returns the branch that a worktree is on; none when HEAD is detached.
pub(super) fn current_branch(worktree: &Worktree) -> Result<Option<String>, WorkspaceError> {
    let head = regular::text(&worktree.admin.join("HEAD"), regular::SMALL_BYTES_MAX).unwrap_or_default();
    match head.trim_end().strip_prefix("ref: refs/heads/") {
        // Repositories that store their refs in another way write this name (gitrepository-layout(5)).
        Some(".invalid") | None => {}
        Some(branch) => return Ok(Some(branch.to_owned())),
    }
    let name = Git::at(&worktree.path).ask(["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    Ok(name.map(|name| git::line(&name)))
}
