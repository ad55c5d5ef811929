//! Checks the features of the operating system that keep a process tree together.

use super::check::Check;

pub(super) fn checks() -> Vec<Check> {
    vec![subreaper(), cgroup(), landlock()]
}

#[cfg(target_os = "linux")]
fn subreaper() -> Check {
    const NAME: &str = "subreaper";
    match rustix::process::child_subreaper() {
        Ok(_) => Check::pass(NAME, "the kernel gives orphans back to their keeper"),
        Err(_) => Check::fail(NAME, "the kernel does not support it", "use Linux 3.4 or newer"),
    }
}

#[cfg(not(target_os = "linux"))]
fn subreaper() -> Check {
    Check::warn(
        "subreaper",
        "this system has none",
        "a process that leaves its session can outlive its agent here; use Linux for a guarantee",
    )
}

/// Makes a cgroup below our own, and removes it again, to check that this works.
fn cgroup() -> Check {
    const NAME: &str = "cgroup";
    let fix = "start `qd` with `systemd-run --user --scope -p Delegate=yes qd`; without one, trees are killed and frozen process by process";
    let Some(own) = own_cgroup() else { return Check::warn(NAME, "no cgroup v2 here", fix) };
    let probe = own.join(format!("qd-doctor-{}", std::process::id()));
    match std::fs::create_dir(&probe) {
        Err(error) => Check::warn(NAME, format!("{} can't be divided: {error}", own.display()), fix),
        Ok(()) => {
            let has = |file: &str| probe.join(file).exists();
            let (kill, freeze) = (has("cgroup.kill"), has("cgroup.freeze"));
            let removed = std::fs::remove_dir(&probe);
            match (kill && freeze, removed) {
                (true, Ok(())) => Check::pass(NAME, format!("{} can be divided, killed and frozen", own.display())),
                (_, Err(error)) => Check::warn(NAME, format!("{} can't be removed: {error}", probe.display()), fix),
                (false, Ok(())) => {
                    Check::warn(NAME, "the kernel lacks cgroup.kill or cgroup.freeze", "use Linux 5.14 or newer")
                }
            }
        }
    }
}

/// Whether the cgroups that are made for runs count their processes (`pids.max`).
pub(super) fn counts_processes() -> bool {
    let controllers = own_cgroup().and_then(|own| std::fs::read_to_string(own.join("cgroup.subtree_control")).ok());
    controllers.is_some_and(|names| names.split_whitespace().any(|name| name == "pids"))
}

/// Returns our own cgroup (v2) as a directory: the `0::` line of `/proc/self/cgroup` below the place where cgroup2 is
/// mounted.
fn own_cgroup() -> Option<std::path::PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&"cgroup2"))?;
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(std::path::Path::new(mount[1]).join(own)).filter(|path| path.is_dir())
}

#[cfg(target_os = "linux")]
fn landlock() -> Check {
    const NAME: &str = "landlock";
    const CREATE_RULESET_VERSION: libc::c_uint = 1;
    // SAFETY: with a null attribute, size 0 and this flag the call only returns the ABI's number (landlock_create_ruleset(2)).
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    match version {
        1.. => Check::pass(NAME, format!("ABI {version}")),
        _ => Check::warn(
            NAME,
            "the kernel has none, or it is switched off",
            "agents can't be confined to their workspaces; boot with lsm=landlock,…",
        ),
    }
}

#[cfg(not(target_os = "linux"))]
fn landlock() -> Check {
    Check::warn("landlock", "this system has none", "agents can't be confined to their workspaces here")
}
