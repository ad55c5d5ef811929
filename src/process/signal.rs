//! Sends signals that reach the right process. A process id may be reused between a look and a signal, so a process is
//! pinned by a pidfd (pidfd_open(2)), read again, and only then signalled.

use super::stat::ProcessStat;
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, killpg, sigaction};
use nix::unistd::Pid;
use std::io;

/// Sends a signal to the very process that was seen. Returns false when that process is gone.
#[cfg(target_os = "linux")]
pub fn send(seen: &ProcessStat, signal: i32) -> io::Result<bool> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let (Some(pid), Some(number)) = (rustix::process::Pid::from_raw(seen.pid as i32), named(signal)) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        Err(rustix::io::Errno::SRCH) => return Ok(false),
        // Linux before 5.3, or no free descriptor: only the second look protects against a reused id.
        Err(_) => {
            return if is_still(seen) { reached(kill(Pid::from_raw(seen.pid as i32), number)) } else { Ok(false) };
        }
    };
    if !is_still(seen) {
        return Ok(false);
    }
    let Some(number) = rustix::process::Signal::from_named_raw(signal) else {
        return reached(kill(Pid::from_raw(seen.pid as i32), number));
    };
    match pidfd_send_signal(&pidfd, number) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Sends a signal to the process with the id that was seen. On this system, a reused id is not noticed.
#[cfg(not(target_os = "linux"))]
pub fn send(seen: &ProcessStat, signal: i32) -> io::Result<bool> {
    let signal = named(signal).ok_or(io::ErrorKind::InvalidInput)?;
    reached(kill(Pid::from_raw(seen.pid as i32), signal))
}

/// Sends a signal to every process of a group. Returns false when there is none.
pub fn send_to_group(group: u32, signal: i32) -> io::Result<bool> {
    let signal = named(signal).ok_or(io::ErrorKind::InvalidInput)?;
    if group <= 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    reached(killpg(Pid::from_raw(group as i32), signal))
}

fn named(signal: i32) -> Option<Signal> {
    Signal::try_from(signal).ok()
}

#[cfg(target_os = "linux")]
fn is_still(seen: &ProcessStat) -> bool {
    ProcessStat::of(seen.pid).is_ok_and(|now| now.start_time_ticks == seen.start_time_ticks)
}

fn reached(result: Result<(), Errno>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(Errno::ESRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes writes beyond RLIMIT_FSIZE (`ulimit -f`) fail with an error (EFBIG), which is handled as a full disk is,
/// instead of killing this process (setrlimit(2)). The signal is caught, not ignored, so that programs started from
/// here have the default action again, as from a shell.
pub fn outlive_file_size_limits() {
    extern "C" fn nothing(_: libc::c_int) {}
    let caught = SigAction::new(SigHandler::Handler(nothing), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: an empty handler does nothing that is unsafe in a signal handler (signal-safety(7)).
    let _only_for_signals_that_are_none = unsafe { sigaction(Signal::SIGXFSZ, &caught) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn the_seen_process_is_hit_and_another_with_its_id_is_not() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let seen = ProcessStat::of(child.id()).unwrap();
        let earlier = ProcessStat { start_time_ticks: seen.start_time_ticks - 1, ..seen };
        assert!(!send(&earlier, libc::SIGKILL).unwrap());
        assert!(ProcessStat::of(child.id()).unwrap().is_alive());
        assert!(send(&seen, libc::SIGKILL).unwrap());
        assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
        assert!(!send(&seen, libc::SIGKILL).unwrap());
    }

    #[test]
    fn everybody_is_not_a_group() {
        assert!(send_to_group(0, libc::SIGCONT).is_err());
        assert!(send_to_group(1, libc::SIGCONT).is_err());
    }
}
