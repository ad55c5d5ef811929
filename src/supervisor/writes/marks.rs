//! Marks in the stream of a watcher's notices. Notices come in the order in which things happened, but later. After
//! each examination of the writers, a directory of ours is opened, which the watcher reports too: the notices after
//! that report happened after the examination.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of different marks. The kernel merges two equal notices, so successive marks have different names.
const NAMES: usize = 16;

/// One mark, by the number of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(usize);

/// A directory of ours that contains a directory for each mark.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    directory: PathBuf,
    next: Arc<AtomicUsize>,
}

impl Marks {
    /// Creates the directories. A watcher of this directory is told of each mark; if it can't be created, it can't be
    /// watched.
    pub(super) fn in_directory(directory: PathBuf) -> Marks {
        for name in 0..NAMES {
            let _watching_it_tells = fs::create_dir_all(directory.join(name.to_string()));
        }
        Marks { directory, next: Arc::default() }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns a mark that is not among the last [`NAMES`].
    pub(super) fn next(&self) -> Mark {
        Mark(self.next.fetch_add(1, Ordering::Relaxed) % NAMES)
    }

    /// Sets a mark after everything that the watcher has reported so far. If that fails, the next mark takes its place.
    pub(super) fn set(&self, mark: Mark) {
        let _opened = fs::read_dir(self.directory.join(mark.0.to_string()));
    }
}

/// Returns the mark whose directory this is; none if it is another directory.
pub(super) fn of_path(marks: &Path, path: &Path) -> Option<Mark> {
    path.strip_prefix(marks).ok()?.to_str()?.parse().ok().map(Mark)
}
