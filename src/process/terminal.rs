//! Reads the state of a process's terminal from outside: how it treats input and output, and whether the process waits
//! for input.
//!
//! The keeper, which holds the other end of the terminal, could ask the operating system too. But a keeper may be of an
//! older version; the process's own entry in `/proc` works with every version.

use super::stat::ProcessStat;
use super::tree::Census;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::termios::{LocalModes, OutputModes, tcgetattr};
use std::fs;
use std::os::fd::OwnedFd;

/// The major number of the first 2^20 pseudo-terminals (devices.txt of Linux; they are under `/dev/pts`).
const PTS_MAJOR: u64 = 136;

/// The way in which a terminal treats input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineDiscipline {
    /// The terminal keeps a line until its end is typed (ICANON).
    Cooked,
    /// The terminal passes each byte on at once.
    Raw,
}

/// Returns how the controlling terminal of this process treats input now; none where it has none, or this can't be
/// read.
pub fn line_discipline(pid: u32) -> Option<LineDiscipline> {
    discipline(&of_process(pid)?)
}

/// The way in which a terminal treats the end of a line that a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputLines {
    /// The terminal puts a carriage return before each line feed (OPOST and ONLCR): one byte more than was written.
    Returned,
    /// The terminal passes each byte on as it was written.
    AsWritten,
}

/// Returns how the controlling terminal of this process treats the end of a line now; none where it has none, or this
/// can't be read.
pub fn output_lines(pid: u32) -> Option<OutputLines> {
    let modes = tcgetattr(&of_process(pid)?).ok()?.output_modes;
    let returned = modes.contains(OutputModes::OPOST | OutputModes::ONLCR);
    Some(if returned { OutputLines::Returned } else { OutputLines::AsWritten })
}

/// Returns how many typed bytes no program has read, where the controlling terminal of this process passes each byte on
/// at once: a cooked terminal keeps bytes for the next reader. None where this can't be read.
pub fn unread_bytes(pid: u32) -> Option<u32> {
    let terminal = of_process(pid)?;
    match discipline(&terminal)? {
        LineDiscipline::Cooked => Some(0),
        LineDiscipline::Raw => rustix::io::ioctl_fionread(&terminal).ok().and_then(|bytes| bytes.try_into().ok()),
    }
}

fn discipline(terminal: &OwnedFd) -> Option<LineDiscipline> {
    let modes = tcgetattr(terminal).ok()?.local_modes;
    Some(if modes.contains(LocalModes::ICANON) { LineDiscipline::Cooked } else { LineDiscipline::Raw })
}

/// Opens the controlling terminal of a process from outside.
fn of_process(pid: u32) -> Option<OwnedFd> {
    let device = u64::from(ProcessStat::of(pid).ok()?.terminal?);
    let (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xf_ff00));
    if major != PTS_MAJOR {
        return None;
    }
    // The terminal is another process's: it must not become this one's controlling terminal, and opening it must not
    // block.
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let terminal = open(format!("/dev/pts/{minor}"), flags, Mode::empty()).ok()?;
    let opened = fstat(&terminal).ok()?;
    // A process inside a container may have another `/dev/pts` than this one.
    let same = FileType::from_raw_mode(opened.st_mode) == FileType::CharacterDevice
        && (u64::from(rustix::fs::major(opened.st_rdev)), u64::from(rustix::fs::minor(opened.st_rdev)))
            == (major, minor);
    same.then_some(terminal)
}

/// The functions in which Linux shows a process as sleeping while it reads a terminal: `n_tty_read`, or the one that it
/// calls.
const READING: [&str; 2] = ["n_tty_read", "wait_woken"];

/// Whether this process, or a descendant that shares its terminal, sleeps in a read of that terminal. A program that
/// waits for several things at once (poll) is not recognised.
pub fn reads_terminal(pid: u32) -> bool {
    let Ok(root) = ProcessStat::of(pid) else { return false };
    let reads = |process: &ProcessStat| {
        process.terminal.is_some()
            && process.terminal == root.terminal
            && fs::read_to_string(format!("/proc/{}/wchan", process.pid)).is_ok_and(|at| READING.contains(&at.trim()))
    };
    reads(&root) || Census::take().is_ok_and(|census| census.descendants(pid).iter().any(reads))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
    use std::io::Write;
    use std::time::{Duration, Instant};

    /// A `sh` that runs this script in a terminal of its own. It is ended when this is dropped.
    struct Shell {
        child: Box<dyn Child + Send + Sync>,
        terminal: Box<dyn MasterPty + Send>,
    }

    impl Shell {
        fn new(script: &str) -> Shell {
            let pair = native_pty_system().openpty(PtySize::default()).expect("a terminal");
            let mut command = CommandBuilder::new("sh");
            command.args(["-c", script]);
            Shell { child: pair.slave.spawn_command(command).expect("sh runs"), terminal: pair.master }
        }

        fn types(&mut self, bytes: &[u8]) {
            let mut keyboard = self.terminal.take_writer().expect("a keyboard");
            keyboard.write_all(bytes).expect("typed");
            // Dropping it would type the end of the file.
            std::mem::forget(keyboard);
        }

        fn pid(&self) -> u32 {
            self.child.process_id().expect("it runs")
        }

        fn eventually(&self, is: impl Fn(u32) -> bool) -> bool {
            let until = Instant::now() + Duration::from_secs(20);
            while Instant::now() < until {
                if is(self.pid()) {
                    return true;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            false
        }
    }

    impl Drop for Shell {
        fn drop(&mut self) {
            let _gone = self.child.kill();
            let _ended = self.child.wait();
        }
    }

    #[test]
    fn a_terminal_is_cooked_until_its_program_makes_it_raw() {
        let cooked = Shell::new("read line");
        assert!(cooked.eventually(|pid| line_discipline(pid) == Some(LineDiscipline::Cooked)));
        let raw = Shell::new("stty raw; exec sleep 1000");
        assert!(raw.eventually(|pid| line_discipline(pid) == Some(LineDiscipline::Raw)));
        assert_eq!(line_discipline(u32::MAX), None);
    }

    #[test]
    fn what_is_typed_into_a_raw_terminal_is_unread_until_it_is_read() {
        let mut shell = Shell::new("stty raw; exec sleep 1000");
        assert!(shell.eventually(|pid| line_discipline(pid) == Some(LineDiscipline::Raw)));
        assert_eq!(unread_bytes(shell.pid()), Some(0));
        shell.types(b"abc");
        assert!(shell.eventually(|pid| unread_bytes(pid) == Some(3)));
        let mut cooked = Shell::new("sleep 1000");
        cooked.types(b"abc\r");
        assert_eq!(unread_bytes(cooked.pid()), Some(0), "it waits for the next reader");
    }

    #[test]
    fn a_program_that_reads_its_terminal_is_seen_to_wait_and_one_that_sleeps_is_not() {
        let reads = Shell::new("read line");
        assert!(reads.eventually(reads_terminal));
        let child_reads = Shell::new("cat; true");
        assert!(child_reads.eventually(reads_terminal));
        let sleeps = Shell::new("sleep 1000; read line");
        let has_child = |pid| Census::take().is_ok_and(|census| !census.descendants(pid).is_empty());
        assert!(sleeps.eventually(has_child));
        assert!(!reads_terminal(sleeps.pid()));
    }
}
