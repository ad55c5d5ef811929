//! The fleet's lock, and why whoever wants it can't start.

use super::journal::JournalError;
use crate::config::ConfigErrors;
use crate::place::{LOCK_FILE, Place, PlaceError};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// A supervisor, or who stands in for one, can't start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// Where the fleet lives can't be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The configuration is wrong.
    #[error("{0}")]
    Config(ConfigErrors),
    /// Another supervisor has this fleet.
    #[error("another supervisor has this fleet already")]
    Taken,
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
}

pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

/// A supervisor that ends lets go of the fleet within this; one that does not serves it.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The lock dies with this process. It is not inherited: keepers outlive us. One that has just ended its fleet may
/// hold it a moment longer, so it is waited for.
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
