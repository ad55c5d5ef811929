//! The names of files, directories and variables, and why a place can't be used.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The configuration's file name.
pub const CONFIG_FILE: &str = "agents.toml";

/// The state directory's name, beside the configuration.
pub const STATE_DIRECTORY: &str = ".quarterdeck";

/// The journal's name, in the state directory.
pub const JOURNAL_FILE: &str = "journal.sqlite3";

/// What comes between a journal's name and the time at which it was set aside because it could not be read.
pub const JOURNAL_UNREAD: &str = ".unread-";

/// Names the configuration for every `qd` below a process; the supervisor sets it for its agents, whose
/// worktrees hold a copy of `agents.toml` that is not their fleet's.
pub const CONFIG_VARIABLE: &str = "QD_CONFIG";

/// Where sockets go; the supervisor sets it for its agents, so that their `qd` looks where it listens.
pub const RUNTIME_VARIABLE: &str = "QD_RUNTIME_DIR";

/// Names the control socket of a run's fleet.
pub const SOCKET_VARIABLE: &str = "QD_SOCKET";

/// Holds the secret by which a run proves to its fleet who it is. Agent programs strip variables from what they start by
/// words in their names (Gemini CLI: TOKEN, SECRET, KEY, AUTH, CREDENTIAL, PRIVATE, CERT …; Codex: KEY, SECRET, TOKEN);
/// this name has none of them.
pub const PROOF_VARIABLE: &str = "QD_RUN_PROOF";

/// The same secret, under the name that it had first.
pub const TOKEN_VARIABLE: &str = "QD_TOKEN";

/// The name of the agent to whose run a process belongs.
pub const AGENT_VARIABLE: &str = "QD_AGENT";

/// The longest path a Unix socket can be bound to, without its closing zero (unix(7): `sun_path` is 108 bytes). Beyond
/// it, the directory is refused, or a shorter one is taken.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// What stands behind the runtime directory at most: a keeper's socket with the largest run number.
pub const LONGEST_SOCKET_BYTES: usize = "/quarterdeck/0123456789abcdef/r18446744073709551615.sock".len();

/// Why a fleet's place can't be had or can't be trusted.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no `agents.toml` here or above.
    #[error("no {CONFIG_FILE} in {} or above it", start.display())]
    NoConfig {
        /// Where the search began.
        start: PathBuf,
    },
    /// What was named is not there, or can't be read.
    #[error("cannot open {}", path.display())]
    Unreadable {
        /// What was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory can't be made.
    #[error("cannot create the directory {}", path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory that someone else could write into.
    #[error("{} is not safe to use: {why}", path.display())]
    Unsafe {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A socket in this directory could not be bound.
    #[error("{} is too long for a socket (at most {SOCKET_PATH_BYTES_MAX} bytes with the socket's name)", path.display())]
    TooLong {
        /// The directory.
        path: PathBuf,
    },
}

impl PlaceError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            PlaceError::NoConfig { .. } => format!("`qd init` writes an {CONFIG_FILE} for this repository"),
            PlaceError::Unreadable { path, .. } => {
                format!("check that {} exists and is yours to read", path.display())
            }
            PlaceError::Create { path, .. } if path.ends_with(STATE_DIRECTORY) => {
                "the fleet's journal and transcripts go there: make its parent writable".to_owned()
            }
            PlaceError::Create { .. } => "choose another place for the sockets with QD_RUNTIME_DIR".to_owned(),
            PlaceError::Unsafe { path, .. } => {
                format!("make it yours alone (`chmod 700 {}`), or remove it", path.display())
            }
            PlaceError::TooLong { .. } => "choose a shorter path for the sockets with QD_RUNTIME_DIR".to_owned(),
        }
    }
}

pub(super) fn check_owned(path: &Path) -> Result<(), PlaceError> {
    let found =
        fs::symlink_metadata(path).map_err(|source| PlaceError::Unreadable { path: path.to_owned(), source })?;
    let refuse = |why| Err(PlaceError::Unsafe { path: path.to_owned(), why });
    match found {
        found if !found.is_dir() => refuse("it is not a directory"),
        found if found.uid() != rustix::process::geteuid().as_raw() => refuse("it belongs to another user"),
        found if found.mode() & 0o077 != 0 => refuse("others may enter it"),
        _ => Ok(()),
    }
}
