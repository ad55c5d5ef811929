//! `qd lock run`: holds scopes while a command runs.
//!
//! ```text
//!  request ─► granted ─► command runs ─► it ends ─► release ─► end with its exit code
//!                            │ lease lost: reported at once; with --kill-on-loss the command is ended, qd ends with 11
//! ```
//!
//! The command stays in our process group, so a terminal's Ctrl-C and Ctrl-Z reach it directly; signals that a program
//! sends to us are passed on.

use super::party::{self, Party};
use super::watch::Watch;
use super::{ask, show};
use crate::api;
use crate::api::locks::{Acquire, EndsWith, Granted, Release};
use crate::cli::Context;
use crate::client::{Client, ClientError};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpid, getppid};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::process::{Child, Command};

/// Signals that are passed on. Other signals either cannot be passed on (SIGKILL, SIGSTOP) or are sent by the terminal.
const PASSED_ON: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// How long a command whose lease is lost has to end before it is killed.
const LOSS_GRACE: Duration = Duration::from_secs(10);

/// The number that a shell adds to the signal that ended a command, to form the exit code.
const SIGNAL_BASE: u8 = 128;

/// The command-line arguments of `qd lock run`.
#[derive(Args, Debug)]
pub struct Run {
    #[command(flatten)]
    wanted: ask::Wanted,
    #[command(flatten)]
    party: Party,
    /// End the command when the lease is lost, and end with 11 [default: only print a warning]
    #[arg(long)]
    kill_on_loss: bool,
    /// The command to run, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Run {
    /// Runs `qd lock run` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let holder = self.party.claimed_alone(&client);
        let wanted = Acquire { ends_with: EndsWith::Process, ..self.wanted.request(holder.clone()) };
        let granted = ask::obtain(&client, wanted).await?;
        let ended = hold(&client, &granted, holder.as_deref(), &self.command, self.kill_on_loss).await;
        give_back(&client, &granted, holder).await;
        ended
    }
}

/// Runs the command until it ends, while the lease is held.
async fn hold(
    client: &Client,
    granted: &Granted,
    holder: Option<&str>,
    command: &[OsString],
    kill_on_loss: bool,
) -> Result<Exit, Failure> {
    let mut signals = Signals::catch()?;
    let mut child = start(command, granted, holder)?;
    let mut watch = Watch::of(client, granted);
    let mut lost = false;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(if lost && kill_on_loss { Exit::Stale } else { exit(status?) }),
            signal = signals.next() => pass_on(&child, signal?),
            why = watch.lost(), if !lost => {
                lost = true;
                eprintln!("qd: the lease {} is lost: {why}", show::granted(granted));
                if kill_on_loss {
                    return end(&mut child).await;
                }
            }
        }
    }
}

/// Ends a command that still runs without its lease.
async fn end(child: &mut Child) -> Result<Exit, Failure> {
    pass_on(child, Signal::SIGTERM);
    if tokio::time::timeout(LOSS_GRACE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(Exit::Stale)
}

/// Starts the command. The command is killed if this process dies, even by SIGKILL: otherwise its scopes would be
/// neither held nor released.
fn start(command: &[OsString], granted: &Granted, holder: Option<&str>) -> Result<Child, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::new(Exit::Usage, "there is no command to run"));
    };
    let mut starting = Command::new(program);
    starting.args(arguments).envs(granted.variables());
    starting.envs(holder.map(|holder| (party::HOLDER_VARIABLE, holder)));
    let parent = getpid();
    // SAFETY: `ready` makes system calls only, which are safe between fork and exec (signal-safety(7)).
    unsafe { starting.pre_exec(move || ready(parent)) };
    starting.spawn().map_err(|error| {
        let code = if error.kind() == ErrorKind::NotFound { 127 } else { 126 };
        Failure::new(Exit::Of(code), format!("can't run {}", program.display())).because(error)
    })
}

/// Prepares the command's process, between fork and exec.
fn ready(parent: Pid) -> io::Result<()> {
    SigSet::from_iter(PASSED_ON).thread_unblock()?;
    dies_with_its_parent()?;
    if getppid() == parent { Ok(()) } else { Err(ErrorKind::NotFound.into()) }
}

#[cfg(target_os = "linux")]
fn dies_with_its_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?)
}

#[cfg(not(target_os = "linux"))]
fn dies_with_its_parent() -> io::Result<()> {
    Ok(())
}

/// Returns the exit code by which a shell describes how a command ended.
fn exit(status: ExitStatus) -> Exit {
    let signal = || status.signal().and_then(|signal| u8::try_from(signal).ok());
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Exit::Of(code.unwrap_or_else(|| SIGNAL_BASE.saturating_add(signal().unwrap_or_default())))
}

/// Sends a signal to the command. A command that has just ended needs no signal.
fn pass_on(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let _ended = pid.map(|pid| nix::sys::signal::kill(Pid::from_raw(pid), signal));
}

async fn give_back(client: &Client, granted: &Granted, holder: Option<String>) {
    let release = Release { lease: Some(granted.lease.clone()), holder, ..Release::default() };
    match client.call(&api::locks::RELEASE_LOCK, &[], &release).await {
        // The lease was lost, and that was already reported.
        Ok(_) | Err(ClientError::Problem(_)) => {}
        // The lease ends with this process, as soon as there is a supervisor.
        Err(error) if error.is_absent() => {}
        Err(error) => eprintln!("qd: the lease {} was not released: {error}", granted.lease),
    }
}

/// The signals that others send to this process. They are blocked and read, so that none ends this process before it
/// was passed on.
struct Signals {
    file: AsyncFd<SignalFd>,
}

impl Signals {
    fn catch() -> io::Result<Signals> {
        let set = SigSet::from_iter(PASSED_ON);
        set.thread_block()?;
        let file = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        // SAFETY: `SignalFd` owns its descriptor and gives out the same one until it is dropped.
        let file = unsafe { AsyncFd::register(file) };
        Ok(Signals { file: file.map_err(io::Error::from)? })
    }

    /// Waits for the next signal to pass on. Signals of the terminal are skipped, since they reach the command
    /// directly: they are sent to the whole process group.
    async fn next(&mut self) -> io::Result<Signal> {
        loop {
            let mut ready = self.file.readable_mut().await?;
            let Some(heard) = ready.get_inner_mut().read_signal()? else {
                ready.clear_ready();
                continue;
            };
            let sent_by_a_program = heard.ssi_code <= libc::SI_USER;
            let signal = i32::try_from(heard.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok());
            if let Some(signal) = signal.filter(|_| sent_by_a_program) {
                return Ok(signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_as_a_shell_says_it() {
        let codes = [0, 3 << 8, 255 << 8, 9, 15].map(|raw| exit(ExitStatus::from_raw(raw)).code());
        assert_eq!(codes, [0, 3, 255, 137, 143]);
    }
}
