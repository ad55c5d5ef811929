//! The lock that only one supervisor of a fleet can hold, and the reasons why a supervisor can't start.

use super::journal::JournalError;
use crate::config::ConfigErrors;
use crate::place::{LOCK_FILE, Place, PlaceError};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// Why a supervisor, or a program in its place, can't start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The fleet's directories can't be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The configuration is invalid.
    #[error("{0}")]
    Config(ConfigErrors),
    /// Another supervisor has this fleet.
    #[error("another supervisor already runs for this fleet")]
    Taken,
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The system refused an operation.
    #[error("{what}: {source}")]
    System {
        /// The operation that was tried.
        what: &'static str,
        /// The error that the system returned.
        source: io::Error,
    },
}

pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

/// How long a supervisor that ends may hold the fleet's lock. If it is held longer, that supervisor serves the fleet.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Takes the fleet's lock, which ends with this process. Keepers do not inherit it, because they outlive us. A
/// supervisor that has just ended its fleet may hold it a moment longer, so it is waited for.
pub(super) fn take_lock(place: &Place) -> Result<File, StartError> {
    let path = place.state_directory.join(LOCK_FILE);
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = file.map_err(system("the fleet's lock can't be opened"))?;
    let (locked, lock) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let taken = rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).map(|()| file);
        let _given_up = locked.send(taken);
    });
    match lock.recv_timeout(LOCK_WAIT) {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(error)) => Err(system("the fleet can't be locked")(error.into())),
        Err(_) => Err(StartError::Taken),
    }
}
