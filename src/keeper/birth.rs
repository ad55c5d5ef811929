//! Turns a child of the process that started it into an independent keeper: reads its launch record, takes the run's
//! lock, listens, writes its own record, and closes everything that it inherited.

use super::exit::{EXIT_HELD, EXIT_LAUNCH, EXIT_SYSTEM};
use crate::process::Identity;
use crate::wire::fields::LaunchError;
use crate::wire::launch::Launch;
use crate::wire::record::KeeperRecord;
use crate::wire::{READY, VERSIONS};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{Mode, umask};
use nix::unistd;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The name of the lock's file in the run's directory.
const LOCK_FILE: &str = "lock";

/// The longest name of a process that Linux shows, bytes (PR_SET_NAME(2const)). Beyond it, the name in `ps` is cut;
/// nothing reads it.
const NAME_BYTES_MAX: usize = 15;

/// Signals that the keeper ignores: those that a terminal or its loss sends, which are meant for others, and the one
/// that a file size limit sends, where the failed write tells enough.
const IGNORED: [Signal; 7] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGXFSZ,
];

/// A keeper that listens and has not started its program yet.
pub(super) struct Newborn {
    pub(super) launch: Launch,
    pub(super) listener: UnixListener,
    /// SIGCHLD and SIGTERM, as a descriptor for poll(2).
    pub(super) signals: SignalFd,
    /// The umask with which the agent's files are created: the keeper's own is stricter.
    pub(super) inherited_umask: Mode,
    /// The run's lock, held for the keeper's whole life: no second keeper can have the run.
    pub(super) lock: File,
}

/// The reason why the keeper could not begin its work.
#[derive(Debug, Error)]
pub(super) enum BirthError {
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error("{0} must be an absolute path")]
    NotAbsolute(PathBuf),
    #[error("{0} is held by another keeper")]
    Held(PathBuf),
    #[error("{what}: {error}")]
    System { what: String, error: io::Error },
}

impl BirthError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            BirthError::Launch(_) | BirthError::NotAbsolute(_) => EXIT_LAUNCH,
            BirthError::Held(_) => EXIT_HELD,
            BirthError::System { .. } => EXIT_SYSTEM,
        }
    }
}

pub(super) fn be_born() -> Result<Newborn, BirthError> {
    close_inherited_files();
    let launch = Launch::read(io::stdin().lock())?;
    for path in [&launch.directory, &launch.socket] {
        if !path.is_absolute() {
            return Err(BirthError::NotAbsolute(path.clone()));
        }
    }
    // Fails only for a process that already leads a group, and so a session.
    let _ = unistd::setsid();
    let inherited_umask = umask(Mode::from_bits_truncate(0o077));
    let signals = take_signals().map_err(system("signals"))?;
    let lock = lock(&launch.directory)?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).map_err(system("subreaper"))?;
    take_name(&launch.mark);
    let listener = listen(&launch.socket).map_err(system(&launch.socket.display().to_string()))?;
    write_record(&launch).map_err(system(&launch.directory.display().to_string()))?;
    unistd::chdir("/").map_err(system("/"))?;
    // The process that started this one may be gone, or may not read.
    let _ = io::stdout().write_all(READY.as_bytes()).and_then(|()| io::stdout().flush());
    let_go_of_stdio().map_err(system("/dev/null"))?;
    Ok(Newborn { launch, listener, signals, inherited_umask, lock })
}

fn system<E: Into<io::Error>>(what: &str) -> impl FnOnce(E) -> BirthError {
    move |error| BirthError::System { what: what.to_owned(), error: error.into() }
}

pub(super) fn close_inherited_files() {
    // SAFETY: beyond the standard streams, this process has opened nothing yet.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}

/// Ignores the signals that are not for the keeper, and turns the rest into a descriptor for poll(2). The agent gets
/// the default actions of all signals.
pub(super) fn take_signals() -> nix::Result<SignalFd> {
    for ignored in IGNORED {
        // SAFETY: the signal is ignored, and no handler is installed.
        unsafe { signal(ignored, SigHandler::SigIgn) }?;
    }
    let mut taken = SigSet::empty();
    taken.add(Signal::SIGCHLD);
    taken.add(Signal::SIGTERM);
    taken.thread_set_mask()?;
    SignalFd::with_flags(&taken, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

fn lock(directory: &Path) -> Result<File, BirthError> {
    let path = directory.join(LOCK_FILE);
    let file = File::options().create(true).append(true).mode(0o600).open(&path);
    let file = file.map_err(system(&path.display().to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BirthError::Held(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(system(&path.display().to_string())(error)),
    }
}

/// Sets the name `qd-keeper` that `ps` and `top` show, with the end of the mark as far as there is room.
fn take_name(mark: &str) {
    let mut room = NAME_BYTES_MAX - "qd-keeper ".len();
    while !mark.is_char_boundary(mark.len().saturating_sub(room)) {
        room -= 1;
    }
    let name = format!("qd-keeper {}\0", &mark[mark.len().saturating_sub(room)..]);
    // SAFETY: the name ends with a zero byte, and the system copies it.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Listens for processes of the same user only. The run's lock is held, so a socket that exists belongs to no living
/// keeper.
fn listen(path: &Path) -> io::Result<UnixListener> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn write_record(launch: &Launch) -> io::Result<()> {
    let identity = Identity::of(std::process::id())?;
    let (socket, mark) = (launch.socket.clone(), launch.mark.clone());
    KeeperRecord { identity, version: VERSIONS.max, socket, mark }.write(&launch.directory)
}

fn let_go_of_stdio() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    unistd::dup2_stdin(&null)?;
    unistd::dup2_stdout(&null)?;
    unistd::dup2_stderr(&null)?;
    Ok(())
}
