//! Finds the files of a fleet: its configuration, its state and its sockets, from whatever directory the user is in.
//!
//! ```text
//!  <root>/agents.toml                                   what the user writes
//!  <root>/.quarterdeck/                                 journal, transcripts, log          0700
//!  <runtime>/quarterdeck/<key>/control.sock             the supervisor                     0600 in 0700
//!  <runtime>/quarterdeck/<key>/<run>.sock               a keeper
//! ```
//!
//! Sockets are in the user's runtime directory because a socket's path is limited to [`SOCKET_PATH_BYTES_MAX`] bytes,
//! and because that directory is on a local file system that ends with the session. `<key>` is a digest of the
//! canonical root, so two fleets never collide and the same fleet is found again through any path that leads to it.

mod living;
mod names;
mod runtime;
mod standing;

pub use living::LOCK_FILE;
pub use names::{
    AGENT_VARIABLE, CONFIG_FILE, CONFIG_VARIABLE, JOURNAL_FILE, JOURNAL_UNREAD, LONGEST_SOCKET_BYTES, PROOF_VARIABLE,
    PlaceError, RUNTIME_VARIABLE, SOCKET_PATH_BYTES_MAX, SOCKET_VARIABLE, STATE_DIRECTORY, TASK_VARIABLE,
    TOKEN_VARIABLE,
};
pub use runtime::runtime_base;
pub use standing::{Standing, is_marked, mark, standing};

use crate::regular;
use names::check_owned;
use quarterdeck_core::ids::RunId;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The mode by which only the owner may enter a directory.
const DIRECTORY_MODE: u32 = 0o700;

/// The record's file name in the state directory.
const RECORD_FILE: &str = "runtime";

/// The paths of one fleet. All are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory that holds `agents.toml`, without symlinks.
    pub root: PathBuf,
    /// Path of the configuration file.
    pub config_path: PathBuf,
    /// Path of `.quarterdeck`: journal, transcripts, log.
    pub state_directory: PathBuf,
    /// Path of the directory that holds only this fleet's sockets.
    pub runtime_directory: PathBuf,
    /// Path of the socket on which the supervisor listens.
    pub control_socket: PathBuf,
}

impl Place {
    /// Finds the fleet that is meant. The first of these that exists is used:
    ///
    /// 1. `explicit`: an `agents.toml`, or the directory that holds one;
    /// 2. `$QD_CONFIG`;
    /// 3. the fleet in whose workspace `start` is;
    /// 4. the nearest `agents.toml` at `start` or above it.
    ///
    /// The fleet's sockets are where the environment says. If no supervisor listens there, and the user has chosen no
    /// directory, they are where the fleet's supervisor has recorded. Creates nothing.
    ///
    /// # Errors
    /// [`PlaceError::NoConfig`], [`PlaceError::Unreadable`], [`PlaceError::TooLong`].
    pub fn find(start: &Path, explicit: Option<&Path>) -> Result<Place, PlaceError> {
        let named = std::env::var_os(CONFIG_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let place = Place::find_under(start, explicit.or(named.as_deref()), &runtime_base())?;
        if runtime::is_chosen() || place.control_socket.symlink_metadata().is_ok() {
            return Ok(place);
        }
        match place.recorded_runtime() {
            Some(base) => Place::find_under(start, Some(&place.config_path), &base),
            None => Ok(place),
        }
    }

    /// Finds a fleet as [`Place::find`] does, but takes nothing from the environment: sockets go below `runtime_base`.
    ///
    /// # Errors
    /// As [`Place::find`].
    pub fn find_under(start: &Path, explicit: Option<&Path>, runtime_base: &Path) -> Result<Place, PlaceError> {
        let config_path = match explicit {
            Some(path) => named_config(path)?,
            None => match standing(start) {
                Some(standing) => standing.config_path,
                None => nearest_config(start)?,
            },
        };
        let config_path = canonical(&config_path)?;
        let root = config_path.parent().unwrap_or(Path::new("/")).to_owned();
        let runtime_directory = runtime_base.join("quarterdeck").join(key(&root));
        if runtime_base.as_os_str().len() + LONGEST_SOCKET_BYTES > SOCKET_PATH_BYTES_MAX {
            return Err(PlaceError::TooLong { path: runtime_directory });
        }
        Ok(Place {
            state_directory: root.join(STATE_DIRECTORY),
            control_socket: runtime_directory.join("control.sock"),
            root,
            config_path,
            runtime_directory,
        })
    }

    /// Returns the value of [`runtime_base`] with which this place was found.
    pub fn runtime_base(&self) -> &Path {
        self.runtime_directory.ancestors().nth(2).unwrap_or(&self.runtime_directory)
    }

    /// Returns the secret by which this process proves to which run of this fleet it belongs, if it belongs to one. The
    /// secret is not told to another fleet.
    pub fn token(&self) -> Option<String> {
        std::env::var_os(SOCKET_VARIABLE).filter(|socket| Path::new(socket) == self.control_socket)?;
        [PROOF_VARIABLE, TOKEN_VARIABLE].into_iter().find_map(said)
    }

    /// Returns the agent of this fleet that this process claims to be, if it claims to be one. If QD_SOCKET names
    /// another fleet, the process is an agent of that fleet, and the result is none; if QD_SOCKET is missing, the claim
    /// is taken to be about this fleet.
    pub fn claim(&self) -> Option<String> {
        let of_another = |socket: &OsString| !socket.is_empty() && Path::new(socket) != self.control_socket;
        match std::env::var_os(SOCKET_VARIABLE).filter(of_another) {
            Some(_) => None,
            None => said(AGENT_VARIABLE),
        }
    }

    /// Returns the agent of this fleet to whose run this process belongs, as far as its environment can prove.
    pub fn own_agent(&self) -> Option<String> {
        self.token().and_then(|_| said(AGENT_VARIABLE))
    }

    /// Returns the path of the socket on which the keeper of a run listens.
    pub fn keeper_socket(&self, run: RunId) -> PathBuf {
        self.runtime_directory.join(format!("{run}.sock"))
    }

    /// Returns the path of a run's own directory: lock, transcript, exit record.
    pub fn run_directory(&self, run: RunId) -> PathBuf {
        self.runs_directory().join(run.to_string())
    }

    /// Returns the path of the directory that holds all runs' directories.
    pub fn runs_directory(&self) -> PathBuf {
        self.state_directory.join("runs")
    }

    /// Makes the state and runtime directories, each for the owner alone, and refuses those into which another user
    /// could write. `.quarterdeck` hides itself from git.
    ///
    /// # Errors
    /// [`PlaceError::Create`], [`PlaceError::Unsafe`].
    pub fn prepare(&self) -> Result<(), PlaceError> {
        let shared = self.runtime_directory.parent().unwrap_or(&self.runtime_directory);
        let base = shared.parent().unwrap_or(shared);
        if !base.exists() {
            own_directory(base)?;
        }
        for directory in [shared, &self.runtime_directory, &self.state_directory, &self.runs_directory()] {
            own_directory(directory)?;
        }
        hide_from_git(&self.state_directory)
    }

    /// Refuses to use a socket in a directory that another user could have made. A directory that does not exist is no
    /// danger: no process listens there.
    ///
    /// # Errors
    /// [`PlaceError::Unsafe`], [`PlaceError::Unreadable`].
    pub fn check_runtime(&self) -> Result<(), PlaceError> {
        match fs::symlink_metadata(&self.runtime_directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => check_owned(&self.runtime_directory),
        }
    }

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

/// Returns a root's key: 16 hex digits of the digest of the canonical path's bytes. It need not resist an attacker: the
/// owner of the directory that it names is checked.
pub fn key(root: &Path) -> String {
    format!("{:016x}", digest(root.as_os_str().as_bytes()))
}

/// Returns the FNV-1a digest, 64 bits (RFC 9923): not for secrets, only to tell one thing from another.
pub fn digest(bytes: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET_BASIS, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// Returns the value of a variable; none if it is empty.
fn said(variable: &str) -> Option<String> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

fn named_config(path: &Path) -> Result<PathBuf, PlaceError> {
    let around = || path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => Ok(path.to_owned()),
        Ok(_) if living::is_root(path) => Ok(path.join(CONFIG_FILE)),
        Ok(_) => Err(PlaceError::NoConfig { start: path.to_owned() }),
        Err(_) if living::is_living(around()) => Ok(path.to_owned()),
        Err(source) => Err(PlaceError::Unreadable { path: path.to_owned(), source }),
    }
}

/// Returns the `agents.toml` at `start`, or the nearest above it, in whatever workspace it is. In a directory where a
/// supervisor is alive, the file counts as existing.
///
/// # Errors
/// [`PlaceError::NoConfig`], [`PlaceError::Unreadable`].
pub fn nearest_config(start: &Path) -> Result<PathBuf, PlaceError> {
    canonical(start)?
        .ancestors()
        .find(|directory| living::is_root(directory))
        .map(|root| root.join(CONFIG_FILE))
        .ok_or_else(|| PlaceError::NoConfig { start: start.to_owned() })
}

/// Resolves only the directory of a path: `agents.toml` itself may be a link to a file that several fleets share.
fn canonical(path: &Path) -> Result<PathBuf, PlaceError> {
    let resolve =
        |path: &Path| fs::canonicalize(path).map_err(|source| PlaceError::Unreadable { path: path.to_owned(), source });
    match (path.is_dir(), path.file_name()) {
        (false, Some(name)) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(resolve(parent)?.join(name))
        }
        _ => resolve(path),
    }
}

fn own_directory(path: &Path) -> Result<(), PlaceError> {
    match fs::DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_owned(path),
        Err(source) => Err(PlaceError::Create { path: path.to_owned(), source }),
    }
}

fn hide_from_git(directory: &Path) -> Result<(), PlaceError> {
    let path = directory.join(".gitignore");
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => io::Write::write_all(&mut file, b"*\n").map_err(|source| PlaceError::Create { path, source }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(PlaceError::Create { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::runtime::choose_runtime_base;
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn fleet() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("canonical").join("repository");
        fs::create_dir_all(root.join("src/deep")).expect("directories");
        fs::write(root.join(CONFIG_FILE), "").expect("a file");
        let runtime = directory.path().canonicalize().expect("canonical").join("run");
        (directory, root, runtime)
    }

    #[test]
    fn the_nearest_file_above_is_found_and_everything_hangs_on_it() {
        let (_keep, root, runtime) = fleet();
        let place = Place::find_under(&root.join("src/deep"), None, &runtime).expect("found");
        assert_eq!(place.root, root);
        assert_eq!(place.config_path, root.join("agents.toml"));
        assert_eq!(place.state_directory, root.join(".quarterdeck"));
        assert_eq!(place.runtime_directory, runtime.join("quarterdeck").join(key(&root)));
        assert_eq!(place.control_socket, place.runtime_directory.join("control.sock"));
        assert_eq!(place.runtime_base(), runtime);
        assert_eq!(place.keeper_socket(RunId(17)), place.runtime_directory.join("r17.sock"));
    }

    #[test]
    fn a_directory_a_file_and_a_link_to_the_root_name_the_same_fleet() {
        let (keep, root, runtime) = fleet();
        let link = keep.path().join("link");
        symlink(&root, &link).expect("a link");
        let places = [root.clone(), root.join(CONFIG_FILE), link.clone(), link.join(CONFIG_FILE)]
            .map(|path| Place::find_under(Path::new("/"), Some(&path), &runtime).expect("found"));
        assert!(places.iter().all(|place| place == &places[0]), "{places:?}");
    }

    #[test]
    fn nothing_found_says_where_the_search_began_and_what_to_type() {
        let (keep, _root, runtime) = fleet();
        let error = Place::find_under(keep.path(), None, &runtime).expect_err("nothing there");
        assert!(error.to_string().contains(&keep.path().display().to_string()), "{error}");
        assert!(error.hint().contains("qd init"));
        let error = Place::find_under(keep.path(), Some(Path::new("nowhere.toml")), &runtime).expect_err("nothing");
        assert!(matches!(error, PlaceError::Unreadable { .. }), "{error:?}");
    }

    #[test]
    fn a_fleet_that_lives_is_found_without_its_configuration() {
        let (_keep, root, runtime) = fleet();
        let found = |start: &str, named: Option<&Path>| {
            Place::find_under(&root.join(start), named, &runtime).map(|place| place.config_path).ok()
        };
        Place::find_under(&root, None, &runtime).expect("found").prepare().expect("made");
        let config = root.join(CONFIG_FILE);
        fs::create_dir_all(root.join("workspaces/a")).expect("a workspace");
        mark(&root.join("workspaces"), &config).expect("marked");
        fs::write(root.join("workspaces/a").join(CONFIG_FILE), "").expect("a copy, which is no fleet's");
        fs::remove_file(&config).expect("gone");
        let lock = fs::File::create(root.join(STATE_DIRECTORY).join(LOCK_FILE)).expect("a lock");
        assert_eq!(found("src", None), None, "nobody holds it");
        assert_eq!(found("", Some(&config)), None, "nobody holds it");
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("locked");
        for (start, named) in
            [("", None), ("src/deep", None), ("workspaces/a", None), ("", Some(&root)), ("", Some(&config))]
        {
            assert_eq!(found(start, named.map(PathBuf::as_path)), Some(config.clone()), "{start} {named:?}");
        }
        fs::set_permissions(root.join(STATE_DIRECTORY), fs::Permissions::from_mode(0o755)).expect("opened");
        assert_eq!(found("src", None), None, "others could have made it");
    }

    #[test]
    fn the_key_is_fnv_1a_64() {
        // Reference values: http://www.isthe.com/chongo/tech/comp/fnv/
        assert_eq!(key(Path::new("")), "cbf29ce484222325");
        assert_eq!(key(Path::new("a")), "af63dc4c8601ec8c");
        assert_eq!(key(Path::new("foobar")), "85944171f73967e8");
    }

    #[test]
    fn directories_are_made_for_the_owner_alone_and_hidden_from_git() {
        let (_keep, root, runtime) = fleet();
        let place = Place::find_under(&root, None, &runtime).expect("found");
        place.prepare().expect("made");
        place.prepare().expect("made twice");
        for directory in [&place.runtime_directory, &place.state_directory, &place.runs_directory(), &runtime] {
            assert_eq!(fs::metadata(directory).expect("there").mode() & 0o777, 0o700, "{}", directory.display());
        }
        assert_eq!(fs::read_to_string(place.state_directory.join(".gitignore")).expect("there"), "*\n");
    }

    #[test]
    fn a_directory_others_may_enter_or_a_link_is_refused() {
        let (keep, root, runtime) = fleet();
        let place = Place::find_under(&root, None, &runtime).expect("found");
        place.check_runtime().expect("nothing there yet, nothing to fear");
        place.prepare().expect("made");
        fs::set_permissions(&place.runtime_directory, fs::Permissions::from_mode(0o755)).expect("opened");
        assert!(matches!(place.check_runtime(), Err(PlaceError::Unsafe { .. })));
        assert!(matches!(place.prepare(), Err(PlaceError::Unsafe { .. })));
        fs::remove_dir(&place.runtime_directory).expect("removed");
        symlink(keep.path(), &place.runtime_directory).expect("a link");
        assert!(matches!(place.check_runtime(), Err(PlaceError::Unsafe { .. })));
    }

    #[test]
    fn a_path_no_socket_can_have_is_refused_before_anything_is_made() {
        let (_keep, root, runtime) = fleet();
        let error = Place::find_under(&root, None, &runtime.join("x".repeat(80))).expect_err("too long");
        assert!(matches!(error, PlaceError::TooLong { .. }), "{error:?}");
        assert!(error.hint().contains("QD_RUNTIME_DIR"));
    }

    #[test]
    fn a_supervisor_that_listens_elsewhere_is_found_by_what_it_wrote_down() {
        let (keep, root, runtime) = fleet();
        let place = Place::find_under(&root, None, &runtime).expect("found");
        place.prepare().expect("made");
        place.record_runtime().expect("written");
        let from_elsewhere = Place::find_under(&root, None, &keep.path().join("other")).expect("found");
        assert_eq!(from_elsewhere.recorded_runtime(), None, "nobody listens there");
        fs::write(&place.control_socket, "").expect("a file in the socket's place");
        assert_eq!(from_elsewhere.recorded_runtime(), Some(runtime));
        fs::set_permissions(&place.state_directory, fs::Permissions::from_mode(0o755)).expect("opened");
        assert_eq!(from_elsewhere.recorded_runtime(), None, "others could have written it");
    }

    #[test]
    fn the_runtime_directory_is_our_own_then_the_sessions_then_tmp() {
        let some = |path: &str| Some(OsString::from(path));
        assert_eq!(choose_runtime_base(some("/a"), some("/proc"), 7), Path::new("/a"));
        assert_eq!(choose_runtime_base(None, some("/proc"), 7), Path::new("/proc"));
        let gone = "a session's directory that is not there is none";
        assert_eq!(choose_runtime_base(None, some("/proc/nowhere"), 7), Path::new("/tmp/quarterdeck-7"), "{gone}");
        assert_eq!(choose_runtime_base(None, None, 7), Path::new("/tmp/quarterdeck-7"));
    }
}
