//! Limits of the system and of this user that a fleet runs into.

use super::Check;
use nix::sys::resource::{Resource, getrlimit};

/// PTYs that should be left: a fleet of the default size.
const PTYS_WANTED: u64 = 100;
/// Files the supervisor has open with a fleet of the default size: a socket, a transcript and a pipe or two each.
const OPEN_FILES_WANTED: u64 = 1_024;
/// inotify instances and watches: ours needs one instance, agents' file watchers need many.
const INSTANCES_WANTED: u64 = 128;
const WATCHES_WANTED: u64 = 65_536;

pub(super) fn checks() -> Vec<Check> {
    vec![ptys(), open_files(), inotify()]
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Opens one, then sees how many more there may be.
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
        (Some(max), Some(used)) => Check::pass(NAME, format!("{} left of {max}", max.saturating_sub(used))),
        _ => Check::pass(NAME, "opened one; this system does not say how many are left"),
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
