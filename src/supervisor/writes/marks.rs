//! Marks in the stream of what a watcher notices. Notices come in the order in which things happened, but later. After
//! each look at who has written, a directory of ours is opened, which the watcher notices too: what it notices behind that
//! happened after the look.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Marks that can be told from each other. The kernel merges two equal notices, so neighbours have different names.
const NAMES: usize = 16;

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(usize);

/// A directory of ours with a directory for each name.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    directory: PathBuf,
    next: Arc<AtomicUsize>,
}

impl Marks {
    /// Makes the directories. Whoever watches this one is told of each mark; where it cannot be made, it cannot be watched.
    pub(super) fn in_directory(directory: PathBuf) -> Marks {
        for name in 0..NAMES {
            let _watching_it_tells = fs::create_dir_all(directory.join(name.to_string()));
        }
        Marks { directory, next: Arc::default() }
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A mark that is not among the last [`NAMES`].
    pub(super) fn next(&self) -> Mark {
        Mark(self.next.fetch_add(1, Ordering::Relaxed) % NAMES)
    }

    /// Sets a mark behind what the watcher has noticed so far. One that cannot be set is passed with the next one.
    pub(super) fn set(&self, mark: Mark) {
        let _opened = fs::read_dir(self.directory.join(mark.0.to_string()));
    }
}

/// The mark whose directory this is; none if it is another's.
pub(super) fn of_path(marks: &Path, path: &Path) -> Option<Mark> {
    path.strip_prefix(marks).ok()?.to_str()?.parse().ok().map(Mark)
}
