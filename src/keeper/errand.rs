//! Runs one command on a task's behalf (`qd __errand`): to its end, to its time limit, or to the end of the process
//! that wants it. Whichever comes first, no process of the command remains: this process is the subreaper of their
//! tree.
//!
//! ```text
//!  read the errand ─► start it ─► its end │ its limit │ our standard input ends ─► kill what remains ─► say how it ended
//! ```

use super::birth;
use super::ending::{self, Reaped};
use super::exit::{EXIT_LAUNCH, EXIT_SYSTEM};
use super::program::reset_signals;
use super::tree::Tree;
use crate::process::MARK_VARIABLE;
use crate::wire::errand::{Errand, ErrandEnd};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{Pid, getpid, getppid, setsid};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// The most bytes of the command's output in one read.
const READ_BYTES: usize = 64 * 1024;

/// Runs the whole life of the helper process. It must be called before any thread is started.
pub fn run() -> ExitCode {
    birth::close_inherited_files();
    let errand = match Errand::read(io::stdin().lock()) {
        Ok(errand) => errand,
        Err(error) => {
            eprintln!("qd errand: {error}");
            return ExitCode::from(EXIT_LAUNCH);
        }
    };
    match carry_out(&errand) {
        Ok(end) => {
            // The process that reads this may be gone.
            let _ = writeln!(io::stdout(), "{end}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("qd errand: {error}");
            ExitCode::from(EXIT_SYSTEM)
        }
    }
}

fn carry_out(errand: &Errand) -> io::Result<ErrandEnd> {
    // Fails only for a process that already leads a group, and so a session.
    let _ = setsid();
    let signals = birth::take_signals()?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let (output, pid) = match start(errand) {
        Ok(started) => started,
        Err(error) => return Ok(ErrandEnd::NotStarted(error.to_string())),
    };
    let mut watch = Watch {
        output: Some(output),
        signals,
        pid,
        tree: Tree::new(None),
        end: None,
        newest: Newest { bytes: VecDeque::new(), bytes_max: errand.log_bytes_max as usize },
    };
    let end = watch.until_nothing_is_left(Instant::now() + errand.limit)?;
    let log = File::options().create(true).write(true).truncate(true).mode(0o600).open(&errand.log);
    // If the disk is full, the log is lost, but not the verdict.
    let _ = log.and_then(|mut log| log.write_all(watch.newest.bytes.make_contiguous()));
    Ok(end)
}

/// Starts the command in a session of its own, without input. It dies with this process.
fn start(errand: &Errand) -> io::Result<(PipeReader, u32)> {
    let (output, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&output, true)?;
    let parent = getpid();
    let mut command = Command::new(&errand.program);
    command.args(&errand.arguments).current_dir(&errand.working_directory);
    command.env_clear().envs(errand.environment.iter().map(|(name, value)| (name, value)));
    command.env(MARK_VARIABLE, &errand.mark);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // SAFETY: `grow_up` makes system calls only, allocates nothing and takes no lock.
    unsafe { command.pre_exec(move || grow_up(parent)) };
    Ok((output, command.spawn()?.id()))
}

/// Prepares the child between fork(2) and execve(2).
fn grow_up(parent: Pid) -> io::Result<()> {
    reset_signals()?;
    setsid()?;
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    if getppid() != parent {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

/// The command while it runs, and while its remaining processes are being killed.
struct Watch {
    /// The read end of the command's output; none when every writer has closed it.
    output: Option<PipeReader>,
    signals: SignalFd,
    pid: u32,
    tree: Tree,
    /// The end of the command, once it has ended; then its remaining processes are killed.
    end: Option<ErrandEnd>,
    newest: Newest,
}

/// The newest bytes of the command's output.
struct Newest {
    bytes: VecDeque<u8>,
    bytes_max: usize,
}

impl Watch {
    fn until_nothing_is_left(&mut self, deadline: Instant) -> io::Result<ErrandEnd> {
        loop {
            let now = Instant::now();
            if now >= deadline {
                self.finish(ErrandEnd::Late, now);
            }
            self.tree.work(now);
            let due = [self.end.is_none().then_some(deadline), self.tree.deadline()].into_iter().flatten().min();
            let input_ended = self.wait(due)?;
            self.read();
            let now = Instant::now();
            if input_ended {
                // The process that wanted the result is gone.
                self.finish(ErrandEnd::Late, now);
            }
            let Reaped { exit, none_left } = ending::reap(Some(self.pid));
            if let Some(exit) = exit {
                self.finish(ErrandEnd::Ended(exit), now);
            }
            self.tree.child_ended(now);
            if none_left {
                self.read();
                return Ok(self.end.take().unwrap_or(ErrandEnd::Late));
            }
        }
    }

    /// Records how the command ended; only the first end counts. Then its remaining processes are killed.
    fn finish(&mut self, end: ErrandEnd, now: Instant) {
        if self.end.is_none() {
            self.end = Some(end);
            self.tree.kill(now);
        }
    }

    /// Waits for output, an ended child, the end of standard input, or the given instant. Returns whether standard
    /// input has ended, or this process was asked to end.
    fn wait(&mut self, due: Option<Instant>) -> io::Result<bool> {
        let input = io::stdin();
        let timeout = due.map(|due| due.saturating_duration_since(Instant::now()).as_millis() + 1);
        let timeout = timeout.map_or(PollTimeout::NONE, |ms| PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX));
        let mut files = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        // Once the command has ended, standard input does not matter.
        if self.end.is_none() {
            files.push(PollFd::new(input.as_fd(), PollFlags::POLLIN));
        }
        if let Some(output) = &self.output {
            files.push(PollFd::new(output.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut files, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let input_ended = self.end.is_none() && files[1].any().unwrap_or(false);
        let mut asked = false;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            asked |= signal.ssi_signo == libc::SIGTERM as u32;
        }
        Ok(input_ended || asked)
    }

    /// Reads the output that the command has written so far.
    fn read(&mut self) {
        let Some(output) = &mut self.output else { return };
        let mut buffer = [0; READ_BYTES];
        loop {
            match output.read(&mut buffer) {
                Ok(0) => break self.output = None,
                Ok(length) => self.newest.take(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // There is nothing to read for now.
                Err(_) => break,
            }
        }
    }
}

impl Newest {
    fn take(&mut self, bytes: &[u8]) {
        let surplus = (self.bytes.len() + bytes.len()).saturating_sub(self.bytes_max);
        let dropped = surplus.min(self.bytes.len());
        self.bytes.drain(..dropped);
        self.bytes.extend(&bytes[surplus - dropped..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_what_was_written_is_kept() {
        let mut newest = Newest { bytes: VecDeque::new(), bytes_max: 5 };
        for (bytes, kept) in [("abc", "abc"), ("def", "bcdef"), ("0123456789", "56789"), ("", "56789")] {
            newest.take(bytes.as_bytes());
            assert_eq!(newest.bytes.make_contiguous(), kept.as_bytes());
        }
    }
}
