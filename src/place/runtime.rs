//! Finds the directory of the sockets: by the environment, and by the record of the supervisor that listens.
//!
//! A supervisor records which directory it uses (`.quarterdeck/runtime`), so that it is found from a shell with another
//! environment: cron's, ssh's, or that of a program which hands on no variable at all.

use super::names::RUNTIME_VARIABLE;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns `$QD_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR`, else a directory of the user's own under `/tmp`. A session's
/// directory that does not exist (`su`, a container, a session that has ended) is passed over: only the system can make
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
