//! Reads the state of one process from `/proc/PID/stat` (proc_pid_stat(5)).

use std::fs::File;
use std::io::{self, Read};
use std::time::{SystemTime, UNIX_EPOCH};

/// The state of one process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// The id of the process.
    pub pid: u32,
    /// The process id of the process's parent.
    pub parent: u32,
    /// The id of the process group that the process is in.
    pub group: u32,
    /// The id of the session that the process is in.
    pub session: u32,
    /// The device number of the process's controlling terminal, if it has one.
    pub terminal: Option<u32>,
    /// The process group in the foreground of the process's terminal, if it has one.
    pub foreground: Option<u32>,
    /// Whether the process runs, is stopped or has ended.
    pub state: ProcessState,
    /// The processor time of the process itself, user and kernel, in clock ticks.
    pub own_ticks: u64,
    /// The processor time of the children that the process has waited for, and of theirs, in clock ticks.
    pub reaped_ticks: u64,
    /// The number of threads of the process.
    pub threads: u32,
    /// The time at which the process started, in clock ticks since boot.
    pub start_time_ticks: u64,
    /// The number of the process's memory pages that are resident.
    pub resident_pages: u64,
}

/// The state of a process, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// The process is running, or sleeping.
    Live,
    /// The process is inside a system call and deaf to signals: it waits for a disk, or for its vfork(2)ed child.
    Deaf,
    /// The process is stopped by a signal or a tracer.
    Stopped,
    /// The process has ended, and was not waited for yet.
    Zombie,
}

/// The longest line of `/proc/PID/stat`, bytes: 52 numbers of at most 20 digits, and a name of at most 64 bytes. Beyond
/// it, the process is not read.
const LINE_BYTES_MAX: usize = 2048;

impl ProcessStat {
    /// Returns the state of the process with this id; an error of kind `NotFound` if there is none.
    pub fn of(pid: u32) -> io::Result<ProcessStat> {
        let mut line = [0; LINE_BYTES_MAX];
        let mut length = 0;
        let mut file = File::open(format!("/proc/{pid}/stat"))?;
        loop {
            match file.read(&mut line[length..])? {
                0 => break,
                count => length += count,
            }
        }
        ProcessStat::parse(&line[..length]).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Reads a line of `/proc/PID/stat`. The name (field 2) may hold spaces, parentheses and any bytes, so the other
    /// fields begin behind the last parenthesis.
    pub fn parse(line: &[u8]) -> Option<ProcessStat> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let pid = std::str::from_utf8(&line[..open]).ok()?.trim_end().parse().ok()?;
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let mut fields = [""; 22];
        let mut words = rest.split_ascii_whitespace();
        for field in &mut fields {
            *field = words.next()?;
        }
        // proc_pid_stat(5) counts fields from 1, and the first one here is its field 3.
        let number = |field: usize| fields[field - 3].parse::<u64>().ok();
        let id = |field: usize| fields[field - 3].parse::<i32>().ok().map(|id| id.max(0) as u32);
        let threads = id(20)?;
        Some(ProcessStat {
            pid,
            parent: id(4)?,
            group: id(5)?,
            session: id(6)?,
            terminal: Some(id(7)?).filter(|device| *device != 0),
            foreground: Some(id(8)?).filter(|group| *group != 0),
            state: match fields[0] {
                "T" | "t" => ProcessState::Stopped,
                // The main thread of a process may have ended while others continue.
                "Z" | "X" | "x" if threads <= 1 => ProcessState::Zombie,
                "D" => ProcessState::Deaf,
                _ => ProcessState::Live,
            },
            own_ticks: number(14)?.checked_add(number(15)?)?,
            reaped_ticks: number(16)?.checked_add(number(17)?)?,
            threads,
            start_time_ticks: number(22)?,
            resident_pages: number(24)?,
        })
    }

    /// The time at which the process started, in milliseconds since the Unix epoch, to within a clock tick.
    pub fn started_unix_ms(&self) -> Option<u64> {
        let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
        let since_boot = uptime.split_whitespace().next()?.parse::<f64>().ok()?;
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis() as u64;
        let boot_ms = now_ms.checked_sub((since_boot * 1000.0) as u64)?;
        Some(boot_ms + self.start_time_ticks * 1000 / ticks_per_second())
    }

    /// Whether the process has not ended.
    pub fn is_alive(&self) -> bool {
        self.state != ProcessState::Zombie
    }
}

pub fn ticks_per_second() -> u64 {
    // SAFETY: sysconf takes a number and returns one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_name_is_passed_over(pid in 1..4_194_304u32, name in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut line = format!("{pid} (").into_bytes();
            line.extend_from_slice(&name);
            line.extend_from_slice(
                b") S 41 42 43 34816 42 4194304 1 2 3 4 50 6 70 8 20 0 3 0 12345 9999 77 18446744073709551615 1 1\n",
            );
            let stat = ProcessStat::parse(&line).unwrap();
            prop_assert_eq!((stat.pid, stat.parent, stat.group, stat.session), (pid, 41, 42, 43));
            prop_assert_eq!((stat.terminal, stat.foreground), (Some(34_816), Some(42)));
            prop_assert_eq!((stat.own_ticks, stat.reaped_ticks), (56, 78));
            prop_assert_eq!((stat.threads, stat.start_time_ticks, stat.resident_pages), (3, 12345, 77));
            prop_assert_eq!(stat.state, ProcessState::Live);
        }

        #[test]
        fn arbitrary_bytes_never_panic(line in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = ProcessStat::parse(&line);
        }

        #[test]
        fn arbitrary_fields_never_panic(line in "[0-9]{1,3} \\([a-z)( ]{0,9}\\)( (-?[0-9]{1,21}|[A-Z])){0,30}") {
            let _ = ProcessStat::parse(line.as_bytes());
        }
    }

    #[test]
    fn this_very_process_is_found() {
        let stat = ProcessStat::of(std::process::id()).unwrap();
        assert_eq!(stat.pid, std::process::id());
        assert_eq!(stat.parent, std::os::unix::process::parent_id());
        assert!(stat.is_alive() && stat.resident_pages > 0);
    }
}
