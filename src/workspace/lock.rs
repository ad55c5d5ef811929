//! Serialises changes of the files that git does not protect itself: its shared list of worktrees, its shared
//! configuration.

use super::error::{WorkspaceError, io_error};
use std::fs::File;
use std::path::Path;

/// The lock that is held while git's shared files change. Released when dropped, and by the kernel when its holder
/// dies.
pub(super) struct RepositoryLock {
    _file: File,
}

/// The name of the lock's file in the git common directory. It is never removed: removing a lock file is a race.
const FILE_NAME: &str = "qd-worktrees.lock";

/// Waits for the repository's lock, which excludes other threads and other processes alike (flock(2) is per open file).
pub(super) fn lock(common_directory: &Path) -> Result<RepositoryLock, WorkspaceError> {
    let path = common_directory.join(FILE_NAME);
    let file = File::options().create(true).append(true).open(&path).map_err(io_error("open", &path))?;
    file.lock().map_err(io_error("lock", &path))?;
    Ok(RepositoryLock { _file: file })
}
