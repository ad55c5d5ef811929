//! What a program prints, and how it ends. The wait ends with the program, never with the end of a pipe: what it leaves
//! in the background (git's hooks do) may hold the pipe for as long as it lives.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStdin, Output};
use std::time::{Duration, Instant};

/// Read at a time.
const READ_BYTES: usize = 64 * 1024;
/// How often a program is looked at on a system that can't tell when it ends (a kernel before 5.3).
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Gives a program its input, takes what it prints, at most `bytes_max` of each stream, and waits until it ends. One that
/// takes longer than `limit` is killed with its process group, which must be its own then.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`]; [`io::ErrorKind::FileTooLarge`] when it printed more; what the system says.
pub(super) fn run(mut child: Child, input: &[u8], limit: Option<Duration>, bytes_max: usize) -> io::Result<Output> {
    let ended = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok();
    let mut stdin = Input::new(child.stdin.take(), input)?;
    let mut stdout = Stream::new(child.stdout.take(), bytes_max)?;
    let mut stderr = Stream::new(child.stderr.take(), bytes_max)?;
    let until = limit.map(|limit| Instant::now() + limit);
    let mut late = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if until.is_some_and(|until| Instant::now() >= until) && !late {
            late = true;
            // Not waited for yet, so the number is still this process's.
            kill_process_group(Pid::from_child(&child), Signal::KILL).ok();
        }
        wait(ended.as_ref(), &stdin, [&stdout, &stderr], until.filter(|_| !late))?;
        stdin.write();
        stdout.read()?;
        stderr.read()?;
    };
    // What it printed itself is there by now; what others print later is not its answer.
    stdout.read()?;
    stderr.read()?;
    match late {
        true => Err(io::ErrorKind::TimedOut.into()),
        false => Ok(Output { status, stdout: stdout.bytes()?, stderr: stderr.bytes()? }),
    }
}

/// Waits until there is something to do.
fn wait(ended: Option<&OwnedFd>, stdin: &Input<'_>, streams: [&Stream; 2], until: Option<Instant>) -> io::Result<()> {
    let mut fds: Vec<PollFd<'_>> = ended.iter().map(|ended| PollFd::new(ended.as_fd(), PollFlags::POLLIN)).collect();
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

/// What the program reads. One that does not read to the end has its reasons, and says them by its exit code.
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

/// What the program prints on one stream.
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

    /// Takes what is there.
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
        run(command.spawn().expect("a shell"), input, limit, bytes_max)
    }

    #[test]
    fn a_wait_ends_with_the_program_whoever_holds_its_pipes() {
        let began = Instant::now();
        let said = sh("sleep 1000 & echo $!; echo wrong >&2; exit 3", b"", None, 1_000).expect("run");
        assert!(began.elapsed() < Duration::from_secs(500));
        assert_eq!((said.status.code(), said.stderr.as_slice()), (Some(3), b"wrong\n".as_slice()));
        let sleeper: u32 = String::from_utf8_lossy(&said.stdout).trim().parse().expect("a pid");
        let seen = end(sleeper);
        assert!(seen, "it lived when the wait was over");
    }

    /// Ends a process; whether it lived.
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
