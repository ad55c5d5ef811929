//! A supervisor's process, watched until all of it is gone: its listener, its lock on the fleet, its log.
//!
//! The connection to a supervisor ends before its process does, so a client that acts when the connection ends meets a
//! process that still exists.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A process of this user. The handle stays valid even if the process id is used again.
#[derive(Debug)]
pub struct Process(OwnedFd);

impl Process {
    /// Returns the process with this id.
    ///
    /// # Errors
    /// An error is returned if there is no such process (any more).
    pub fn of(pid: u32) -> io::Result<Process> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(ErrorKind::NotFound)?;
        Ok(Process(pidfd_open(pid, PidfdFlags::empty())?))
    }

    /// Sends SIGKILL to the process.
    pub(super) fn kill(&self) -> io::Result<()> {
        Ok(pidfd_send_signal(&self.0, Signal::KILL)?)
    }

    /// Waits until the process is gone; returns false if it is not gone within `limit`.
    pub async fn is_gone_within(self, limit: Duration) -> bool {
        // pidfd_open(2): the descriptor is readable when the process has ended. The wait is limited, and so is the
        // thread's life.
        tokio::task::spawn_blocking(move || wait(&self.0, limit)).await.unwrap_or(false)
    }
}

fn wait(process: &OwnedFd, limit: Duration) -> bool {
    let timeout = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
    let mut watched = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    poll(&mut watched, timeout).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_is_told_and_those_who_are_gone_are_not_found() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("a process");
        let process = Process::of(child.id()).expect("it lives");
        assert!(!Process::of(child.id()).expect("it lives").is_gone_within(Duration::ZERO).await);
        process.kill().expect("killed");
        assert!(process.is_gone_within(Duration::from_secs(30)).await);
        child.wait().expect("reaped");
        assert!(Process::of(child.id()).is_err());
        assert!(Process::of(0).is_err() && Process::of(u32::MAX).is_err());
    }
}
