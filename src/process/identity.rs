//! The identity of a process. Process ids are reused, so a process is identified by its id, the moment it started, and
//! the boot from which that moment is counted.

use super::stat::ProcessStat;
use std::fs;
use std::io;

/// The identity of one process, unique across reused ids and reboots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The id of the process.
    pub pid: u32,
    /// The time at which the process started, in clock ticks since boot (field 22 of proc_pid_stat(5)). Zero where
    /// there is no `/proc`.
    pub start_time_ticks: u64,
    /// The id of the boot (random(4), `boot_id`). Empty where there is no `/proc`.
    pub boot_id: String,
}

impl Identity {
    /// Returns the identity of the process that has this id now; an error of kind `NotFound` if there is none.
    #[cfg(target_os = "linux")]
    pub fn of(pid: u32) -> io::Result<Identity> {
        let start_time_ticks = ProcessStat::of(pid)?.start_time_ticks;
        Ok(Identity { pid, start_time_ticks, boot_id: boot_id()? })
    }

    /// Returns the identity of the process that has this id now. Without `/proc`, a reused id is not noticed.
    #[cfg(not(target_os = "linux"))]
    pub fn of(pid: u32) -> io::Result<Identity> {
        Ok(Identity { pid, start_time_ticks: 0, boot_id: String::new() })
    }

    /// Whether exactly this process is still alive. A zombie is not.
    pub fn is_alive(&self) -> bool {
        self.seen().is_some()
    }

    /// Returns the present state of this very process; none when it is no longer alive.
    pub fn seen(&self) -> Option<ProcessStat> {
        let same = |stat: &ProcessStat| stat.start_time_ticks == self.start_time_ticks && stat.is_alive();
        ProcessStat::of(self.pid).ok().filter(same).filter(|_| boot_id().is_ok_and(|boot| boot == self.boot_id))
    }
}

fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_itself_and_nobody_else() {
        let own = Identity::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!Identity { start_time_ticks: own.start_time_ticks + 1, ..own.clone() }.is_alive());
        assert!(!Identity { boot_id: "another".into(), ..own }.is_alive());
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let mut child = Command::new("true").spawn().unwrap();
        let identity = Identity::of(child.id());
        let pid = nix::unistd::Pid::from_raw(child.id() as i32);
        // Waits for the end without reaping the process.
        let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
        nix::sys::wait::waitid(nix::sys::wait::Id::Pid(pid), flags).unwrap();
        assert!(!identity.unwrap().is_alive());
        child.wait().unwrap();
        assert_eq!(Identity::of(child.id()).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
