//! Starts the agent's program on the terminal, as a shell would, or says in one sentence why it can't.

use crate::process::{Cgroup, MARK_VARIABLE};
use crate::regular::{self, Links};
use crate::wire::launch::{Launch, Limits};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, getpid, getppid, setsid};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Starts the program; returns its process id, or a sentence for people. On failure, no process remains.
pub(super) fn start(
    launch: &Launch,
    slave: &OwnedFd,
    inherited_umask: Mode,
    cgroup: Option<&Cgroup>,
) -> Result<u32, String> {
    check_directory(&launch.working_directory)?;
    let infancy = Infancy {
        keeper: getpid(),
        umask: inherited_umask,
        cgroup_members: cgroup.map(open_members).transpose()?,
        limits: resource_limits(&launch.limits, cgroup)?,
    };
    let stdio = || slave.try_clone().map(Stdio::from).map_err(|error| format!("terminal: {error}"));
    let mut command = Command::new(&launch.program);
    command.args(&launch.arguments).current_dir(&launch.working_directory);
    command.env_clear().envs(launch.environment.iter().map(|(name, value)| (name, value)));
    command.env(MARK_VARIABLE, &launch.mark);
    let stdin = match &launch.input {
        Some(path) => regular::open_file(path, Links::Follow)
            .map_err(|error| format!("standard input {}: {error}", path.display()))?
            .into(),
        None => stdio()?,
    };
    command.stdin(stdin).stdout(stdio()?).stderr(stdio()?);
    // SAFETY: `grow_up` makes system calls only, allocates nothing and takes no lock.
    unsafe { command.pre_exec(move || infancy.grow_up()) };
    match command.spawn() {
        Ok(child) => Ok(child.id()),
        Err(error) => Err(why(launch, &error)),
    }
}

/// The steps that the child takes between fork(2) and execve(2).
struct Infancy {
    keeper: Pid,
    umask: Mode,
    cgroup_members: Option<File>,
    limits: [Option<(Resource, u64)>; 3],
}

impl Infancy {
    /// Makes the child a session of its own with the terminal as its controlling one. The child starts as it would from
    /// a shell: default signals, the user's umask, no file of the keeper. It dies with its keeper.
    fn grow_up(&self) -> io::Result<()> {
        reset_signals()?;
        setsid()?;
        rustix::process::ioctl_tiocsctty(io::stdout().as_fd())?;
        if let Some(members) = &self.cgroup_members {
            rustix::io::write(members, b"0")?;
        }
        for (resource, value) in self.limits.into_iter().flatten() {
            setrlimit(resource, value, value)?;
        }
        umask(self.umask);
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        if getppid() != self.keeper {
            return Err(io::ErrorKind::NotFound.into());
        }
        // SAFETY: it marks descriptors, and closes none before execve(2).
        unsafe { libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC as libc::c_int) };
        Ok(())
    }
}

/// The default action as the Linux `struct sigaction`: handler, flags, restorer and mask are zero, in whatever order.
const DEFAULT_ACTION: [u64; 4] = [0; 4];

/// The size of the signal set that Linux expects (rt_sigaction(2)).
const SIGSET_BYTES: usize = 8;

/// Resets all signals to the defaults for the agent, because ignored signals and the mask outlive execve(2).
pub(super) fn reset_signals() -> io::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        // The system call is made directly: libc's own function refuses the two signals that glibc keeps for itself,
        // and glibc's posix_spawn(3), which started this process, has ignored those. A struct of zeros is the default
        // action.
        // SAFETY: no handler is installed. Linux refuses SIGKILL and SIGSTOP, which have the default action anyway.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, &DEFAULT_ACTION, std::ptr::null::<u8>(), SIGSET_BYTES) };
    }
    Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?)
}

fn open_members(cgroup: &Cgroup) -> Result<File, String> {
    let path = cgroup.members_file();
    File::options().write(true).open(&path).map_err(|error| format!("cgroup: {}: {error}", path.display()))
}

/// Returns the limits for setrlimit(2), except those that the cgroup could take. None is above the keeper's own limit.
fn resource_limits(limits: &Limits, cgroup: Option<&Cgroup>) -> Result<[Option<(Resource, u64)>; 3], String> {
    let wanted = [
        (limits.memory_bytes, Some("memory.max"), Resource::RLIMIT_AS),
        (limits.processes, Some("pids.max"), Resource::RLIMIT_NPROC),
        (limits.open_files, None, Resource::RLIMIT_NOFILE),
    ];
    let mut set = [None; 3];
    for (slot, (value, controller, resource)) in set.iter_mut().zip(wanted) {
        let Some(value) = value else { continue };
        if let (Some(cgroup), Some(file)) = (cgroup, controller)
            && cgroup.limit(file, value).map_err(|error| format!("cgroup: {file}: {error}"))?
        {
            continue;
        }
        let (_, hard) = getrlimit(resource).map_err(|error| format!("limits: {error}"))?;
        *slot = Some((resource, value.min(hard)));
    }
    Ok(set)
}

/// Checks that the working directory exists: a program that starts elsewhere without a word works on the wrong files.
fn check_directory(directory: &Path) -> Result<(), String> {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(format!("working directory {} is not a directory", directory.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("working directory {} does not exist", directory.display()))
        }
        Err(error) => Err(format!("working directory {}: {error}", directory.display())),
    }
}

/// Explains a failed start: the error of execve(2) tells little, so files on the disk are examined.
fn why(launch: &Launch, error: &io::Error) -> String {
    let program = Path::new(&launch.program).display();
    let found = find(launch);
    match (error.raw_os_error(), found) {
        (Some(libc::ENOENT), Some(path)) => match interpreter(&path) {
            Some(interpreter) => format!("exec: {}: its interpreter {interpreter} does not exist", path.display()),
            None => format!("exec: {}: its loader does not exist: is it for this system?", path.display()),
        },
        (Some(libc::ENOENT), None) if has_slash(&launch.program) => format!("exec: no such file: {program}"),
        (Some(libc::ENOENT), None) => format!("exec: no such file: {program}: is it on PATH?"),
        (Some(libc::EACCES), Some(path)) if path.is_dir() => format!("exec: {} is a directory", path.display()),
        (Some(libc::EACCES), Some(path)) => {
            format!("exec: permission denied: {}: is it executable?", path.display())
        }
        _ => format!("exec: {program}: {error}"),
    }
}

/// Finds the path of the program, by the rules of execvp(3).
fn find(launch: &Launch) -> Option<PathBuf> {
    let exists = |path: PathBuf| path.exists().then_some(path);
    if has_slash(&launch.program) {
        return exists(launch.working_directory.join(&launch.program));
    }
    let path = launch.environment.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    std::env::split_paths(path.unwrap_or(OsStr::new("/bin:/usr/bin")))
        .find_map(|directory| exists(launch.working_directory.join(directory).join(&launch.program)))
}

fn has_slash(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

/// Returns the interpreter that the first line of a script names after `#!`.
fn interpreter(path: &Path) -> Option<String> {
    let mut line = String::new();
    let file = regular::open_file(path, Links::Follow).ok()?;
    BufReader::new(file.take(regular::SMALL_BYTES_MAX)).read_line(&mut line).ok()?;
    line.strip_prefix("#!")?.split_whitespace().next().map(str::to_owned)
}
