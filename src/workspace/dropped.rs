//! Keeps dropped commits: those that were amended, rebased or reset away, or made on no branch. Only the worktree's own
//! reflog still leads to them, and it is deleted with the worktree; the reflog of a branch is deleted with the branch.
//! They are kept on a ref, `refs/qd/kept/<agent>/<time>`, for as long as git would have kept them.

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git, records};
use super::park::timestamp;
use super::repository::{Repository, branch_ref};
use super::worktree::Worktree;
use crate::regular;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The prefix of the refs on which dropped commits are kept.
const KEPT: &str = "refs/qd/kept";

/// The days for which dropped commits are kept: as long as a reflog keeps its entries (git-config(1),
/// `gc.reflogExpire`).
const KEPT_DAYS: i64 = 90;

/// The most dropped commits that one commit of Quarterdeck has as parents. Beyond it, another commit is made.
const PARENTS_MAX: usize = 500;

/// Dropped commits that are kept on refs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The first of the refs that lead to the kept commits.
    pub name: String,
    /// The number of dropped commits that are kept.
    pub count: usize,
}

/// Keeps the dropped commits that a reflog leads to. Returns none when there are none.
pub(super) fn keep(repository: &Repository, agent: &str, log: &Path) -> Result<Option<Kept>, WorkspaceError> {
    let git = repository.git();
    let Dropped { tips, count } = dropped(&git, log)?;
    if tips.is_empty() {
        return Ok(None);
    }
    let git = git.with_identity()?;
    let tree = git::line(&git.run("read a tree", ["rev-parse", &format!("{}^{{tree}}", tips[0])])?);
    let message = format!("kept: commits that the workspace of {agent} had dropped");
    let now = timestamp();
    for (number, tips) in tips.chunks(PARENTS_MAX).enumerate() {
        let parents = tips.iter().flat_map(|tip| ["-p", tip]);
        let arguments = ["commit-tree", &tree, "-m", &message].into_iter().chain(parents);
        let commit = git::line(&git.run("keep dropped commits", arguments)?);
        git.run("keep dropped commits", ["update-ref", &name(agent, &now, number), &commit, ""])?;
    }
    forget_old(&git)?;
    Ok(Some(Kept { name: name(agent, &now, 0), count }))
}

fn name(agent: &str, time: &str, number: usize) -> String {
    let more = if number == 0 { String::new() } else { format!(".{number}") };
    format!("{KEPT}/{agent}/{time}{more}")
}

/// Dropped commits: those that no other dropped commit leads to, and the number of all.
struct Dropped {
    tips: Vec<String>,
    count: usize,
}

/// Path of the reflog of a worktree's HEAD.
pub(super) fn log_of(worktree: &Worktree) -> PathBuf {
    worktree.admin.join("logs/HEAD")
}

/// Path of the reflog of an agent's branch.
pub(super) fn log_of_branch(repository: &Repository, agent: &str) -> PathBuf {
    repository.common.join("logs").join(branch_ref(agent))
}

fn dropped(git: &Git, log: &Path) -> Result<Dropped, WorkspaceError> {
    let log = match regular::bytes(log, regular::LARGE_BYTES_MAX) {
        Ok(log) => log,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io_error("read", log)(error)),
    };
    let seen: BTreeSet<String> = String::from_utf8_lossy(&log).lines().flat_map(commits_of).collect();
    if seen.is_empty() {
        return Ok(Dropped { tips: Vec::new(), count: 0 });
    }
    // Not refs/worktree, refs/bisect and the like: those are deleted with the worktree too.
    let held = ["refs/heads", "refs/tags", "refs/remotes", "refs/qd", "refs/stash"];
    let held = ["for-each-ref", "--format=^%(objectname)"].into_iter().chain(held);
    let mut query = git.run("list what refs lead to", held)?;
    query.extend(seen.iter().flat_map(|commit| [commit.as_bytes(), b"\n"].concat()));
    let arguments = ["rev-list", "--ignore-missing", "--parents", "--stdin"];
    let output = git.run_with_input("look for dropped commits", arguments, &query)?;
    let text = String::from_utf8_lossy(&output).into_owned();
    let parents: BTreeSet<&str> = text.lines().flat_map(|line| line.split(' ').skip(1)).collect();
    let tips = text.lines().filter_map(|line| line.split(' ').next()).filter(|commit| !parents.contains(commit));
    Ok(Dropped { tips: tips.map(str::to_owned).collect(), count: text.lines().count() })
}

/// Reads the commits in a line of a reflog: `<old> <new> <who> <when> <zone>\t<what>`, where a row of zeros is no
/// commit.
fn commits_of(line: &str) -> impl Iterator<Item = String> {
    line.split(' ').take(2).filter(|id| id.bytes().any(|digit| digit != b'0')).map(str::to_owned)
}

/// Deletes the refs to commits that have been kept for longer than [`KEPT_DAYS`].
fn forget_old(git: &Git) -> Result<(), WorkspaceError> {
    let format = ["for-each-ref", "--format=%(refname)%00%(committerdate:unix)%00", KEPT];
    let output = git.run("list dropped commits", format)?;
    let fields: Vec<String> = records(&output).map(|field| git::line(field).trim().to_owned()).collect();
    let oldest = jiff::Timestamp::now().as_second() - KEPT_DAYS * 24 * 60 * 60;
    let old = |pair: &&[String]| pair[1].parse::<i64>().is_ok_and(|at| at < oldest);
    for pair in fields.chunks_exact(2).filter(old) {
        git.run("forget dropped commits", ["update-ref", "-d", &pair[0]])?;
    }
    Ok(())
}
