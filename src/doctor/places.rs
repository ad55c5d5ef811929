//! Checks the directories and disks that a fleet uses.

use super::check::Check;
use crate::amounts;
use crate::place::{LONGEST_SOCKET_BYTES, SOCKET_PATH_BYTES_MAX, runtime_base};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// Free space that a fleet should have for transcripts, its journal and worktrees, in bytes.
const DISK_BYTES_WANTED: u64 = 2 << 30;

pub(super) fn checks(directory: &Path) -> Vec<Check> {
    let uid = nix::unistd::getuid().as_raw();
    vec![runtime_directory(&runtime_base(), uid), disk(directory)]
}

/// Checks the directory for sockets: it must be the user's own, not readable by others, and short enough. It is created
/// when it is needed, but the directories above it are not.
fn runtime_directory(path: &Path, uid: u32) -> Check {
    const NAME: &str = "runtime directory";
    let shown = path.display().to_string();
    let fix = format!("set QD_RUNTIME_DIR to a short directory of your own with mode 0700, such as /run/user/{uid}");
    let length = path.as_os_str().len() + LONGEST_SOCKET_BYTES;
    if length > SOCKET_PATH_BYTES_MAX {
        return Check::fail(
            NAME,
            format!("{shown} is too long: sockets would need {length} of {SOCKET_PATH_BYTES_MAX} bytes"),
            fix,
        );
    }
    let Ok(metadata) = std::fs::metadata(path) else {
        return match path.parent().is_some_and(Path::is_dir) {
            true => Check::pass(NAME, format!("{shown}, made when it is needed")),
            false => Check::fail(NAME, format!("{shown} can't be made: what is above it does not exist"), fix),
        };
    };
    match (metadata.uid() == uid, metadata.permissions().mode() & 0o077) {
        (false, _) => Check::fail(NAME, format!("{shown} belongs to someone else"), fix),
        (true, 0) => Check::pass(NAME, format!("{shown}, 0700")),
        (true, _) => Check::warn(NAME, format!("{shown} is open to others"), format!("run `chmod 700 {shown}`")),
    }
}

fn disk(directory: &Path) -> Check {
    const NAME: &str = "disk";
    match nix::sys::statvfs::statvfs(directory) {
        Err(error) => {
            Check::fail(NAME, format!("{}: {error}", directory.display()), "run it in a directory that exists")
        }
        Ok(disk) => {
            let bytes = disk.blocks_available().saturating_mul(disk.fragment_size());
            let found = format!("{} free", amounts::bytes(bytes));
            match bytes >= DISK_BYTES_WANTED {
                true => Check::pass(NAME, found),
                false => Check::warn(NAME, found, "free some, or lower `transcript` in [fleet]"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Verdict;

    #[test]
    fn a_runtime_directory_is_private_and_short() {
        let uid = nix::unistd::getuid().as_raw();
        let verdict = |path: &Path| runtime_directory(path, uid).verdict;
        let directory = tempfile::Builder::new().prefix("r").tempdir_in("/tmp").expect("a directory");
        let with_mode =
            |mode| std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(mode)).expect("the mode");
        with_mode(0o700);
        assert_eq!(verdict(directory.path()), Verdict::Pass);
        with_mode(0o755);
        assert_eq!(verdict(directory.path()), Verdict::Warn);
        assert_eq!(runtime_directory(directory.path(), uid + 1).verdict, Verdict::Fail);
        let long = directory.path().join("x".repeat(SOCKET_PATH_BYTES_MAX));
        std::fs::create_dir(&long).expect("a directory");
        assert_eq!(verdict(&long), Verdict::Fail);
        assert_eq!(verdict(&directory.path().join("absent")), Verdict::Pass);
        assert_eq!(verdict(&directory.path().join("absent/too")), Verdict::Fail);
    }
}
