//! Stores both versions of a file that was written by someone other than its holder.
//!
//! ```text
//!  .quarterdeck/kept/<lease>/<path>           the files of a held scope, as its holder last wrote them
//!  .quarterdeck/conflicts/<time>-<lease>/     one write by someone else
//!     before/<path>   after/<path>            the old and the new content; a missing file did not exist
//!     before.unkept   after.unkept            this version was not kept: it is too large, or one file too many
//!     now-<time>/<path>   taken               the content when a version was taken, and which ([`super::conflicts`])
//! ```
//!
//! The stored files are limited: the first [`FILES_MAX`] files of a scope, each of at most [`FILE_BYTES_MAX`], and the
//! newest [`CONFLICTS_MAX`] conflicts. The stored files of a lease are deleted when it ends.

use crate::api::facts::Kind;
use crate::clock;
use crate::regular;
use crate::supervisor::context::{Context, Dashboard, Trees};
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::LeaseId;
use quarterdeck_core::scope::{RepositoryPath, Scope};
use quarterdeck_core::severity::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// The most files that are stored of one lease. Beyond it, further files are not kept, and a banner says so.
const FILES_MAX: usize = 2_000;
/// The largest file that is stored, in bytes. Beyond it, the file is not kept, and the fact says so.
pub(super) const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most directories of a scope whose files are stored. Beyond it, the files of further directories are not kept,
/// and a banner says so.
const DIRECTORIES_MAX: usize = 1_000;
/// The names of the directories for the old and for the new contents of files.
pub(super) const BEFORE: &str = "before";
pub(super) const AFTER: &str = "after";
/// The most conflicts whose versions are stored. Beyond it, the oldest are deleted; their facts remain.
const CONFLICTS_MAX: usize = 100;

/// The stored files of held scopes, as they were after their holders' last writes.
#[derive(Debug, Default)]
pub(super) struct Versions {
    root: PathBuf,
    kept: PathBuf,
    conflicts: PathBuf,
    leases: BTreeSet<LeaseId>,
}

/// The subject of the banner about a workspace that is not watched, or not wholly.
pub(super) const BANNER: &str = "writes";

impl Versions {
    /// Creates an empty store. Files that an earlier supervisor stored are deleted: it is not known who wrote
    /// meanwhile.
    pub(super) fn new(state_directory: &Path, root: &Path) -> Versions {
        let (kept, conflicts) = (kept_directory(state_directory), conflicts_directory(state_directory));
        let _nothing_there = fs::remove_dir_all(&kept);
        Versions { root: root.to_owned(), kept, conflicts, leases: BTreeSet::new() }
    }

    /// Stores the files of new leases, and deletes those of leases that have ended.
    pub(super) async fn follow(mut self, context: &Arc<Context>) -> Versions {
        let held: BTreeMap<LeaseId, Vec<PathBuf>> = {
            let view = context.kernel.view();
            let paths = |scope: &Scope| match scope {
                Scope::Path(path) => Some(self.root.join(path.as_str())),
                Scope::Resource(_) => None,
            };
            let of = |lease: &quarterdeck_core::lock::Lease| {
                lease.scopes.iter().filter_map(|held| paths(&held.want.scope)).collect()
            };
            view.locks.leases().map(|lease| (lease.id, of(lease))).collect()
        };
        let context = Arc::clone(context);
        let following = tokio::task::spawn_blocking(move || {
            for ended in self.leases.iter().filter(|lease| !held.contains_key(lease)) {
                let kept = self.kept.join(ended.to_string());
                let _gone = fs::remove_dir_all(&kept);
                let _was_not = fs::remove_file(unkept(&kept));
            }
            for (lease, scopes) in held.iter().filter(|(lease, _)| !self.leases.contains(lease)) {
                let (files, is_cut) = files(&context.dashboard, &context.trees, scopes);
                if is_cut {
                    mark_unkept(&self.kept.join(lease.to_string()));
                }
                files.iter().for_each(|file| self.keep(*lease, file));
            }
            self.leases = held.into_keys().collect();
            self
        });
        following.await.unwrap_or_default()
    }

    fn keep(&self, lease: LeaseId, file: &Path) {
        let Ok(relative) = file.strip_prefix(&self.root) else { return };
        let kept = self.kept.join(lease.to_string()).join(relative);
        let _was_not = fs::remove_file(unkept(&kept));
        let is_file = fs::symlink_metadata(file).is_ok_and(|found| found.is_file());
        let copied = is_file.then(|| copy(file, &kept));
        if let Some(Ok(())) = copied {
            return;
        }
        let _was_not = fs::remove_file(&kept);
        if let Some(Err(error)) = copied {
            tracing::debug!(%error, file = %file.display(), "a file of a held scope could not be kept");
            mark_unkept(&kept);
        }
    }

    /// Handles a write to a file of a held scope. If someone else wrote it, both versions are put aside; the file is
    /// then the new stored version.
    pub(super) async fn written(&self, kernel: &KernelHandle, lease: LeaseId, path: &RepositoryPath, by_another: bool) {
        let file = self.root.join(path.as_str());
        let kept = self.kept.join(lease.to_string()).join(path.as_str());
        if by_another && (unkept(&kept).exists() || !same(&kept, &file)) {
            match self.put_aside(lease, path, &kept, &file) {
                Ok(place) => tell(kernel, path, &place).await,
                Err(error) => tracing::warn!(%error, %path, "the versions of a conflict could not be put aside"),
            }
        }
        self.keep(lease, &file);
    }

    /// Stores both versions of a conflict, as far as possible. Returns their directory.
    fn put_aside(&self, lease: LeaseId, path: &RepositoryPath, before: &Path, after: &Path) -> io::Result<PathBuf> {
        let place = self.conflicts.join(format!("{:013}-{lease}", clock::now_ms()));
        own_directory(&place)?;
        let whole = !unkept(&self.kept.join(lease.to_string())).exists();
        for (version, file) in [(BEFORE, before), (AFTER, after)] {
            let kept = match fs::symlink_metadata(file) {
                Ok(found) if found.is_file() => copy(file, &place.join(version).join(path.as_str())).is_ok(),
                // The file did not exist; but if not all files of the scope are stored, nobody knows whether it did.
                _ => version == AFTER || whole && !unkept(file).exists(),
            };
            if !kept {
                mark_unkept(&place.join(version));
            }
        }
        self.forget_the_oldest();
        Ok(place)
    }

    /// Deletes the oldest conflicts beyond the limit; the names of their directories begin with the time.
    fn forget_the_oldest(&self) {
        let entries = fs::read_dir(&self.conflicts).into_iter().flatten().flatten();
        let mut places: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        places.sort();
        for place in &places[..places.len().saturating_sub(CONFLICTS_MAX)] {
            let _gone = fs::remove_dir_all(place);
        }
    }
}

async fn tell(kernel: &KernelHandle, path: &RepositoryPath, place: &Path) {
    let id = place.file_name().unwrap_or_default().display();
    let kept: Vec<&str> =
        [BEFORE, AFTER].into_iter().filter(|version| !unkept(&place.join(version)).exists()).collect();
    let kept = match kept.as_slice() {
        [] => "neither version could be",
        [BEFORE] => "only the version before it is",
        [_] => "only the version after it is",
        _ => "both versions are",
    };
    let text = format!(
        "{path} was written by someone who does not hold it; `qd lock conflict show {id}` compares; {kept} kept in {}",
        place.display()
    );
    let notice = Notice { severity: Severity::Warning, kind: Kind::LockConflictKept.text().to_owned(), text };
    kernel.tell(Event::Noticed { notice }).await;
}

/// Returns the files of these scopes, without those that git ignores; and whether there are more than are stored.
fn files(dashboard: &Dashboard, trees: &Trees, scopes: &[PathBuf]) -> (Vec<PathBuf>, bool) {
    let (mut files, mut is_cut) = (Vec::new(), false);
    for scope in scopes {
        if scope.is_file() {
            files.push(scope.clone());
        }
        let ground = if scope.is_dir() { trees.workspaces.ground(scope, DIRECTORIES_MAX) } else { continue };
        let ground = ground.unwrap_or_default();
        is_cut |= ground.is_cut;
        for directory in ground.directories {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            files.extend(entries.map(|entry| entry.path()).filter(|path| path.is_file()));
        }
    }
    let ignored = trees.workspaces.ignored(&files).unwrap_or_default();
    files.retain(|file| !ignored.contains(file));
    is_cut |= files.len() > FILES_MAX;
    if is_cut {
        let why = format!("of a held scope, {FILES_MAX} files in {DIRECTORIES_MAX} directories are kept as they were");
        super::trouble(dashboard, &why);
    }
    files.truncate(FILES_MAX);
    (files, is_cut)
}

/// Returns the path of the file that marks a version that could not be stored: it is too large, or its scope has too
/// many files.
pub(super) fn unkept(kept: &Path) -> PathBuf {
    let mut name = kept.as_os_str().to_owned();
    name.push(".unkept");
    name.into()
}

fn mark_unkept(kept: &Path) {
    let mark = unkept(kept);
    let marked = own_directory(mark.parent().unwrap_or(&mark)).and_then(|()| fs::write(&mark, ""));
    if let Err(error) = marked {
        tracing::warn!(%error, mark = %mark.display(), "it could not be recorded that a version is not kept");
    }
}

fn same(one: &Path, other: &Path) -> bool {
    match (regular::bytes(one, FILE_BYTES_MAX), regular::bytes(other, FILE_BYTES_MAX)) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => one.kind() == io::ErrorKind::NotFound && other.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    copy_bytes(&regular::bytes(from, FILE_BYTES_MAX)?, to)
}

/// Writes bytes that were read into a file of ours.
pub(super) fn copy_bytes(bytes: &[u8], to: &Path) -> io::Result<()> {
    own_directory(to.parent().unwrap_or(to))?;
    fs::write(to, bytes)
}

/// Returns the directory of the stored files of held scopes.
pub(super) fn kept_directory(state_directory: &Path) -> PathBuf {
    state_directory.join("kept")
}

/// Returns the directory of the stored conflicts.
pub(super) fn conflicts_directory(state_directory: &Path) -> PathBuf {
    state_directory.join("conflicts")
}

/// Creates a directory and its missing parents, with access only for us.
fn own_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(super) fn trouble(dashboard: &Dashboard, why: &str) {
    dashboard.banners.raise(BANNER, format!("writes into the shared workspace are not all seen: {why}"));
    dashboard.pulse.send_replace(());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_too_large_is_not_kept_and_that_is_known() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("root");
        fs::create_dir(&root).expect("made");
        let versions = Versions::new(&directory.path().join("state"), &root);
        let (lease, path) = (LeaseId(1), RepositoryPath::parse("f").expect("a path"));
        let (file, kept) = (root.join("f"), versions.kept.join("l1/f"));
        let large = vec![b'x'; FILE_BYTES_MAX as usize + 1];
        for (before, after, one_is_large) in
            [(&b"a"[..], &b"b"[..], false), (&large, b"b", true), (b"a", &large, true), (b"a", b"c", false)]
        {
            fs::write(&file, before).expect("written");
            versions.keep(lease, &file);
            fs::write(&file, after).expect("written");
            let place = versions.put_aside(lease, &path, &kept, &file).expect("put aside");
            let unkept = [BEFORE, AFTER].map(|version| unkept(&place.join(version)).exists());
            assert_eq!(unkept.contains(&true), one_is_large, "{} {}", before.len(), after.len());
            assert_eq!(place.join("before/f").exists(), before.len() <= FILE_BYTES_MAX as usize);
            assert_eq!(place.join("after/f").exists(), after.len() <= FILE_BYTES_MAX as usize);
            fs::remove_dir_all(place).expect("removed");
        }
        fs::remove_file(&file).expect("removed");
        versions.keep(lease, &file);
        assert!(!kept.exists() && !unkept(&kept).exists(), "its holder removed it");
        fs::write(&file, "b").expect("written");
        let place = versions.put_aside(lease, &path, &kept, &file).expect("put aside");
        assert!(!place.join("before").exists() && !unkept(&place.join(BEFORE)).exists(), "it was not there");
        mark_unkept(&versions.kept.join(lease.to_string()));
        let place = versions.put_aside(lease, &path, &kept, &file).expect("put aside");
        assert!(unkept(&place.join(BEFORE)).exists(), "nobody knows whether it was there");
    }
}
