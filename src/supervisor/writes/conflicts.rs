//! Lists the stored conflicts ([`super::versions`] stores them), and replaces files with one of their versions.
//!
//! Taking a version loses nothing: both versions stay where they are, and if the current content of the file is
//! neither, it is stored beside them as `now-<time>/<path>`. A version that was not kept can't be taken: that it is
//! missing does not mean that there was no file.

use super::versions::{AFTER, BEFORE, FILE_BYTES_MAX, conflicts_directory, copy_bytes, kept_directory, unkept};
use crate::api::conflicts::{Conflict, ConflictDetail, Content, FileVersions, Take, Version};
use crate::api::facts::Kind;
use crate::clock;
use crate::regular::walk::walk_readable;
use crate::supervisor::folder::directory::Directory;
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::severity::Severity;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The most files of one conflict that are listed; a conflict has a single file unless several are written within a
/// millisecond. Beyond it, further files are only in the conflict's directory.
const FILES_MAX: usize = 64;
/// The name of the file that records which version was taken.
const TAKEN: &str = "taken";

/// The directory of the conflicts, and the workspace whose files they concern.
#[derive(Clone, Debug)]
pub(in crate::supervisor) struct Conflicts {
    directory: PathBuf,
    kept: PathBuf,
    root: PathBuf,
}

impl Conflicts {
    pub(in crate::supervisor) fn of(state_directory: &Path, root: &Path) -> Conflicts {
        let kept = kept_directory(state_directory);
        Conflicts { directory: conflicts_directory(state_directory), kept, root: root.to_owned() }
    }

    /// Returns all conflicts, the newest first.
    pub(in crate::supervisor) fn all(&self) -> Vec<Conflict> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut all: Vec<Conflict> = entries.filter_map(|entry| self.one(entry.file_name().to_str()?)).collect();
        all.sort_by(|one, other| other.id.cmp(&one.id));
        all
    }

    /// Returns the conflict with this name; none if there is none.
    pub(in crate::supervisor) fn one(&self, id: &str) -> Option<Conflict> {
        let (time, lease) = id.split_once('-')?;
        let at_ms = time.parse().ok()?;
        let plain = lease.chars().all(|each| each.is_ascii_alphanumeric());
        let place = self.directory.join(id);
        if !plain || !fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
            return None;
        }
        let mut files = BTreeSet::new();
        for version in [BEFORE, AFTER] {
            let top = place.join(version);
            gather(&top, &mut files);
        }
        let taken = fs::symlink_metadata(place.join(TAKEN)).is_ok().then(|| self.taken(&place)).flatten();
        Some(Conflict { id: id.to_owned(), at_ms, lease: lease.to_owned(), files: files.into_iter().collect(), taken })
    }

    fn taken(&self, place: &Path) -> Option<Version> {
        match crate::regular::text(&place.join(TAKEN), 64).ok()?.trim() {
            BEFORE => Some(Version::Before),
            AFTER => Some(Version::After),
            _ => None,
        }
    }

    /// Returns one conflict with the versions of its files.
    pub(in crate::supervisor) fn detail(&self, id: &str) -> Option<ConflictDetail> {
        let conflict = self.one(id)?;
        let place = self.directory.join(id);
        let of = |version: &str, file: &str| match unkept(&place.join(version)).exists() {
            true => Content::Unkept,
            false => shown(read(&place.join(version), file)),
        };
        let versions = conflict.files.iter().map(|file| FileVersions {
            file: file.clone(),
            before: of(BEFORE, file),
            after: of(AFTER, file),
            now: shown(read(&self.root, file)),
        });
        Some(ConflictDetail { versions: versions.collect(), conflict })
    }

    /// Replaces files of a conflict with a version: those named, or all if none is named.
    ///
    /// # Errors
    /// If a file does not belong to the conflict, or the version was not kept, nothing is changed. If a file
    /// can't be read, stored or written, or is behind a symlink, the files before it are changed already.
    pub(in crate::supervisor) fn take(&self, conflict: &Conflict, wanted: &Take) -> io::Result<()> {
        let Take { version, files } = wanted;
        if let Some(other) = files.iter().find(|file| !conflict.files.contains(file)) {
            return Err(io::Error::other(format!("{other} is not one of its files: {}", conflict.files.join(", "))));
        }
        let files = if files.is_empty() { &conflict.files } else { files };
        let place = self.directory.join(&conflict.id);
        let word = match version {
            Version::Before => BEFORE,
            Version::After => AFTER,
        };
        if unkept(&place.join(word)).exists() {
            return Err(io::Error::other(
                "this version was not kept: it is too large, or the scope has too many files",
            ));
        }
        let aside = place.join(format!("now-{:013}", clock::now_ms()));
        for file in files {
            let is = read(&self.root, file)?;
            let (before, after) = (read(&place.join(BEFORE), file)?, read(&place.join(AFTER), file)?);
            let wanted = if *version == Version::Before { &before } else { &after };
            if let Some(bytes) = is.as_ref().filter(|_| is != before && is != after) {
                copy_bytes(bytes, &aside.join(file))?;
            }
            if is != *wanted {
                self.expect(conflict, file, wanted.as_deref())?;
                write(&self.root, file, wanted.as_deref())?;
            }
        }
        Directory::make(&self.directory, Path::new(&conflict.id))?.write(TAKEN, word)
    }

    /// Updates the stored file of the holder to the content that is about to be written, so that the write
    /// does not count as another conflict.
    fn expect(&self, conflict: &Conflict, file: &str, content: Option<&[u8]>) -> io::Result<()> {
        for entry in fs::read_dir(&self.kept).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
            let kept = entry.path();
            if entry.file_name() == conflict.lease.as_str() || kept.join(file).exists() {
                write(&kept, file, content)?;
            }
        }
        Ok(())
    }
}

/// Records that a person took a version.
pub(in crate::supervisor) async fn tell_taken(kernel: &KernelHandle, conflict: &Conflict, wanted: &Take) {
    let files = if wanted.files.is_empty() { &conflict.files } else { &wanted.files };
    let version = match wanted.version {
        Version::Before => "as its holder wrote it",
        Version::After => "as the other wrote it",
    };
    let text = format!("{} is {version}: a person took that version of conflict {}", files.join(", "), conflict.id);
    let notice = Notice { severity: Severity::Info, kind: Kind::LockConflictTaken.text().to_owned(), text };
    kernel.tell(Event::Noticed { notice }).await;
}

/// Collects the paths of the files below a directory.
fn gather(top: &Path, into: &mut BTreeSet<String>) {
    walk_readable(top, |path, content| {
        let paths = content.files.iter().filter_map(|name| path.join(name).into_os_string().into_string().ok());
        into.extend(paths.take(FILES_MAX.saturating_sub(into.len())));
    });
}

fn parts(file: &str) -> (&Path, &str) {
    let path = Path::new(file);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    (path.parent().unwrap_or(Path::new("")), name)
}

/// Returns the content of a file below a directory, without following a symlink; none if it does not exist.
fn read(top: &Path, file: &str) -> io::Result<Option<Vec<u8>>> {
    let (above, name) = parts(file);
    let Some(directory) = Directory::open(top, above)? else { return Ok(None) };
    match directory.bytes(name, FILE_BYTES_MAX as usize) {
        Ok((bytes, _)) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(top: &Path, file: &str, content: Option<&[u8]>) -> io::Result<()> {
    let (above, name) = parts(file);
    let directory = Directory::make(top, above)?;
    match content {
        Some(bytes) => directory.write(name, bytes),
        None => directory.remove(name),
    }
}

fn shown(content: io::Result<Option<Vec<u8>>>) -> Content {
    match content.map(|bytes| bytes.map(String::from_utf8)) {
        Ok(None) => Content::Missing,
        Ok(Some(Ok(text))) => Content::Text(text),
        Ok(Some(Err(_))) | Err(_) => Content::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1700000000000-l6";

    fn all(version: Version) -> Take {
        Take { version, files: Vec::new() }
    }

    fn kept() -> (tempfile::TempDir, Conflicts) {
        let directory = tempfile::tempdir().expect("a directory");
        let (state, root) = (directory.path().join("state"), directory.path().join("root"));
        let conflicts = Conflicts::of(&state, &root);
        for (version, text) in [(BEFORE, "theirs\n"), (AFTER, "mine\n")] {
            let place = conflicts.directory.join(ID).join(version).join("src");
            fs::create_dir_all(&place).expect("made");
            fs::write(place.join("a.rs"), text).expect("written");
        }
        for top in [&root, &state.join("kept/l6"), &state.join("kept/l7")] {
            fs::create_dir_all(top.join("src")).expect("made");
        }
        for top in [&root, &state.join("kept/l6")] {
            fs::write(top.join("src/a.rs"), "mine\n").expect("written");
        }
        (directory, conflicts)
    }

    #[test]
    fn a_version_is_taken_and_nothing_is_lost() {
        let (directory, conflicts) = kept();
        let file = directory.path().join("root/src/a.rs");
        let conflict = conflicts.one(ID).expect("kept");
        assert_eq!((conflict.files.as_slice(), conflict.taken), (&["src/a.rs".to_owned()][..], None));
        conflicts.take(&conflict, &all(Version::Before)).expect("taken");
        assert_eq!(fs::read_to_string(&file).expect("there"), "theirs\n");
        assert_eq!(conflicts.one(ID).expect("kept").taken, Some(Version::Before));
        conflicts.take(&conflict, &all(Version::After)).expect("taken");
        assert_eq!(fs::read_to_string(&file).expect("there"), "mine\n");
        fs::write(&file, "a third\n").expect("written");
        conflicts.take(&conflict, &all(Version::Before)).expect("taken");
        let place = conflicts.directory.join(ID);
        let aside = fs::read_dir(&place).expect("there").flatten().map(|entry| entry.path());
        let aside: Vec<_> = aside.filter(|path| path.display().to_string().contains("now-")).collect();
        assert_eq!(fs::read_to_string(aside[0].join("src/a.rs")).expect("put aside"), "a third\n");
        assert_eq!(conflicts.all().len(), 1);
    }

    #[test]
    fn what_is_taken_is_what_the_holder_is_to_find() {
        let (directory, conflicts) = kept();
        let conflict = conflicts.one(ID).expect("kept");
        conflicts.take(&conflict, &all(Version::Before)).expect("taken");
        let kept = directory.path().join("state/kept");
        assert_eq!(fs::read_to_string(kept.join("l6/src/a.rs")).expect("there"), "theirs\n");
        assert!(!kept.join("l7/src/a.rs").exists(), "that lease has nothing to do with it");
    }

    #[test]
    fn single_files_are_taken_and_no_others() {
        let (directory, conflicts) = kept();
        let root = directory.path().join("root");
        for (version, text) in [(BEFORE, "theirs b\n"), (AFTER, "mine b\n")] {
            fs::write(conflicts.directory.join(ID).join(version).join("src/b.rs"), text).expect("written");
        }
        fs::write(root.join("src/b.rs"), "mine b\n").expect("written");
        let conflict = conflicts.one(ID).expect("kept");
        let one = |file: &str| Take { version: Version::Before, files: vec![file.to_owned()] };
        let refused = conflicts.take(&conflict, &one("src/c.rs")).expect_err("not one of its files").to_string();
        assert_eq!(refused, "src/c.rs is not one of its files: src/a.rs, src/b.rs");
        conflicts.take(&conflict, &one("src/b.rs")).expect("taken");
        let is = |file: &str| fs::read_to_string(root.join(file)).expect("there");
        assert_eq!((is("src/a.rs").as_str(), is("src/b.rs").as_str()), ("mine\n", "theirs b\n"));
    }

    #[test]
    fn a_version_without_the_file_removes_it_and_no_symlink_is_followed() {
        let (directory, conflicts) = kept();
        let root = directory.path().join("root");
        let conflict = conflicts.one(ID).expect("kept");
        fs::remove_file(conflicts.directory.join(ID).join(BEFORE).join("src/a.rs")).expect("removed");
        conflicts.take(&conflict, &all(Version::Before)).expect("taken");
        assert!(!root.join("src/a.rs").exists());
        fs::remove_dir(root.join("src")).expect("removed");
        std::os::unix::fs::symlink(directory.path(), root.join("src")).expect("a link");
        assert!(conflicts.take(&conflict, &all(Version::After)).is_err());
        assert!(!directory.path().join("a.rs").exists());
        for bad in ["../x", "1-../..", "nothing", "1700000000000-l7"] {
            assert!(conflicts.one(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_version_that_was_not_kept_is_never_taken_for_a_file_that_was_not_there() {
        let (directory, conflicts) = kept();
        let place = conflicts.directory.join(ID);
        fs::remove_file(place.join(BEFORE).join("src/a.rs")).expect("removed");
        fs::write(unkept(&place.join(BEFORE)), "").expect("marked");
        let conflict = conflicts.one(ID).expect("kept");
        assert!(conflicts.take(&conflict, &all(Version::Before)).is_err());
        assert_eq!(fs::read_to_string(directory.path().join("root/src/a.rs")).expect("there"), "mine\n");
        assert_eq!(conflicts.detail(ID).expect("kept").versions[0].before, Content::Unkept);
    }
}
