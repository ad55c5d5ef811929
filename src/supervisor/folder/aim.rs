//! Determines which directory is watched: the drop folder if it exists, otherwise the nearest directory above it in
//! which it may be created.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// A watcher that follows the folder as it appears and disappears.
pub(super) struct Aim {
    watcher: RecommendedWatcher,
    /// The directory that is watched, by its inode number and path.
    at: Option<(u64, PathBuf)>,
    /// The only name of interest in the watched directory; none means every name.
    only: Arc<Mutex<Option<OsString>>>,
}

impl Aim {
    /// Creates a watcher that sends on `changed` when something happened.
    ///
    /// # Errors
    /// If the system has no more watches.
    pub(super) fn new(changed: mpsc::Sender<()>) -> notify::Result<Aim> {
        let only: Arc<Mutex<Option<OsString>>> = Arc::default();
        let wanted = Arc::clone(&only);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let concerns = match &event {
                Ok(event) if event.kind.is_access() => false,
                Ok(event) => {
                    let named = |name: &OsString| event.paths.iter().any(|path| path.file_name() == Some(name));
                    wanted.as_ref().is_none_or(named)
                }
                // Events were lost: the current state must be examined.
                Err(_) => true,
            };
            if concerns {
                // One message that waits is enough.
                let _one_waits_already = changed.try_send(());
            }
        })?;
        Ok(Aim { watcher, at: None, only })
    }

    /// Watches `folder` below `root`, or the deepest part of its path that exists. Call it before each examination: a
    /// change between two examinations is then found by one of them.
    ///
    /// # Errors
    /// If the system has no more watches.
    pub(super) fn at(&mut self, root: &Path, folder: &Path) -> notify::Result<()> {
        let mut there = root.to_path_buf();
        let mut missing = None;
        for part in folder.components() {
            let next = there.join(part);
            let is_directory = std::fs::symlink_metadata(&next).is_ok_and(|metadata| metadata.is_dir());
            if !is_directory {
                missing = Some(part.as_os_str().to_owned());
                break;
            }
            there = next;
        }
        *self.only.lock().unwrap_or_else(PoisonError::into_inner) = missing;
        // A directory that was created again has the old path but none of the watches, so it is identified by its
        // number.
        let at = (std::fs::symlink_metadata(&there).map_or(0, |metadata| metadata.ino()), there);
        if self.at.as_ref() == Some(&at) {
            return Ok(());
        }
        if let Some((_, old)) = self.at.take() {
            let _gone = self.watcher.unwatch(&old);
        }
        self.watcher.watch(&at.1, RecursiveMode::NonRecursive)?;
        self.at = Some(at);
        Ok(())
    }
}
