//! Control groups (v2) of Quarterdeck's own, where the system allows them (cgroups(7), and Linux's
//! `admin-guide/cgroup-v2`). Only a control group can stop or kill a whole tree at once, so that no process escapes by
//! forking.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directory of one cgroup (v2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Returns the cgroup (v2) that this process is in: on the unified mount, wherever that is. None without one.
    pub fn own() -> Option<Cgroup> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let memberships = fs::read_to_string("/proc/self/cgroup").ok()?;
        Some(Cgroup { path: mount_point(&mounts)?.join(membership(&memberships)?) })
    }

    /// Returns the cgroup in this directory.
    pub fn at(path: &Path) -> Cgroup {
        Cgroup { path: path.to_owned() }
    }

    /// Makes a child cgroup. If that succeeds, this cgroup is delegated to this user. A child that can be neither
    /// killed nor frozen (Linux before 5.14) is removed again, with an error of kind `Unsupported`.
    pub fn create_child(&self, name: &str) -> io::Result<Cgroup> {
        let path = self.path.join(name);
        fs::create_dir(&path)?;
        let child = Cgroup { path };
        if !["cgroup.kill", "cgroup.freeze", "cgroup.events"].iter().all(|file| child.path.join(file).exists()) {
            child.remove()?;
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(child)
    }

    /// Path of the cgroup's directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of the file to which a process writes `0` in order to join.
    pub fn members_file(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    /// Returns the ids of the processes in the cgroup.
    pub fn members(&self) -> io::Result<Vec<u32>> {
        let text = fs::read_to_string(self.members_file())?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Returns the ids of the processes in the cgroup and in those below it: a freeze reaches them all.
    pub fn members_beneath(&self) -> Vec<u32> {
        let (mut members, mut open) = (Vec::new(), vec![self.clone()]);
        while let Some(cgroup) = open.pop() {
            // A cgroup that is gone holds no process.
            members.extend(cgroup.members().unwrap_or_default());
            let entries = fs::read_dir(&cgroup.path).into_iter().flatten().flatten();
            let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            open.extend(directories.map(|entry| Cgroup { path: entry.path() }));
        }
        members
    }

    /// Sets a limit of a controller (`memory.max`, `pids.max`). Returns false if this cgroup does not have the
    /// controller.
    pub fn limit(&self, file: &str, value: u64) -> io::Result<bool> {
        let file = self.path.join(file);
        if !file.exists() {
            return Ok(false);
        }
        fs::write(file, value.to_string()).map(|()| true)
    }

    /// Sends SIGKILL to every process in the cgroup, new ones included.
    pub fn kill(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.kill"), "1")
    }

    /// Begins to stop every process in the cgroup; [`is_frozen`](Cgroup::is_frozen) says when all are stopped.
    pub fn freeze(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.freeze"), "1")
    }

    /// Lets every process in the cgroup continue.
    pub fn thaw(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.freeze"), "0")
    }

    /// Whether Linux reports that every process in the cgroup is stopped.
    pub fn is_frozen(&self) -> io::Result<bool> {
        Ok(fs::read_to_string(self.path.join("cgroup.events"))?.lines().any(|line| line == "frozen 1"))
    }

    /// Removes the cgroup, which must be empty.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir(&self.path)
    }
}

/// Finds where a cgroup2 file system is mounted, from a `mountinfo` (proc_pid_mountinfo(5)).
fn mount_point(mounts: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let is_v2 = filesystem.split(' ').next() == Some("cgroup2");
        is_v2.then(|| mount.split(' ').nth(4)).flatten().map(|path| PathBuf::from(path.replace("\\040", " ")))
    })
}

/// Returns a process's place below the mount, from its `cgroup` file: the line of hierarchy 0.
fn membership(memberships: &str) -> Option<&str> {
    memberships.lines().find_map(|line| line.strip_prefix("0::/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unified_mount_is_found_wherever_it_is() {
        let hybrid = "24 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                      33 24 0:30 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n\
                      35 24 0:32 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
        assert_eq!(mount_point(hybrid), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount_point("24 1 0:22 / /proc rw - proc proc rw\n"), None);
        assert_eq!(membership("9:name=systemd:/\n0::/user.slice/a\n"), Some("user.slice/a"));
        assert_eq!(membership("0::/\n"), Some(""));
        assert_eq!(membership("4:memory:/x\n"), None);
    }

    #[test]
    fn arbitrary_lines_never_panic() {
        for text in ["", "0::", " - ", " - cgroup2", "a b c d - cgroup2", "- cgroup2 \n\n - - "] {
            let _ = (mount_point(text), membership(text));
        }
    }
}
