//! The end of a run, in this order: its process is reaped, its terminal is drained, its tree is empty.
//!
//! ```text
//!  Running ──reaped──▶ Draining ──closed, quiet twice, or DRAIN_LIMIT──▶ Exited ──no child left──▶ Emptied
//!     └──could not start────────────────────────────────────────────────────────────────────────────▲
//! ```

use super::terminal::After;
use crate::clock::unix_ms;
use crate::wire::record::{Ending as Record, ExitRecord};
use nix::errno::Errno;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use quarterdeck_core::ending::{Exit, TreeReport};
use std::time::{Duration, Instant, SystemTime};

/// The longest time for which the terminal of an ended process is read while other processes still write to it.
/// Beyond it, the end is reported; output is read on until the tree is empty.
const DRAIN_LIMIT: Duration = Duration::from_millis(250);

/// The pause between two checks whether a terminal without output stays so.
const QUIET_PAUSE: Duration = Duration::from_millis(2);

/// The stage of a run, from its start to the empty tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The agent's process is alive.
    Running { pid: u32 },
    /// The agent's process is reaped; its last output is being read.
    Draining { exit: Exit, until: Instant, quiet_since: Option<Instant> },
    /// All output of the agent's process is read, up to this offset; this many processes of the tree remained then.
    Exited { exit: Exit, offset: u64, left: u32 },
    /// No process of the tree remains; the report says what was needed to end them.
    Emptied { exit: Exit, offset: u64, left: u32, report: TreeReport },
    /// The program could not be started.
    StartFailed { reason: String },
}

/// The results of wait(2) for the keeper's children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reaped {
    /// The exit of the agent's process, if it is among those reaped.
    pub(super) exit: Option<Exit>,
    /// Whether no child remains. Then the tree is empty, because the keeper is its subreaper.
    pub(super) none_left: bool,
}

/// Reaps every child that has ended.
pub(super) fn reap(agent: Option<u32>) -> Reaped {
    let mut reaped = Reaped::default();
    loop {
        let (pid, exit) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, Exit::Code(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Exit::Signal(signal as i32)),
            Ok(WaitStatus::StillAlive) => return reaped,
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(_) => {
                reaped.none_left = true;
                return reaped;
            }
        };
        if Some(pid.as_raw() as u32) == agent {
            reaped.exit = Some(exit);
        }
    }
}

impl Stage {
    /// The stage that begins when the agent's process is reaped.
    pub(super) fn draining(exit: Exit, now: Instant) -> Stage {
        Stage::Draining { exit, until: now + DRAIN_LIMIT, quiet_since: None }
    }

    /// The id of the agent's process, while it is alive.
    pub(super) fn pid(&self) -> Option<u32> {
        match self {
            Stage::Running { pid } => Some(*pid),
            _ => None,
        }
    }

    /// The time at which to read the terminal again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Stage::Draining { quiet_since: Some(since), .. } => Some(*since + QUIET_PAUSE),
            Stage::Draining { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether the terminal is drained, given how many bytes a read brought and what it left behind.
    pub(super) fn is_drained(&mut self, length: usize, after: After, now: Instant) -> bool {
        let Stage::Draining { until, quiet_since, .. } = self else { return false };
        if after == After::Closed || now >= *until {
            return true;
        }
        match (after, *quiet_since) {
            (After::Quiet, Some(since)) if length == 0 => now >= since + QUIET_PAUSE,
            (After::Quiet, _) => {
                *quiet_since = Some(now);
                false
            }
            _ => {
                *quiet_since = None;
                false
            }
        }
    }

    /// The exit, the offset and the number of remaining processes, once the run's exit is complete.
    pub(super) fn exited(&self) -> Option<(Exit, u64, u32)> {
        match *self {
            Stage::Exited { exit, offset, left } | Stage::Emptied { exit, offset, left, .. } => {
                Some((exit, offset, left))
            }
            _ => None,
        }
    }

    /// The report on the emptied tree, once the tree is empty.
    pub(super) fn report(&self) -> Option<TreeReport> {
        match *self {
            Stage::Emptied { report, .. } => Some(report),
            _ => None,
        }
    }

    /// Whether nothing can happen to the run any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Stage::Emptied { .. } | Stage::StartFailed { .. })
    }
}

/// Returns the exit record of a stage that has one.
pub(super) fn record(stage: &Stage, started: SystemTime, ended: SystemTime) -> Option<ExitRecord> {
    let (ending, output_bytes) = match stage {
        Stage::Exited { exit, offset, .. } | Stage::Emptied { exit, offset, .. } => (Record::Exited(*exit), *offset),
        Stage::StartFailed { reason } => (Record::StartFailed(reason.clone()), 0),
        Stage::Running { .. } | Stage::Draining { .. } => return None,
    };
    // It fails only for an invalid argument.
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
    let microseconds = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Some(ExitRecord {
        ending,
        started_unix_ms: unix_ms(started),
        ended_unix_ms: unix_ms(ended),
        user_us: usage.map_or(0, |usage| microseconds(usage.user_time())),
        system_us: usage.map_or(0, |usage| microseconds(usage.system_time())),
        resident_max_bytes: usage.map_or(0, |usage| usage.max_rss() as u64 * 1024),
        output_bytes,
        emptied: stage.report(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_ends_when_closed_when_quiet_twice_or_in_time() {
        let now = Instant::now();
        let draining = || Stage::draining(Exit::Code(0), now);
        assert!(draining().is_drained(0, After::Closed, now));

        let mut quiet = draining();
        assert!(!quiet.is_drained(0, After::Quiet, now));
        assert_eq!(quiet.deadline(), Some(now + QUIET_PAUSE));
        assert!(quiet.is_drained(0, After::Quiet, now + QUIET_PAUSE));

        let mut noisy = draining();
        assert!(!noisy.is_drained(5, After::Quiet, now));
        assert!(!noisy.is_drained(5, After::Quiet, now + QUIET_PAUSE));
        assert_eq!(noisy.deadline(), Some(now + 2 * QUIET_PAUSE));
        assert!(!noisy.is_drained(5, After::More, now + 2 * QUIET_PAUSE));
        assert!(noisy.is_drained(5, After::More, now + DRAIN_LIMIT));
    }
}
