//! Reads the files of the drop folder: each file once, and again when it has changed.

use super::directory::{Directory, Stamp};
use crate::split::{self, TASK_FILE_BYTES_MAX, TaskFile};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// The most task files that are read. Beyond it, further ones wait until these are done.
pub(super) const FILES_MAX: usize = 1_000;

/// A file of the drop folder.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    stamp: Option<Stamp>,
    /// The task that the file describes, or what is wrong with it.
    pub(super) task: Result<Arc<TaskFile>, String>,
}

/// The files of the drop folder, by name.
pub(super) type Files = BTreeMap<String, Dropped>;

/// Whether a name is that of a task file. Hidden files are somebody's unfinished work.
fn is_task_file(name: &str) -> bool {
    name.ends_with(".md") && !name.starts_with('.')
}

/// Reads the folder again. Returns the files, and whether there are more than are read.
///
/// # Errors
/// If the directory can't be read.
pub(super) fn scan(active: &Directory, before: &Files) -> io::Result<(Files, bool)> {
    let (names, more) = active.names(FILES_MAX, is_task_file)?;
    let read = |name: String| {
        let dropped = match before.get(&name) {
            Some(known) if known.stamp.is_some() && known.stamp == active.stamp(&name).ok() => known.clone(),
            _ => look(active, &name),
        };
        (name, dropped)
    };
    Ok((names.into_iter().map(read).collect(), more))
}

fn look(active: &Directory, name: &str) -> Dropped {
    let stem = name.trim_end_matches(".md");
    // The stamp is taken first because it names a symlink as such; reading one only reports too many levels of
    // symlinks.
    let read = active.stamp(name).and_then(|_| active.read(name, TASK_FILE_BYTES_MAX));
    match read {
        Ok((text, stamp)) => {
            let task = split::parse(&text, stem).map(Arc::new).map_err(|problem| problem.to_string());
            Dropped { stamp: Some(stamp), task }
        }
        Err(error) => Dropped { stamp: active.stamp(name).ok(), task: Err(error.to_string()) },
    }
}
