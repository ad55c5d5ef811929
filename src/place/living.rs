//! Tells by a lock whether a supervisor is alive in a directory, so that a fleet is found while its configuration is
//! missing (stashed, on another branch, a FIFO by mistake).

use super::names::{CONFIG_FILE, STATE_DIRECTORY, check_owned};
use crate::regular::{self, Links};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::path::Path;

/// The name of the file in the state directory that a supervisor holds locked as long as it is alive.
pub const LOCK_FILE: &str = "lock";

/// Whether `root` is a fleet's root: its configuration is there, or a supervisor is alive there without one.
pub(super) fn is_root(root: &Path) -> bool {
    root.join(CONFIG_FILE).is_file() || is_living(root)
}

/// Whether a supervisor of the fleet at `root` is alive. A state directory that another user could have made is not
/// trusted.
pub(super) fn is_living(root: &Path) -> bool {
    let state_directory = root.join(STATE_DIRECTORY);
    let lock = check_owned(&state_directory).ok().and_then(|()| {
        // A shared lock, released at once: a supervisor that starts meanwhile waits for it.
        let file = regular::open_file(&state_directory.join(LOCK_FILE), Links::Refuse).ok()?;
        Some(flock(&file, FlockOperation::NonBlockingLockShared))
    });
    lock == Some(Err(Errno::WOULDBLOCK))
}
