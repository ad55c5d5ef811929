//! Runs one command on a task's behalf (`qd __errand`): to its end, to its time limit, or to the end of whoever wanted
//! it. Whichever comes first, nothing that the command started is left: this process is its tree's subreaper.
//!
//! ```text
//!  read the errand ─► start it ─► its end │ its limit │ our standard input ends ─► kill what is left ─► say how it ended
//! ```

use super::ending::{self, Reaped};
use super::program::reset_signals;
use super::tree::Tree;
use super::{EXIT_LAUNCH, EXIT_SYSTEM, birth};
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

/// What is read of its output at a time.
const READ_BYTES: usize = 64 * 1024;

/// The whole life of the helper. Call it before any thread is started.
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
            // Whoever wanted it may be gone.
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
    // Fails only for a process that leads a group, and so a session, already.
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
    // A full disk takes the words, not the verdict.
    let _ = log.and_then(|mut log| log.write_all(watch.newest.bytes.make_contiguous()));
    Ok(end)
}

/// Starts it in a session of its own, without input. It dies with us.
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

/// What the child does between fork(2) and execve(2).
fn grow_up(parent: Pid) -> io::Result<()> {
    reset_signals()?;
    setsid()?;
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    if getppid() != parent {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

/// The command while it runs, and while what it left is being killed.
struct Watch {
    /// None when everybody has closed it.
    output: Option<PipeReader>,
    signals: SignalFd,
    pid: u32,
    tree: Tree,
    /// How it ended; the killing of what is left follows.
    end: Option<ErrandEnd>,
    newest: Newest,
}

/// The newest of what was written.
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
                // Nobody is there to hear how it ended.
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

    /// The first end is how it ended. What is left of it is killed.
    fn finish(&mut self, end: ErrandEnd, now: Instant) {
        if self.end.is_none() {
            self.end = Some(end);
            self.tree.kill(now);
        }
    }

    /// Waits for output, an ended child, the end of our input, or the instant. Returns whether our input has ended, or
    /// we were asked to end.
    fn wait(&mut self, due: Option<Instant>) -> io::Result<bool> {
        let input = io::stdin();
        let timeout = due.map(|due| due.saturating_duration_since(Instant::now()).as_millis() + 1);
        let timeout = timeout.map_or(PollTimeout::NONE, |ms| PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX));
        let mut files = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        // Once it ends there is nothing more to hear.
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

    /// Takes in what it has written so far.
    fn read(&mut self) {
        let Some(output) = &mut self.output else { return };
        let mut buffer = [0; READ_BYTES];
        loop {
            match output.read(&mut buffer) {
                Ok(0) => break self.output = None,
                Ok(length) => self.newest.take(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nothing for now.
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
