//! Checks the end of every case: the fleet is ended, and then nothing of it may remain.

use super::fleet::Fleet;
use super::pace::within;
use super::{command, processes, repository};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The time in which processes must be gone once `qd down --kill` has returned.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// Ends a fleet with SIGKILL and returns, in words, everything that remains and should not.
pub(crate) fn end(fleet: &Fleet) -> Vec<String> {
    let started = fleet.socket_directory().is_some();
    let down = if started { down(fleet) } else { None };
    let left = left_processes(fleet);
    down.into_iter().chain(left).chain(left_sockets(fleet)).chain(left_worktrees(fleet)).chain(panics(fleet)).collect()
}

/// Ends the supervisor and with it every agent. Exit code 3 means that the fleet is down already.
fn down(fleet: &Fleet) -> Option<String> {
    let ended = command::finish(fleet.command(["down", "--kill"]), b"");
    let fine = matches!(ended.code, Some(0 | 3));
    (!fine).then(|| format!("`qd down --kill` exits {:?}: {}{}", ended.code, ended.text(), ended.stderr))
}

/// Finds processes that outlive their fleet; they are killed here so that they disturb no other case.
fn left_processes(fleet: &Fleet) -> Vec<String> {
    let gone = within(GONE_WITHIN, || fleet.processes().is_empty().then_some(()));
    if gone.is_some() {
        return Vec::new();
    }
    let left = fleet.processes();
    left.iter().for_each(|process| processes::kill(process.pid, Signal::SIGKILL));
    left.iter().map(|process| format!("a process is left: {process:?}")).collect()
}

fn left_sockets(fleet: &Fleet) -> Vec<String> {
    let entries = fleet.socket_directory().map(fs::read_dir).into_iter().flatten().flatten().flatten();
    let sockets = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "sock"));
    sockets.map(|path| format!("a socket is left: {}", path.display())).collect()
}

/// Finds worktrees without a directory, and lock files of git. Whether an agent should have a worktree at all is
/// checked by its case.
fn left_worktrees(fleet: &Fleet) -> Vec<String> {
    if !fleet.root.join(".git").exists() {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for path in repository::worktrees(&fleet.root) {
        if !Path::new(&path).is_dir() {
            complaints.push(format!("a worktree without a directory is left: {path}"));
        }
    }
    let locks = [".git/index.lock", ".git/config.lock", ".git/HEAD.lock"];
    complaints.extend(
        locks.iter().filter(|lock| fleet.root.join(lock).exists()).map(|lock| format!("a lock is left: {lock}")),
    );
    complaints
}

/// Returns the message of a supervisor that panicked, from its standard error.
fn panics(fleet: &Fleet) -> Option<String> {
    let said = fs::read_to_string(fleet.root.join(".quarterdeck/supervisor.stderr")).unwrap_or_default();
    (!said.trim().is_empty()).then(|| format!("the supervisor complained: {said}"))
}
