//! Measures `qd kill` of a tree of 20 processes, five of them leaders of sessions of their own and five more orphaned
//! in sessions of their own: the time from the command until none remains.

use super::Plan;
use crate::child::TREE_PROCESSES;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, ms_between, now_ns, stamps};
use crate::outcome::{Doing, Outcome, until};
use crate::report::{Row, Verdict};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::os::fd::{AsFd, OwnedFd};
use tempfile::TempDir;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let rounds: Vec<Turn> = (0..plan.either(7, 2)).map(|_| turn()).collect::<Outcome<_>>()?;
    let middle = |value: fn(&Turn) -> f64| median(&rounds.iter().map(value).collect::<Vec<_>>());
    // The time includes the command's own start; the stage alone is shorter than one look at the processes takes.
    let ms = middle(|turn| turn.command_to_empty_ms);
    let row = Row::new(
        "SIGKILL stage to zero processes, tree of 20",
        format!("{ms:.1} ms"),
        "≤ 50 ms",
        Verdict::at_most(ms, 50.0),
    )
    .note(format!(
        "from the `qd kill` command to the last death; from the first death {:.1} ms; to the command's return {:.1} ms",
        middle(|turn| turn.stage_ms),
        middle(|turn| turn.command_ms)
    ))
    .note("no baseline: tmux and s6 leave the processes in sessions of their own alive".into());
    Ok(vec![row])
}

struct Turn {
    stage_ms: f64,
    command_to_empty_ms: f64,
    command_ms: f64,
}

fn turn() -> Outcome<Turn> {
    let directory = TempDir::new()?;
    let file = directory.path().join("pids");
    let fleet = Fleet::new(&[AgentTable::new("tree", &["tree", &file.display().to_string()])])?;
    fleet.up(1)?;
    let pids =
        until("the tree is grown", PATIENCE, || Some(stamps(&file)).filter(|pids| pids.len() == TREE_PROCESSES))?;
    let tree: Vec<OwnedFd> = pids.iter().map(|pid| watch(*pid as i32)).collect::<Outcome<_>>()?;
    let began = now_ns();
    let mut command = fleet.qd(&["kill", "tree"]).spawn().doing("qd kill")?;
    let deaths = deaths(&tree)?;
    let status = command.wait().doing("qd kill")?;
    let ended = now_ns();
    if !status.success() {
        return Err(format!("qd kill: {status}").into());
    }
    let (first, last) = (deaths.iter().min().copied().unwrap_or(0), deaths.iter().max().copied().unwrap_or(0));
    Ok(Turn {
        stage_ms: ms_between(first, last),
        command_to_empty_ms: ms_between(began, last),
        command_ms: ms_between(began, ended),
    })
}

fn watch(pid: i32) -> Outcome<OwnedFd> {
    let pid = Pid::from_raw(pid).ok_or("a process id of the tree is 0")?;
    pidfd_open(pid, PidfdFlags::empty()).doing("watching a process of the tree")
}

/// Returns when each process ended; a pidfd can be read from that moment on (pidfd_open(2)).
fn deaths(tree: &[OwnedFd]) -> Outcome<Vec<u128>> {
    let mut ended: Vec<Option<u128>> = vec![None; tree.len()];
    while ended.contains(&None) {
        let alive: Vec<usize> = (0..tree.len()).filter(|at| ended[*at].is_none()).collect();
        let mut polled: Vec<PollFd> =
            alive.iter().map(|at| PollFd::new(tree[*at].as_fd(), PollFlags::POLLIN)).collect();
        if poll(&mut polled, PollTimeout::from(10_000_u16)).doing("watching the tree")? == 0 {
            return Err(format!("{} processes of the tree live 10 s after the kill", alive.len()).into());
        }
        let at = now_ns();
        for (index, fd) in alive.iter().zip(&polled) {
            if fd.any() == Some(true) {
                ended[*index] = Some(at);
            }
        }
    }
    Ok(ended.into_iter().flatten().collect())
}
