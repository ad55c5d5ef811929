//! Finds the workspace that a directory is in, and the fleet that it belongs to.
//!
//! ```text
//!  <root>/agents.toml
//!  <root>/workspaces/.fleet              "../agents.toml": the workspaces in here are that fleet's
//!  <root>/workspaces/<name>/agents.toml  a copy, because the file is committed: no fleet of its own
//! ```
//!
//! The mark is a relative path, so it stays valid when the repository is moved. It needs neither git nor a variable, so
//! it works for worktrees, plain directories and the workspaces of tasks, and in every shell.
//!
//! **Invariant:** a program in a fleet's workspace finds that fleet, and of fleets within fleets the outermost; a
//! nested one is only used when it is named (`whoever_stands_in_a_workspace_finds_the_fleet_around_it`).

use super::living;
use crate::regular::{self, Links};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

/// The name of the mark's file. Names of workspaces never begin with a dot.
const MARK_FILE: &str = ".fleet";

/// The longest path in a mark, bytes. Beyond it, the file is not a mark.
const MARK_BYTES_MAX: u64 = 4096;

/// The workspace of a fleet in which a directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The workspace: the top of the directory that belongs to one agent or task.
    pub workspace: PathBuf,
    /// Path of the configuration of the fleet that the workspace belongs to.
    pub config_path: PathBuf,
}

impl Standing {
    /// The workspace's name: an agent's, or `task+NAME`.
    pub fn name(&self) -> String {
        self.workspace.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Returns the workspace that `start` is in; the outermost, where a fleet's workspace holds another fleet.
pub fn standing(start: &Path) -> Option<Standing> {
    let start = fs::canonicalize(start).ok()?;
    let places: Vec<&Path> = start.ancestors().collect();
    // From the outermost inwards: a directory with a mark, and the directory in it on the path to `start`.
    let mut found = places.windows(2).rev().filter_map(|pair| {
        let [workspace, directory] = [pair[0], pair[1]];
        Some(Standing { workspace: workspace.to_owned(), config_path: marked(directory)? })
    });
    found.next()
}

/// Marks the directory in which a fleet makes its workspaces, which is below the directory of `config_path`. A mark
/// that exists is left as it is.
///
/// # Errors
/// When the mark can't be written.
pub fn mark(directory: &Path, config_path: &Path) -> io::Result<()> {
    let root = config_path.parent().unwrap_or(Path::new("/"));
    let (Ok(beneath), Some(name)) = (directory.strip_prefix(root), config_path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut path: PathBuf = beneath.components().map(|_| Component::ParentDir).collect();
    path.push(name);
    let text = [path.as_os_str().as_bytes(), b"\n"].concat();
    let mark = directory.join(MARK_FILE);
    if regular::bytes(&mark, MARK_BYTES_MAX).is_ok_and(|found| found == text) {
        return Ok(());
    }
    // Written under another name and renamed: half a path leads elsewhere. Workspaces are made by several threads.
    static WRITERS: AtomicU32 = AtomicU32::new(0);
    let aside = directory.join(format!("{MARK_FILE}-{}", WRITERS.fetch_add(1, Ordering::Relaxed)));
    regular::write_private(&aside, text)?;
    fs::rename(aside, mark)
}

/// Whether a fleet makes its workspaces in this directory.
pub fn is_marked(directory: &Path) -> bool {
    marked(directory).is_some()
}

/// Returns the configuration that a directory's mark leads to, if the mark is valid and the configuration exists.
fn marked(directory: &Path) -> Option<PathBuf> {
    let path = directory.join(MARK_FILE);
    let mut file = regular::open_file(&path, Links::Refuse).ok()?;
    let ours = file.metadata().ok()?.uid() == rustix::process::geteuid().as_raw();
    let text = ours.then(|| regular::rest(&mut file, MARK_BYTES_MAX).ok())??;
    let config = upwards(directory, Path::new(OsStr::from_bytes(text.strip_suffix(b"\n")?)))?;
    (config.is_file() || living::is_living(config.parent()?)).then_some(config)
}

/// Returns the path to a file in a directory above this one; none if `path` leads anywhere else or there is no such
/// file.
fn upwards(directory: &Path, path: &Path) -> Option<PathBuf> {
    let mut at = directory;
    let mut components = path.components();
    loop {
        match components.next()? {
            Component::ParentDir => at = at.parent()?,
            Component::Normal(name) => return components.next().is_none().then(|| at.join(name)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::place::names::CONFIG_FILE;

    /// Makes a fleet whose workspaces each hold a copy of its configuration, and one of them a fleet of its own.
    fn nested() -> (tempfile::TempDir, PathBuf) {
        let keep = tempfile::tempdir().expect("a directory");
        let root = keep.path().canonicalize().expect("a path").join("repository");
        for directory in ["workspaces/a/src", "workspaces/task+t1", "workspaces/a/workspaces/inner/deep", "src"] {
            fs::create_dir_all(root.join(directory)).expect("a directory");
        }
        for copy in ["", "workspaces/a", "workspaces/task+t1", "workspaces/a/workspaces/inner"] {
            fs::write(root.join(copy).join(CONFIG_FILE), "").expect("a file");
        }
        mark(&root.join("workspaces"), &root.join(CONFIG_FILE)).expect("marked");
        let inner = root.join("workspaces/a");
        mark(&inner.join("workspaces"), &inner.join(CONFIG_FILE)).expect("marked");
        (keep, root)
    }

    #[test]
    fn whoever_stands_in_a_workspace_finds_the_fleet_around_it() {
        let (keep, root) = nested();
        let root_of = |start: &str| Place::find_under(&root.join(start), None, keep.path()).expect("found").root;
        for (start, workspace) in [
            ("workspaces/a", "a"),
            ("workspaces/a/src", "a"),
            ("workspaces/task+t1", "task+t1"),
            ("workspaces/a/workspaces/inner/deep", "a"),
        ] {
            assert_eq!(standing(&root.join(start)).expect("a workspace").name(), workspace, "{start}");
            assert_eq!(root_of(start), root, "{start}");
        }
        for outside in ["", "src", "workspaces"] {
            assert_eq!(standing(&root.join(outside)), None, "{outside}");
            assert_eq!(root_of(outside), root, "{outside}");
        }
        let named = Place::find_under(&root.join("workspaces/a"), Some(&root.join("workspaces/a")), keep.path());
        assert_eq!(named.expect("it is named").root, root.join("workspaces/a"));
    }

    #[test]
    fn a_repository_that_is_moved_takes_its_marks_along() {
        let (keep, root) = nested();
        let moved = keep.path().canonicalize().expect("a path").join("moved");
        fs::rename(&root, &moved).expect("moved");
        let found = standing(&moved.join("workspaces/a/src")).expect("a workspace");
        assert_eq!(found.config_path, moved.join(CONFIG_FILE));
        fs::remove_file(moved.join(CONFIG_FILE)).expect("removed");
        let found = standing(&moved.join("workspaces/a/workspaces/inner")).expect("the inner one's");
        assert_eq!(found.config_path, moved.join("workspaces/a").join(CONFIG_FILE), "a fleet that is no more has none");
    }

    #[test]
    fn many_may_mark_at_once() {
        let keep = tempfile::tempdir().expect("a directory");
        for round in 0..50 {
            let directory = keep.path().join(format!("{round}/workspaces"));
            fs::create_dir_all(&directory).expect("a directory");
            let config = keep.path().join(format!("{round}/agents.toml"));
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| mark(&directory, &config).expect("marked"));
                }
            });
            let left: Vec<_> = fs::read_dir(&directory).expect("listed").flatten().map(|one| one.file_name()).collect();
            assert_eq!(left, [MARK_FILE], "nothing is left beside it");
        }
    }

    #[test]
    fn a_mark_leads_upwards_and_nowhere_else() {
        let (_keep, root) = nested();
        let mark = root.join("workspaces").join(MARK_FILE);
        assert_eq!(fs::read_to_string(&mark).expect("a mark"), "../agents.toml\n");
        fs::create_dir(root.join("evil")).expect("a directory");
        fs::write(root.join("evil").join(CONFIG_FILE), "").expect("a file");
        let absolute = format!("{}\n", root.join("evil/agents.toml").display());
        for bad in ["../evil/agents.toml\n", &absolute, "../agents.toml", "", "\n", "../\n", "../nowhere.toml\n"] {
            fs::write(&mark, bad).expect("written");
            assert_eq!(marked(&root.join("workspaces")), None, "{bad:?}");
        }
        fs::remove_file(&mark).expect("removed");
        std::os::unix::fs::symlink(root.join("workspaces/a/workspaces").join(MARK_FILE), &mark).expect("a link");
        assert_eq!(marked(&root.join("workspaces")), None, "a link is no mark");
    }
}
