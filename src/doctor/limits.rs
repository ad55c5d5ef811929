//! Checks the limits of the system and of this user that a fleet may reach.

use super::check::Check;
use nix::sys::resource::{Resource, getrlimit};

/// The number of free PTYs that a fleet of the default size needs.
const PTYS_WANTED: u64 = 100;
/// The number of files that the supervisor has open for a fleet of the default size: a socket, a transcript and one or
/// two pipes for each agent.
const OPEN_FILES_WANTED: u64 = 1_024;
/// The numbers of inotify instances and watches that should be allowed: the supervisor needs one instance, the file
/// watchers of agents need many.
const INSTANCES_WANTED: u64 = 128;
const WATCHES_WANTED: u64 = 65_536;

pub(super) fn checks() -> Vec<Check> {
    vec![ptys(), open_files(), inotify()]
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Opens one PTY, then checks how many more may be opened.
fn ptys() -> Check {
    const NAME: &str = "ptys";
    let fix = "close terminals, or raise /proc/sys/kernel/pty/max";
    if let Err(error) = nix::pty::openpty(None, None) {
        return Check::fail(NAME, format!("none can be opened: {error}"), fix);
    }
    match (number("/proc/sys/kernel/pty/max"), number("/proc/sys/kernel/pty/nr")) {
        (Some(max), Some(used)) if max.saturating_sub(used) < PTYS_WANTED => {
            Check::warn(NAME, format!("{used} of {max} are in use"), fix)
        }
        (Some(max), Some(used)) => Check::pass(NAME, format!("{} of {max} available", max.saturating_sub(used))),
        _ => Check::pass(NAME, "opened one; this system does not say how many are available"),
    }
}

fn open_files() -> Check {
    const NAME: &str = "open files";
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft >= OPEN_FILES_WANTED => Check::pass(NAME, format!("{soft} (at most {hard})")),
        Ok((soft, hard)) => Check::warn(
            NAME,
            format!("{soft} (at most {hard})"),
            format!("run `ulimit -n {}` before `qd`", OPEN_FILES_WANTED.min(hard)),
        ),
        Err(error) => Check::warn(NAME, format!("unknown: {error}"), "see `ulimit -n`"),
    }
}

fn inotify() -> Check {
    const NAME: &str = "inotify";
    let limits = (number("/proc/sys/fs/inotify/max_user_instances"), number("/proc/sys/fs/inotify/max_user_watches"));
    let (Some(instances), Some(watches)) = limits else { return Check::pass(NAME, "not used on this system") };
    let found = format!("{instances} instances, {watches} watches");
    match instances >= INSTANCES_WANTED && watches >= WATCHES_WANTED {
        true => Check::pass(NAME, found),
        false => Check::warn(
            NAME,
            found,
            format!(
                "run `sysctl fs.inotify.max_user_instances={INSTANCES_WANTED} fs.inotify.max_user_watches={WATCHES_WANTED}` as root"
            ),
        ),
    }
}
