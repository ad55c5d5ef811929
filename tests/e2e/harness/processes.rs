//! Reads the process table of Linux: the processes of a fleet, their states, and waiting for their end.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A process that is not a zombie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    /// The id of the process.
    pub(crate) pid: u32,
    /// The id of the process's parent.
    pub(crate) parent: u32,
    /// The id of the session that the process is in.
    pub(crate) session: u32,
    /// The state of the process as one letter: `R`, `S`, `D`, `T` …
    pub(crate) state: char,
    /// The command line of the process, its words separated by blanks.
    pub(crate) line: String,
}

/// Returns every process whose environment, command line, or working directory holds one of these words. It looks at
/// all three, because an agent may drop its environment, rename itself or leave its directory, but hardly do all three.
pub(crate) fn that_hold(words: &[String]) -> Vec<Process> {
    let mut found: Vec<Process> = pids().filter_map(|pid| if holds(pid, words) { look(pid) } else { None }).collect();
    found.sort();
    found
}

/// Returns every process whose environment holds the whole `entry` (`NAME=VALUE`).
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

/// Returns a process by its id; none when it is gone or a zombie.
pub(crate) fn look(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // proc_pid_stat(5): the name is in parentheses and may itself hold some.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse().ok());
    let state = fields.first()?.chars().next()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ").trim_end().to_owned();
    (!matches!(state, 'Z' | 'X')).then_some(Process { pid, parent: number(1)?, session: number(3)?, state, line })
}

/// Sends a signal; if the process is gone already, that counts as done.
pub(crate) fn kill(pid: u32, signal: Signal) {
    let _gone_already = nix::sys::signal::kill(Pid::from_raw(pid as i32), signal);
}

/// Returns a descriptor that becomes readable when the process ends; none when it is gone.
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

/// Sends SIGKILL to a process and waits until it is gone.
#[track_caller]
pub(crate) fn end(pid: u32) {
    let handle = handle(pid);
    kill(pid, Signal::SIGKILL);
    assert!(gone_within(handle.as_ref(), super::DEADLINE), "{pid} outlives SIGKILL: {:?}", look(pid));
}
