//! Collects the output of a program until the program ends. The wait ends with the program, never with the end of a
//! pipe: its background processes (git's hooks start such) may hold the pipe for as long as they live.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStdin, Output};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes of one read.
const READ_BYTES: usize = 64 * 1024;
/// The time that an abandoned program has to end after SIGTERM before it is killed.
const ABANDON_GRACE: Duration = Duration::from_secs(1);
/// The interval at which a program is looked at on a system that can't tell when it ends (a kernel before 5.3).
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// A signal to work in other threads that its outcome is no longer wanted. All clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Abandon(Arc<Mutex<Word>>);

#[derive(Debug, Default)]
struct Word {
    has_begun: bool,
    is_said: bool,
    /// An event descriptor that wakes the thread that waits for a program; none while no thread waits.
    waker: Option<Arc<OwnedFd>>,
}

impl Abandon {
    /// Abandons the work; this cannot be undone. Returns whether the work has begun; if not, it never will.
    pub fn say(&self) -> bool {
        let mut word = self.word();
        word.is_said = true;
        if let Some(waker) = &word.waker {
            // The write can only fail if the counter is full, and then it was written before.
            let _said = rustix::io::write(waker, &1u64.to_ne_bytes());
        }
        word.has_begun
    }

    /// Marks the work as begun, unless it was abandoned: then it returns false.
    pub(super) fn begin(&self) -> bool {
        let mut word = self.word();
        word.has_begun |= !word.is_said;
        word.has_begun
    }

    /// Whether the work was abandoned.
    pub fn is_said(&self) -> bool {
        self.word().is_said
    }

    /// Returns a descriptor that becomes readable when the work is abandoned.
    fn waker(&self) -> io::Result<Arc<OwnedFd>> {
        let mut word = self.word();
        let waker = Arc::new(eventfd(word.is_said.into(), EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        word.waker = Some(Arc::clone(&waker));
        Ok(waker)
    }

    fn word(&self) -> MutexGuard<'_, Word> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits within which a program may run.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    /// The longest time that the program may take. Beyond it, the program is killed, with its process group.
    pub(super) limit: Option<Duration>,
    /// A signal that abandons the program: then it gets SIGTERM, with its process group, and soon after SIGKILL.
    pub(super) abandon: Option<Abandon>,
}

impl Bounds {
    /// Whether the program must lead a process group, by which it can be ended.
    pub(super) fn wants_group(&self) -> bool {
        self.limit.is_some() || self.abandon.is_some()
    }
}

/// The reason why a program is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Late,
    Abandoned,
}

/// Gives a program its input, collects what it prints, at most `bytes_max` of each stream, and waits until it ends. The
/// program must lead a process group if its bounds want that.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] when it took too long, [`io::ErrorKind::Interrupted`] when it was abandoned,
/// [`io::ErrorKind::FileTooLarge`] when it printed more; other errors of the system.
pub(super) fn run(mut child: Child, input: &[u8], bounds: &Bounds, bytes_max: usize) -> io::Result<Output> {
    let group = Pid::from_child(&child);
    let ended = pidfd_open(group, PidfdFlags::empty()).ok();
    let waker = bounds.abandon.as_ref().map(Abandon::waker).transpose()?;
    let mut stdin = Input::new(child.stdin.take(), input)?;
    let mut stdout = Stream::new(child.stdout.take(), bytes_max)?;
    let mut stderr = Stream::new(child.stderr.take(), bytes_max)?;
    let mut until = bounds.limit.map(|limit| Instant::now() + limit);
    let mut cut = None;
    // As long as the program has not been waited for, no other process group can have its number.
    let status = loop {
        if cut.is_some() && has_ended(group) {
            // Kills the processes that the program started and that did not end on SIGTERM.
            kill_process_group(group, Signal::KILL).ok();
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if cut.is_none() && bounds.abandon.as_ref().is_some_and(Abandon::is_said) {
            cut = Some(Cut::Abandoned);
            until = Some(Instant::now() + ABANDON_GRACE);
            kill_process_group(group, Signal::TERM).ok();
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            cut = cut.or(Some(Cut::Late));
            until = None;
            kill_process_group(group, Signal::KILL).ok();
        }
        let waker = waker.as_deref().filter(|_| cut.is_none());
        wait([ended.as_ref().map(OwnedFd::as_fd), waker.map(OwnedFd::as_fd)], &stdin, [&stdout, &stderr], until)?;
        stdin.write();
        stdout.read()?;
        stderr.read()?;
    };
    // All output of the program itself has arrived by now; later output of other processes is not part of its answer.
    stdout.read()?;
    stderr.read()?;
    match cut {
        Some(Cut::Late) => Err(io::ErrorKind::TimedOut.into()),
        Some(Cut::Abandoned) => Err(io::ErrorKind::Interrupted.into()),
        None => Ok(Output { status, stdout: stdout.bytes()?, stderr: stderr.bytes()? }),
    }
}

/// Whether a child has ended; it can still be waited for.
fn has_ended(child: Pid) -> bool {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    waitid(WaitId::Pid(child), look).is_ok_and(|ended| ended.is_some())
}

/// Waits until the program ends, is abandoned, reads or prints, or its time limit has passed.
fn wait(
    [ended, abandoned]: [Option<BorrowedFd<'_>>; 2],
    stdin: &Input<'_>,
    streams: [&Stream; 2],
    until: Option<Instant>,
) -> io::Result<()> {
    let words = [ended, abandoned].into_iter().flatten();
    let mut fds: Vec<PollFd<'_>> = words.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    fds.extend(stdin.pipe.iter().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLOUT)));
    fds.extend(
        streams
            .iter()
            .filter_map(|stream| stream.pipe.as_ref())
            .map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)),
    );
    let left = until.map(|until| until.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
    let left = if ended.is_none() { Some(left.map_or(LOOK_INTERVAL, |left| left.min(LOOK_INTERVAL))) } else { left };
    let timeout = left.map_or(PollTimeout::NONE, |left| PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX));
    match poll(&mut fds, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// The input of a program. A program that does not read all of it causes no error here: its exit code says whether it
/// failed.
struct Input<'i> {
    pipe: Option<ChildStdin>,
    left: &'i [u8],
}

impl<'i> Input<'i> {
    fn new(pipe: Option<ChildStdin>, left: &'i [u8]) -> io::Result<Input<'i>> {
        pipe.as_ref().map(|pipe| rustix::io::ioctl_fionbio(pipe, true)).transpose()?;
        Ok(Input { pipe, left })
    }

    fn write(&mut self) {
        while let Some(pipe) = &mut self.pipe {
            match if self.left.is_empty() { Ok(0) } else { pipe.write(self.left) } {
                Ok(0) => self.pipe = None,
                Ok(count) => self.left = &self.left[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.pipe = None,
            }
        }
    }
}

/// The output of a program on one stream.
struct Stream {
    pipe: Option<OwnedFd>,
    printed: Vec<u8>,
    bytes_max: usize,
}

impl Stream {
    fn new(pipe: Option<impl Into<OwnedFd>>, bytes_max: usize) -> io::Result<Stream> {
        let pipe: Option<OwnedFd> = pipe.map(Into::into);
        pipe.as_ref().map(|pipe| rustix::io::ioctl_fionbio(pipe, true)).transpose()?;
        Ok(Stream { pipe, printed: Vec::new(), bytes_max })
    }

    /// Reads the bytes that are there.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; READ_BYTES];
        while let Some(pipe) = &self.pipe {
            match rustix::io::read(pipe, &mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(count) => self.printed.extend_from_slice(&buffer[..count]),
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            if self.printed.len() > self.bytes_max {
                self.pipe = None;
            }
        }
        Ok(())
    }

    fn bytes(self) -> io::Result<Vec<u8>> {
        match self.printed.len() > self.bytes_max {
            true => {
                let why = format!("it printed more than {} bytes", self.bytes_max);
                Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
            }
            false => Ok(self.printed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    fn sh(line: &str, input: &[u8], limit: Option<Duration>, bytes_max: usize) -> io::Result<Output> {
        let mut command = Command::new("sh");
        command.args(["-c", line]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        run(command.spawn().expect("a shell"), input, &Bounds { limit, ..Bounds::default() }, bytes_max)
    }

    #[test]
    fn what_is_abandoned_ends_with_its_group_also_when_it_heeds_no_sigterm() {
        for line in ["sleep 1000; :", "trap '' TERM; sleep 1000; :", "(trap '' TERM; sleep 1000; :) & wait"] {
            let mut command = Command::new("sh");
            command.args(["-c", line]).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
            let abandon = Abandon::default();
            let child = command.spawn().expect("a shell");
            let group = Pid::from_child(&child);
            let said = abandon.clone();
            let saying = std::thread::spawn(move || said.say());
            let cut =
                run(child, b"", &Bounds { limit: None, abandon: Some(abandon.clone()) }, 10).expect_err("abandoned");
            saying.join().expect("said");
            assert!(cut.kind() == io::ErrorKind::Interrupted && abandon.is_said(), "{line}");
            // Its orphans are dead at once, and disappear when the process that adopted them has waited for them.
            let began = Instant::now();
            while kill_process_group(group, Signal::CONT).is_ok() {
                assert!(began.elapsed() < Duration::from_secs(60), "{line}: something of it is left");
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_wait_ends_with_the_program_whoever_holds_its_pipes() {
        let began = Instant::now();
        let said = sh("sleep 1000 & echo $!; echo wrong >&2; exit 3", b"", None, 1_000).expect("run");
        assert!(began.elapsed() < Duration::from_secs(500));
        assert_eq!((said.status.code(), said.stderr.as_slice()), (Some(3), b"wrong\n".as_slice()));
        let sleeper: u32 = String::from_utf8_lossy(&said.stdout).trim().parse().expect("a pid");
        let seen = end(sleeper);
        assert!(seen, "it lived when the wait had ended");
    }

    /// Kills a process; returns whether it was alive.
    fn end(pid: u32) -> bool {
        Pid::from_raw(pid as i32).is_some_and(|pid| rustix::process::kill_process(pid, Signal::KILL).is_ok())
    }

    #[test]
    fn much_goes_in_and_out_at_the_same_time() {
        let input: Vec<u8> = (0..3_000_000u32).map(|at| at as u8).collect();
        let said = sh("tee /dev/stderr", &input, None, 4_000_000).expect("run");
        assert!(said.stdout == input && said.stderr == input);
        assert!(sh("exit 0", &input, None, 10).is_ok(), "what is not read is no error");
    }

    #[test]
    fn a_limit_on_time_and_one_on_bytes_hold() {
        let began = Instant::now();
        let late = sh("sleep 1000 & sleep 1000", b"", Some(Duration::from_millis(50)), 10).expect_err("late");
        assert!(late.kind() == io::ErrorKind::TimedOut && began.elapsed() < Duration::from_secs(500));
        let much = sh("echo 12345678901", b"", None, 10).expect_err("much");
        assert_eq!(much.kind(), io::ErrorKind::FileTooLarge);
        assert!(sh("yes", b"", None, 10).is_err(), "what prints for ever ends");
    }
}
