//! Directories and disks.

use super::Check;
use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A socket's path without its closing NUL: `sun_path` has 108 bytes on Linux, 104 on macOS (unix(7), unix(4)).
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// What we put behind the runtime directory at most: `/quarterdeck/<16 hex>/runs/<20 digits>.sock`.
const SOCKET_NAME_BYTES: usize = "/quarterdeck/0123456789abcdef/runs/18446744073709551615.sock".len();
/// Space a fleet should have for transcripts, its journal and worktrees.
const DISK_BYTES_WANTED: u64 = 2 << 30;

pub(super) fn checks(directory: &Path) -> Vec<Check> {
    let uid = nix::unistd::getuid().as_raw();
    vec![runtime_directory(std::env::var_os("XDG_RUNTIME_DIR").as_deref(), uid), disk(directory)]
}

/// The directory for sockets: the user's own, not readable by others, short enough.
fn runtime_directory(configured: Option<&OsStr>, uid: u32) -> Check {
    const NAME: &str = "runtime directory";
    let configured = configured.filter(|path| !path.is_empty()).map(PathBuf::from);
    let fallback = configured.is_none();
    let path = configured.unwrap_or_else(std::env::temp_dir);
    let shown = path.display().to_string();
    let fix = format!("set XDG_RUNTIME_DIR to a short directory of your own with mode 0700, such as /run/user/{uid}");
    let Ok(metadata) = std::fs::metadata(&path) else {
        return Check::fail(NAME, format!("{shown} does not exist"), fix);
    };
    let length = path.as_os_str().len() + SOCKET_NAME_BYTES;
    if length > SOCKET_PATH_BYTES_MAX {
        return Check::fail(
            NAME,
            format!("{shown} is too long: sockets would need {length} of {SOCKET_PATH_BYTES_MAX} bytes"),
            fix,
        );
    }
    match (fallback, metadata.uid() == uid, metadata.permissions().mode() & 0o077) {
        (true, ..) => Check::pass(NAME, format!("XDG_RUNTIME_DIR is not set; a 0700 directory in {shown}")),
        (false, false, _) => Check::fail(NAME, format!("{shown} belongs to someone else"), fix),
        (false, true, 0) => Check::pass(NAME, format!("{shown}, 0700")),
        (false, true, _) => Check::warn(NAME, format!("{shown} is open to others"), format!("run `chmod 700 {shown}`")),
    }
}

fn disk(directory: &Path) -> Check {
    const NAME: &str = "disk";
    match nix::sys::statvfs::statvfs(directory) {
        Err(error) => {
            Check::fail(NAME, format!("{}: {error}", directory.display()), "stand in a directory that exists")
        }
        Ok(disk) => {
            let bytes = disk.blocks_available().saturating_mul(disk.fragment_size());
            let found = format!("{:.1} GiB free", bytes as f64 / f64::from(1 << 30));
            match bytes >= DISK_BYTES_WANTED {
                true => Check::pass(NAME, found),
                false => Check::warn(NAME, found, "free some, or lower `transcript` in [fleet]"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_runtime_directory_is_private_and_short() {
        let uid = nix::unistd::getuid().as_raw();
        let verdict = |path: &Path| runtime_directory(Some(path.as_os_str()), uid).verdict;
        let directory = tempfile::Builder::new().prefix("r").tempdir_in("/tmp").expect("a directory");
        let with_mode =
            |mode| std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(mode)).expect("the mode");
        with_mode(0o700);
        assert_eq!(verdict(directory.path()), Verdict::Pass);
        with_mode(0o755);
        assert_eq!(verdict(directory.path()), Verdict::Warn);
        assert_eq!(runtime_directory(Some(directory.path().as_os_str()), uid + 1).verdict, Verdict::Fail);
        let long = directory.path().join("x".repeat(SOCKET_PATH_BYTES_MAX));
        std::fs::create_dir(&long).expect("a directory");
        assert_eq!(verdict(&long), Verdict::Fail);
        assert_eq!(verdict(&directory.path().join("absent")), Verdict::Fail);
    }
}
