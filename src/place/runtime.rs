//! Finds the directory of the sockets: by the environment, and by the record of the supervisor that listens.
//!
//! A supervisor records which directory it uses (`.quarterdeck/runtime`), so that it is found from a shell with another
//! environment: cron's, ssh's, or that of a program which hands on no variable at all.

use super::Place;
use super::{RUNTIME_VARIABLE, check_owned};
use crate::regular;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The record's file name in the state directory.
const RECORD_FILE: &str = "runtime";

/// Returns `$QD_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR`, else a directory of the user's own under `/tmp`. A session's
/// directory that does not exist (`su`, a container, a session that is over) is passed over: only the system can make
/// it in its place.
pub fn runtime_base() -> PathBuf {
    let session = absolute("XDG_RUNTIME_DIR");
    choose_runtime_base(absolute(RUNTIME_VARIABLE), session, rustix::process::geteuid().as_raw())
}

/// Whether the user has set where sockets go.
pub(super) fn is_chosen() -> bool {
    absolute(RUNTIME_VARIABLE).is_some()
}

fn absolute(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| Path::new(value).is_absolute())
}

pub(super) fn choose_runtime_base(own: Option<OsString>, session: Option<OsString>, uid: u32) -> PathBuf {
    let session = session.filter(|directory| Path::new(directory).is_dir());
    own.or(session).map_or_else(|| PathBuf::from(format!("/tmp/quarterdeck-{uid}")), PathBuf::from)
}

impl Place {
    /// Records where this fleet's sockets are.
    ///
    /// # Errors
    /// When the record can't be written.
    pub fn record_runtime(&self) -> io::Result<()> {
        let aside = self.state_directory.join("runtime.new");
        regular::write_private(&aside, self.runtime_base().as_os_str().as_bytes())?;
        fs::rename(aside, self.state_directory.join(RECORD_FILE))
    }

    /// Returns the directory of sockets that a supervisor has recorded, if there is a record. A state directory that
    /// another user could have written into is not trusted.
    pub(super) fn recorded_runtime(&self) -> Option<PathBuf> {
        check_owned(&self.state_directory).ok()?;
        let recorded = regular::bytes(&self.state_directory.join(RECORD_FILE), regular::SMALL_BYTES_MAX).ok()?;
        let base = Path::new(OsStr::from_bytes(&recorded));
        let socket = base.join(self.control_socket.strip_prefix(self.runtime_base()).ok()?);
        (base.is_absolute() && socket.symlink_metadata().is_ok()).then(|| base.to_owned())
    }
}
