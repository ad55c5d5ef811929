//! Watches the target of a path: the file, and each symlink on the way to it. So a save is detected wherever the file
//! is (dotfiles, stow, home-manager), and a replaced symlink is detected too.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The most symlinks on one path (path_resolution(7): Linux follows 40). Beyond it, the path leads nowhere, as for the
/// kernel.
const LINKS_MAX: u32 = 40;

/// A watch on a file and the symlinks that lead to it.
pub(super) struct Followed {
    watcher: RecommendedWatcher,
    /// The directories that are watched.
    directories: BTreeSet<PathBuf>,
    /// The paths in those directories whose changes are reported.
    places: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Followed {
    /// Creates a watch that sends on `saved` when the file or a symlink on the way to it has changed.
    ///
    /// # Errors
    /// If the system has no more watches.
    pub(super) fn new(saved: mpsc::Sender<()>) -> notify::Result<Followed> {
        let places: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
        let wanted = Arc::clone(&places);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
            let concerns = match &event {
                Ok(event) => !event.kind.is_access() && event.paths.iter().any(|path| wanted.contains(path)),
                // Events were lost: the current state must be examined.
                Err(_) => true,
            };
            if concerns {
                // One message that waits is enough.
                let _one_waits_already = saved.try_send(());
            }
        })?;
        Ok(Followed { watcher, directories: BTreeSet::new(), places })
    }

    /// Watches the path as it is now. Call it before the file is read, so that later changes are reported.
    ///
    /// # Errors
    /// If the system has no more watches, or a directory on the path can't be watched; the others are watched.
    pub(super) fn follow(&mut self, path: &Path) -> notify::Result<()> {
        let way = way(path);
        let directories: BTreeSet<PathBuf> = way.iter().filter_map(|place| Some(place.parent()?.to_owned())).collect();
        *self.places.lock().unwrap_or_else(PoisonError::into_inner) = way;
        for gone in self.directories.difference(&directories) {
            let _not_there_any_more = self.watcher.unwatch(gone);
        }
        // The directory is watched instead of the file, because editors replace the old file by a new one.
        let watched = directories.iter().map(|directory| self.watcher.watch(directory, RecursiveMode::NonRecursive));
        let watched = watched.fold(Ok(()), Result::and);
        self.directories = directories;
        watched
    }
}

/// Returns each symlink on an absolute path, and the final target, whether or not that exists.
fn way(path: &Path) -> BTreeSet<PathBuf> {
    let (mut way, mut here, mut links) = (BTreeSet::new(), PathBuf::from("/"), 0);
    let mut ahead: VecDeque<OsString> = parts(path).collect();
    while let Some(part) = ahead.pop_front() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => _ = here.pop(),
            Some(Component::RootDir) => here = PathBuf::from("/"),
            Some(Component::Normal(name)) => {
                let there = here.join(name);
                let target = std::fs::read_link(&there).ok().filter(|_| links < LINKS_MAX);
                if target.is_some() || ahead.is_empty() {
                    way.insert(there.clone());
                }
                match target {
                    Some(target) => {
                        links += 1;
                        parts(&target).collect::<Vec<_>>().into_iter().rev().for_each(|part| ahead.push_front(part));
                    }
                    None => here = there,
                }
            }
            _ => {}
        }
    }
    way
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().map(|part| part.as_os_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_link_on_the_way_and_its_end_are_found() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("a path");
        for made in ["fleet", "generation1", "store/a"] {
            std::fs::create_dir_all(root.join(made)).expect("a directory");
        }
        symlink("../home/agents.toml", root.join("fleet/agents.toml")).expect("a link");
        symlink(root.join("generation1"), root.join("home")).expect("a link");
        symlink("../store/a/agents.toml", root.join("generation1/agents.toml")).expect("a link");
        let found = way(&root.join("fleet/agents.toml"));
        let expected = ["fleet/agents.toml", "home", "generation1/agents.toml", "store/a/agents.toml"];
        assert_eq!(found, expected.map(|place| root.join(place)).into(), "its end need not be there");
        let plain = root.join("store/a/agents.toml");
        assert_eq!(way(&plain), [plain].into());
        symlink("loop", root.join("loop")).expect("a link");
        assert!(way(&root.join("loop/agents.toml")).contains(&root.join("loop")), "a loop ends");
    }
}
