//! The names of files, directories and variables, and why a place can't be used.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The file name of the configuration.
pub const CONFIG_FILE: &str = "agents.toml";

/// The name of the state directory, beside the configuration.
pub const STATE_DIRECTORY: &str = ".quarterdeck";

/// The file name of the journal, in the state directory.
pub const JOURNAL_FILE: &str = "journal.sqlite3";

/// The text between a journal's name and the time at which it was set aside because it could not be read.
pub const JOURNAL_UNREAD: &str = ".unread-";

/// The variable that names the configuration for every `qd` below a process. The supervisor sets it for its agents,
/// whose worktrees hold a copy of `agents.toml` that is not their fleet's.
pub const CONFIG_VARIABLE: &str = "QD_CONFIG";

/// The variable that names the directory of sockets. The supervisor sets it for its agents, so that their `qd` looks
/// where it listens.
pub const RUNTIME_VARIABLE: &str = "QD_RUNTIME_DIR";

/// The variable that names the control socket of a run's fleet.
pub const SOCKET_VARIABLE: &str = "QD_SOCKET";

/// The variable with the secret by which a run proves its identity to its fleet. Agent programs strip variables from
/// the environment of their children by words in the names (Gemini CLI: TOKEN, SECRET, KEY, AUTH, CREDENTIAL, PRIVATE,
/// CERT …; Codex: KEY, SECRET, TOKEN); this name has none of them.
pub const PROOF_VARIABLE: &str = "QD_RUN_PROOF";

/// The variable with the same secret as [`PROOF_VARIABLE`], under its first name.
pub const TOKEN_VARIABLE: &str = "QD_TOKEN";

/// The variable with the name of the agent to whose run a process belongs.
pub const AGENT_VARIABLE: &str = "QD_AGENT";

/// The variable with the id of the task that a process works on.
pub const TASK_VARIABLE: &str = "QD_TASK";

/// The longest path to which a Unix socket can be bound, bytes, without its closing zero (unix(7): `sun_path` is 108
/// bytes). Beyond it, the directory is refused, or a shorter one is taken.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The longest text behind the runtime directory in a socket's path, bytes: a keeper's socket with the largest run
/// number.
pub const LONGEST_SOCKET_BYTES: usize = "/quarterdeck/0123456789abcdef/r18446744073709551615.sock".len();

/// The reason why a fleet's place can't be found, made or trusted.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// There is no `agents.toml` in this directory or above.
    #[error("no {CONFIG_FILE} in {} or above it", start.display())]
    NoConfig {
        /// The directory in which the search for `agents.toml` began.
        start: PathBuf,
    },
    /// The named file does not exist, or can't be read.
    #[error("cannot open {}", path.display())]
    Unreadable {
        /// Path of the named file that can't be read.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A directory can't be made.
    #[error("cannot create the directory {}", path.display())]
    Create {
        /// Path of the directory whose sockets would have too long a path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Another user could write into a directory.
    #[error("{} is not safe to use: {why}", path.display())]
    Unsafe {
        /// Path of the directory whose sockets would have too long a path.
        path: PathBuf,
        /// Text that says what is wrong with the directory.
        why: &'static str,
    },
    /// The path of a socket in this directory would be too long.
    #[error("{} is too long for a socket (at most {SOCKET_PATH_BYTES_MAX} bytes with the socket's name)", path.display())]
    TooLong {
        /// Path of the directory whose sockets would have too long a path.
        path: PathBuf,
    },
}

impl PlaceError {
    /// Returns a hint on how to resolve the error.
    pub fn hint(&self) -> String {
        match self {
            PlaceError::NoConfig { .. } => format!("`qd init` writes an {CONFIG_FILE} for this repository"),
            PlaceError::Unreadable { path, .. } => {
                format!("check that {} exists and that you may read it", path.display())
            }
            PlaceError::Create { path, .. } if path.ends_with(STATE_DIRECTORY) => {
                "the fleet's journal and transcripts are stored there: make its parent directory writable".to_owned()
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
