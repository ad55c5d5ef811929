//! Kills the processes that remain of a lost keeper: those that carry a run's mark in their environment, and those that
//! belong to them.

use super::{Census, Cgroup, ProcessStat};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

/// The most killed processes that are waited for at a time. Beyond it, the next scan finds them.
const WAIT_DESCRIPTORS_MAX: usize = 64;

/// Further properties, beside the mark, by which a run's processes are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Also<'a> {
    /// The session that the run's process led.
    pub session: Option<u32>,
    /// Path of the cgroup that held the run's tree.
    pub cgroup: Option<&'a Path>,
}

/// The result of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The number of processes that were sent SIGKILL.
    pub killed: u32,
    /// Whether two scans in a row found no process. False: the deadline came first, or a process belongs to another
    /// user.
    pub emptied: bool,
}

/// The environment variable that marks every process of a run.
pub const MARK_VARIABLE: &str = "QD_RUN";

/// Kills every process with `QD_RUN=mark` in its environment, all its descendants, all processes of its session, and
/// those that `also` names, until two scans in a row find none or `limit` has passed. It blocks; nearly all of the time
/// is spent waiting for processes to end.
pub fn sweep_by_mark(mark: &str, also: Also<'_>, limit: Duration) -> io::Result<Swept> {
    let deadline = Instant::now() + limit;
    let mut killed = HashSet::new();
    let mut immune = HashSet::new();
    let mut empty_scans = 0;
    if let Some(cgroup) = also.cgroup {
        // A cgroup that is gone is an empty one.
        let _ = Cgroup::at(cgroup).kill();
    }
    while empty_scans < 2 {
        let mut found = marked(&Census::take()?, mark, also);
        found.retain(|process| !immune.contains(&process.pid));
        if found.is_empty() {
            empty_scans += 1;
            continue;
        }
        empty_scans = 0;
        let mut dying = Vec::new();
        for process in &found {
            let pin = pin(process);
            match super::signal(process, libc::SIGKILL) {
                Ok(true) => {
                    killed.insert((process.pid, process.start_time_ticks));
                    dying.extend(pin);
                }
                Ok(false) => {}
                // The process belongs to another user now.
                Err(_) => {
                    immune.insert(process.pid);
                }
            }
        }
        if Instant::now() >= deadline {
            return Ok(Swept { killed: killed.len() as u32, emptied: false });
        }
        dying.truncate(WAIT_DESCRIPTORS_MAX);
        await_ends(&dying, deadline);
    }
    Ok(Swept { killed: killed.len() as u32, emptied: immune.is_empty() })
}

/// Returns the live processes that belong to the mark. Never this very process.
fn marked(census: &Census, mark: &str, also: Also<'_>) -> Vec<ProcessStat> {
    let entry = format!("{MARK_VARIABLE}={mark}");
    let in_cgroup = also.cgroup.map(|path| Cgroup::at(path).members().unwrap_or_default()).unwrap_or_default();
    let is_root = |process: &&ProcessStat| {
        carries(process.pid, entry.as_bytes())
            || also.session == Some(process.session)
            || in_cgroup.contains(&process.pid)
    };
    let roots: Vec<ProcessStat> = census.processes().iter().filter(is_root).copied().collect();
    let sessions: HashSet<u32> = roots.iter().map(|process| process.session).collect();
    let mut pids: HashSet<u32> = roots.iter().map(|process| process.pid).collect();
    for root in &roots {
        pids.extend(census.descendants(root.pid).iter().map(|process| process.pid));
    }
    // A session of the tree was made inside the tree: its leader is in the tree, or gone.
    let own_session =
        |session: u32| sessions.contains(&session) && (pids.contains(&session) || !lives(census, session));
    let belongs = |process: &&ProcessStat| {
        let is_ours = pids.contains(&process.pid) || own_session(process.session);
        is_ours && process.is_alive() && process.pid != std::process::id()
    };
    census.processes().iter().filter(belongs).copied().collect()
}

fn lives(census: &Census, pid: u32) -> bool {
    census.find(pid).is_some()
}

/// Whether the environment with which a process was started holds this entry. That of another user's process can't be
/// read, and such a process is not of the run.
fn carries(pid: u32, entry: &[u8]) -> bool {
    std::fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|found| found == entry))
}

fn pin(process: &ProcessStat) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(process.pid as i32)?, PidfdFlags::empty()).ok()
}

/// Waits until all processes have ended, or until the deadline.
fn await_ends(pidfds: &[OwnedFd], deadline: Instant) {
    for pidfd in pidfds {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        // An interrupted wait only means that the next scan comes earlier.
        let _ = poll(&mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)], timeout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    #[test]
    fn the_marked_go_with_all_that_is_theirs_and_others_stay() {
        let mark = format!("sweep-test-{}", std::process::id());
        let script = "setsid sh -c 'sleep 7771 & env -i sleep 7771' & nohup sleep 7771 >/dev/null 2>&1 & env -i sleep 7771 & \
                      while [ $(ps -eo args | grep -c '^sleep 7771') -lt 4 ]; do :; done; echo; wait";
        let mut ours = Command::new("setsid");
        ours.args(["sh", "-c", script]).env(MARK_VARIABLE, &mark).stdout(Stdio::piped());
        let mut ours = ours.spawn().unwrap();
        let mut other = Command::new("sleep").arg("7772").env(MARK_VARIABLE, format!("{mark}9")).spawn().unwrap();
        ours.stdout.take().unwrap().read_exact(&mut [0]).unwrap();

        let swept = sweep_by_mark(&mark, Also::default(), Duration::from_secs(5)).unwrap();
        assert!(swept.emptied);
        assert!(swept.killed >= 6, "{swept:?}");
        assert_eq!(ours.wait().unwrap().signal(), Some(libc::SIGKILL));
        assert_eq!(other.try_wait().unwrap(), None);
        other.kill().unwrap();
        other.wait().unwrap();

        let again = sweep_by_mark(&mark, Also::default(), Duration::from_secs(5)).unwrap();
        assert_eq!(again, Swept { killed: 0, emptied: true });
    }
}
