//! Writes a YAML file that mirrors the shared state and each agent's status, for programs that read such a file:
//! `[coordination] statefile`. It is only ever read to check whether it is ours.
//!
//! The file is written whole, under another name first and then renamed, when its content would change, and at most
//! [`WRITES_PER_SECOND_MAX`] times a second. Nothing is written, and nothing wakes, while nothing changes.

mod mirror;

use super::context::Context;
use super::folder::directory::Directory;
use crate::clock;
use crate::config::values::RelativePath;
use crate::place::Place;
use crate::supervisor::context::Dashboard;
use mirror::{HEADING, Mirror, Picture};
use quarterdeck_core::time::Time;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How many times a second the file is written at most. Beyond it, changes are written together.
const WRITES_PER_SECOND_MAX: u32 = 10;
/// The subject of the banner about a file that can't be written.
const BANNER: &str = "statefile";
/// The largest file that is read, in bytes: the shared state has 8 MiB at most, and quoting makes it longer. Beyond it,
/// the file was not written by Quarterdeck, and is not changed.
const FILE_BYTES_MAX: usize = 64 << 20;

/// Keeps the file current until the supervisor ends; it contains the final state.
pub(super) async fn keep(context: Arc<Context>) {
    let mut changes = context.kernel.changes();
    changes.mark_changed();
    let mut mirror = Mirror::default();
    let mut written: Option<(RelativePath, Arc<str>)> = None;
    while changes.changed().await.is_ok() {
        let file = context.configs.file();
        match &file.coordination.statefile {
            None => {
                written = None;
                lower(&context.dashboard);
            }
            Some(path) => {
                let picture = Picture::of(&changes.borrow_and_update(), &context.configs.fleet_name());
                let text: Arc<str> = mirror.text(picture, now()).into();
                if written.as_ref().is_none_or(|before| (&before.0, &*before.1) != (path, &*text)) {
                    match write(&context.place, path, &text).await {
                        Ok(()) => lower(&context.dashboard),
                        Err(error) => raise(&context.dashboard, format!("{path} is not written: {error}")),
                    }
                    // A write that failed is tried again when something changes, not before.
                    written = Some((path.clone(), text));
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(1) / WRITES_PER_SECOND_MAX).await;
    }
}

fn now() -> Time {
    Time(clock::now_ms())
}

/// Writes the file on a thread that may block, because disks are slow.
async fn write(place: &Place, path: &RelativePath, text: &Arc<str>) -> io::Result<()> {
    let (root, path, text) = (place.root.clone(), path.clone(), Arc::clone(text));
    let done = tokio::task::spawn_blocking(move || put(&root, path.as_path(), &text)).await;
    done.unwrap_or_else(|_| Err(io::Error::other("it was cut off")))
}

/// Writes the text to `relative` below `root`, in place of an earlier file of ours. No symlink is followed, and no
/// file that someone else wrote is overwritten.
fn put(root: &Path, relative: &Path, text: &str) -> io::Result<()> {
    let parent = relative.parent().unwrap_or(Path::new(""));
    let name = relative.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| io::Error::other("its name is no text"))?;
    let directory = Directory::make(root, parent)?;
    if directory.has(name) && !directory.read(name, FILE_BYTES_MAX)?.0.starts_with(HEADING) {
        return Err(io::Error::other("there is a file of this name that qd did not write; move it away"));
    }
    directory.write(name, text)
}

fn raise(dashboard: &Dashboard, text: String) {
    tracing::warn!(text, "statefile");
    dashboard.banners.raise(BANNER, text);
    dashboard.pulse.send_replace(());
}

fn lower(dashboard: &Dashboard) {
    if dashboard.banners.lower(BANNER) {
        dashboard.pulse.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn ours(what: &str) -> String {
        format!("{HEADING}{what}\n")
    }

    #[test]
    fn it_is_put_whole_for_its_owner_in_place_of_an_earlier_one() {
        let root = tempfile::tempdir().expect("a directory");
        for what in ["first", "second"] {
            put(root.path(), Path::new("kept/state.yaml"), &ours(what)).expect("written");
            let found = std::fs::read_to_string(root.path().join("kept/state.yaml")).expect("there");
            assert_eq!(found, ours(what));
        }
        let kept = root.path().join("kept");
        assert_eq!(std::fs::read_dir(&kept).expect("listed").count(), 1, "nothing is left aside");
        let mode = std::fs::metadata(kept.join("state.yaml")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn no_path_and_no_symlink_leaves_the_root_and_nothing_of_others_is_written_over() {
        let outside = tempfile::tempdir().expect("a directory");
        let root = outside.path().join("root");
        std::fs::create_dir(&root).expect("a directory");
        let secret = outside.path().join("secret.yaml");
        std::fs::write(&secret, ours("secret")).expect("a file");
        std::fs::write(root.join("notes.yaml"), "mine: 1\n").expect("a file");
        symlink("..", root.join("up")).expect("a link");
        symlink("../secret.yaml", root.join("link.yaml")).expect("a link");
        for path in ["up/state.yaml", "../state.yaml", "/tmp/state.yaml", "link.yaml", "notes.yaml", ""] {
            assert!(put(&root, Path::new(path), &ours("new")).is_err(), "{path:?}");
        }
        assert!(!outside.path().join("state.yaml").exists());
        assert_eq!(std::fs::read_to_string(&secret).expect("there"), ours("secret"));
        assert_eq!(std::fs::read_to_string(root.join("notes.yaml")).expect("there"), "mine: 1\n");
    }
}
