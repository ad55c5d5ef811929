//! The process table as Linux shows it: who belongs to a fleet, how they are, and waiting for their end.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A process that is more than a zombie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    /// Its id.
    pub(crate) pid: u32,
    /// Its parent's id.
    pub(crate) parent: u32,
    /// Its session's id.
    pub(crate) session: u32,
    /// One letter: `R`, `S`, `D`, `T` …
    pub(crate) state: char,
    /// Its command line, words parted by blanks.
    pub(crate) line: String,
}

/// Every process whose environment, command line, or working directory holds one of these words. Three nets,
/// because an agent may drop its environment, rename itself or leave its directory, but hardly all three.
pub(crate) fn that_hold(words: &[String]) -> Vec<Process> {
    let mut found: Vec<Process> = pids().filter_map(|pid| if holds(pid, words) { look(pid) } else { None }).collect();
    found.sort();
    found
}

/// Every process whose environment holds `entry` (`NAME=VALUE`), whole.
pub(crate) fn with_environment(entry: &str) -> Vec<Process> {
    let has = |pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == entry.as_bytes())
    };
    pids().filter(|pid| has(*pid)).filter_map(look).collect()
}

fn holds(pid: u32, words: &[String]) -> bool {
    let directory = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
    let sources = [
        fs::read(format!("/proc/{pid}/environ")).unwrap_or_default(),
        fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default(),
        directory.into_os_string().into_encoded_bytes(),
    ];
    let contains = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    words.iter().any(|word| sources.iter().any(|bytes| contains(bytes, word)))
}

fn pids() -> impl Iterator<Item = u32> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(move |pid| *pid != own)
}

/// A process by its id; none when it is gone or a zombie.
pub(crate) fn look(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // proc_pid_stat(5): the name is in parentheses and may itself hold any.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse().ok());
    let state = fields.first()?.chars().next()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ").trim_end().to_owned();
    (!matches!(state, 'Z' | 'X')).then_some(Process { pid, parent: number(1)?, session: number(3)?, state, line })
}

/// Sends a signal; one that is gone already is as good as signalled.
pub(crate) fn kill(pid: u32, signal: Signal) {
    let _gone_already = nix::sys::signal::kill(Pid::from_raw(pid as i32), signal);
}

/// Something that becomes readable when the process ends; none when it is gone.
pub(crate) fn handle(pid: u32) -> Option<OwnedFd> {
    pidfd_open(rustix::process::Pid::from_raw(pid as i32)?, PidfdFlags::empty()).ok()
}

/// Waits until the process has ended. Returns whether it has.
pub(crate) fn gone_within(handle: Option<&OwnedFd>, span: Duration) -> bool {
    let Some(handle) = handle else { return true };
    let timeout = PollTimeout::try_from(span).unwrap_or(PollTimeout::MAX);
    let mut watched = [PollFd::new(handle.as_fd(), PollFlags::POLLIN)];
    loop {
        match poll(&mut watched, timeout) {
            Err(nix::errno::Errno::EINTR) => {}
            polled => return polled.is_ok_and(|ready| ready > 0),
        }
    }
}

/// SIGKILLs a process and waits until it is gone.
#[track_caller]
pub(crate) fn end(pid: u32) {
    let handle = handle(pid);
    kill(pid, Signal::SIGKILL);
    assert!(gone_within(handle.as_ref(), super::DEADLINE), "{pid} outlives SIGKILL: {:?}", look(pid));
}
