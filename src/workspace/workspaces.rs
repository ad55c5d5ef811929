//! The workspaces of one fleet: their directory, and the repository from which they are made.

use super::beneath;
use super::error::{WorkspaceError, io_error};
use super::repository::Repository;
use super::turns::Turns;
use crate::config::FleetConfig;
use crate::config::values::RelativePath;
use crate::place::{self, CONFIG_FILE};
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

/// The workspaces of one fleet. Cheap to make; finds the repository once, when first needed.
#[derive(Debug)]
pub struct Workspaces {
    pub(super) root: PathBuf,
    pub(super) relative: RelativePath,
    /// Path of the fleet's configuration, which the directory of the workspaces records.
    config_path: PathBuf,
    repository: OnceLock<Repository>,
    /// The supervisor that the commit guard of worktrees asks; none: they have no guard.
    guard: RwLock<Option<Guard>>,
    pub(super) turns: Turns,
}

/// The program and the configuration with which the commit guard asks a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Path of the program `qd` itself.
    pub program: PathBuf,
    /// Path of the fleet's `agents.toml`.
    pub config_path: PathBuf,
}

impl Workspaces {
    /// Returns the workspaces of a fleet that is in `root` (absolute) and makes them in `relative` below it.
    pub fn new(root: &Path, relative: &RelativePath) -> Workspaces {
        Workspaces {
            config_path: root.join(CONFIG_FILE),
            root: root.to_owned(),
            relative: relative.clone(),
            repository: OnceLock::new(),
            guard: RwLock::new(None),
            turns: Turns::default(),
        }
    }

    /// Sets the commit guard that worktrees get when they are prepared from now on; with none, they lose theirs.
    pub fn set_guard(&self, guard: Option<Guard>) {
        *self.guard.write().unwrap_or_else(PoisonError::into_inner) = guard;
    }

    pub(super) fn guard(&self) -> Option<Guard> {
        self.guard.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the top of the shared workspace: the repository's working tree, or the fleet's directory.
    ///
    /// # Errors
    /// When the repository can't be used.
    pub fn shared_root(&self) -> Result<PathBuf, WorkspaceError> {
        match self.repository() {
            Ok(repository) => Ok(repository.root.clone()),
            Err(WorkspaceError::NotARepository(directory)) => Ok(directory),
            Err(error) => Err(error),
        }
    }

    /// Returns the workspaces of this fleet.
    pub fn of(config: &FleetConfig) -> Workspaces {
        let config_path = config.root.join(config.path.file_name().unwrap_or(CONFIG_FILE.as_ref()));
        Workspaces { config_path, ..Workspaces::new(&config.root, &config.fleet.workspaces) }
    }

    /// Returns the path that the workspace of this name has, or would have.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.root.join(self.relative.as_path()).join(name)
    }

    /// Returns the absolute path of the directory that all workspaces are in; it is made (0700, ignored by git, marked
    /// as this fleet's) if it does not exist.
    pub(super) fn directory(&self) -> Result<PathBuf, WorkspaceError> {
        let directory = own_directory(&self.root, self.relative.as_path())?;
        place::mark(&directory, &self.config_path).map_err(io_error("mark", &directory))?;
        Ok(directory)
    }

    /// Returns the git repository that the fleet is in.
    pub(super) fn repository(&self) -> Result<&Repository, WorkspaceError> {
        if let Some(repository) = self.repository.get() {
            return Ok(repository);
        }
        let found = Repository::discover(&self.root)?;
        Ok(self.repository.get_or_init(|| found))
    }
}

/// Makes a directory of Quarterdeck below `root`: 0700, with a `.gitignore` of its own so that nothing in it shows up
/// in the user's repository. Used for `workspaces/` and `.quarterdeck/`. Returns its path.
///
/// # Errors
/// When it can't be made, or a symlink would lead out of `root`.
pub fn own_directory(root: &Path, relative: &Path) -> Result<PathBuf, WorkspaceError> {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let path = beneath::create_directory(root, relative)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))
        .map_err(io_error("set the mode of", &path))?;
    let ignore = path.join(".gitignore");
    match std::fs::File::create_new(&ignore) {
        Ok(mut file) => file.write_all(b"*\n").map_err(io_error("write", &ignore))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io_error("write", &ignore)(error)),
    }
    Ok(path)
}
