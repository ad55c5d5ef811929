//! Access to the drop folder on disk. Every path is opened component by component from its parent, and no symlink is
//! followed: every file that is reached is really in the folder.

use crate::regular::{self, walk};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, RenameFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

/// The mode of a directory of tasks: only its owner has access.
const DIRECTORY_MODE: Mode = Mode::RWXU;
/// The mode of a file that is written here: only its owner has access.
const FILE_MODE: RawMode = 0o600;

/// The properties of a file that show whether it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Stamp {
    inode: u64,
    bytes: u64,
    changed: (i64, u64),
}

/// A directory that is held open.
pub(in crate::supervisor) struct Directory(OwnedFd);

impl Directory {
    /// Opens the directory at `relative` below `root`; returns none if it does not exist.
    ///
    /// # Errors
    /// If a component of the path is a symlink or not a directory.
    pub(in crate::supervisor) fn open(root: &Path, relative: &Path) -> io::Result<Option<Directory>> {
        match walk::open_top(root).and_then(|top| walk::descend(top, relative, |_, _| Ok(()))) {
            Ok(directory) => Ok(Some(Directory(directory))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens the directory at `relative` below `root`, and creates it if it does not exist.
    ///
    /// # Errors
    /// If a component of the path is a symlink, is not a directory, or can't be created.
    pub(in crate::supervisor) fn make(root: &Path, relative: &Path) -> io::Result<Directory> {
        let made = |parent: &OwnedFd, part: &std::ffi::OsStr| match rustix::fs::mkdirat(parent, part, DIRECTORY_MODE) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(errno),
        };
        Ok(Directory(walk::descend(walk::open_top(root)?, relative, made)?))
    }

    /// Returns the sorted names in the directory that are valid text and wanted, at most `max`, and whether there are
    /// more.
    pub(in crate::supervisor) fn names(
        &self,
        max: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> io::Result<(Vec<String>, bool)> {
        let mut names: Vec<String> = walk::entries(&self.0)?
            .filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned))
            .filter(|name| wanted(name))
            .collect();
        names.sort();
        let more = names.len() > max;
        names.truncate(max);
        Ok((names, more))
    }

    /// Returns the current stamp of a file.
    ///
    /// # Errors
    /// If the file does not exist or is not a plain file.
    pub(in crate::supervisor) fn stamp(&self, name: &str) -> io::Result<Stamp> {
        stamp(&rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Whether the directory has an entry with this name.
    pub(in crate::supervisor) fn has(&self, name: &str) -> bool {
        rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Returns a file's text, and its stamp when it was read.
    ///
    /// # Errors
    /// If the file does not exist, is not a plain file, is larger than `bytes_max`, or is not text.
    pub(in crate::supervisor) fn read(&self, name: &str, bytes_max: usize) -> io::Result<(String, Stamp)> {
        let (bytes, stamp) = self.bytes(name, bytes_max)?;
        Ok((regular::as_text(bytes)?, stamp))
    }

    /// Returns a file's bytes, and its stamp when it was read.
    ///
    /// # Errors
    /// If the file does not exist, is not a plain file, or is larger than `bytes_max`.
    pub(in crate::supervisor) fn bytes(&self, name: &str, bytes_max: usize) -> io::Result<(Vec<u8>, Stamp)> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut file = File::from(rustix::fs::openat(&self.0, name, flags, Mode::empty())?);
        let stamp = stamp(&rustix::fs::fstat(&file)?)?;
        Ok((regular::rest(&mut file, bytes_max as u64)?, stamp))
    }

    /// Writes a file whole or not at all: under another name first, then renamed.
    ///
    /// # Errors
    /// The error of the system.
    pub(in crate::supervisor) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let aside = format!(".{name}.new");
        let _left_over = rustix::fs::unlinkat(&self.0, &aside, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mode =
            rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).map_or(FILE_MODE, |stat| stat.st_mode & 0o777);
        let mut file = File::from(rustix::fs::openat(&self.0, &aside, flags, Mode::from_raw_mode(mode))?);
        file.write_all(content.as_ref())?;
        Ok(rustix::fs::renameat(&self.0, &aside, &self.0, name)?)
    }

    /// Removes a file from the directory.
    ///
    /// # Errors
    /// The error of the system.
    pub(in crate::supervisor) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Moves a file to another directory, under a name that is free there: `TASK-7.md`, otherwise `TASK-7.2.md`.
    ///
    /// # Errors
    /// The error of the system.
    pub(in crate::supervisor) fn move_to(&self, name: &str, other: &Directory) -> io::Result<()> {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "md"));
        let numbered = (2..1_000).map(|number| format!("{stem}.{number}.{ending}"));
        for free in std::iter::once(name.to_owned()).chain(numbered) {
            match rustix::fs::renameat_with(&self.0, name, &other.0, &free, RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => {}
                // This file system does not support the flag.
                Err(Errno::INVAL) if !other.has(&free) => {
                    return Ok(rustix::fs::renameat(&self.0, name, &other.0, &free)?);
                }
                Err(Errno::INVAL) => {}
                moved => return Ok(moved?),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

#[expect(clippy::unnecessary_cast, reason = "these numbers are of other types on other systems")]
fn stamp(stat: &Stat) -> io::Result<Stamp> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Stamp {
            inode: stat.st_ino,
            bytes: stat.st_size as u64,
            changed: (stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        }),
        FileType::Symlink => Err(io::Error::other("it is a symlink, and symlinks are not followed here")),
        _ => Err(io::Error::other("it is not a regular file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn no_symlink_is_followed_on_the_way_or_at_its_end() {
        let outside = tempfile::tempdir().expect("a directory");
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("tasks/active")).expect("directories");
        std::fs::create_dir(outside.path().join("active")).expect("a directory");
        std::fs::write(outside.path().join("secret.md"), "secret").expect("a file");
        symlink("..", root.join("up")).expect("a link");
        symlink("../../../secret.md", root.join("tasks/active/a.md")).expect("a link");
        for path in ["up/active", "../active", "/etc"] {
            assert!(!matches!(Directory::open(&root, Path::new(path)), Ok(Some(_))), "{path}");
            assert!(Directory::make(&root, Path::new(path)).is_err(), "{path}");
        }
        assert!(Directory::open(&root, Path::new("tasks/completed")).expect("looked").is_none());
        let active = Directory::open(&root, Path::new("tasks/active")).expect("opened").expect("there");
        assert!(active.read("a.md", 100).is_err());
        assert!(active.stamp("a.md").expect_err("a link").to_string().contains("symlink"));
        active.write("a.md", "mine").expect("written in the link's place");
        assert_eq!(std::fs::read_to_string(outside.path().join("secret.md")).expect("there"), "secret");
    }

    #[test]
    fn a_file_is_written_whole_for_its_owner_and_moved_to_a_free_name() {
        let root = tempfile::tempdir().expect("a directory");
        let active = Directory::make(root.path(), Path::new("tasks/active")).expect("made");
        let completed = Directory::make(root.path(), Path::new("tasks/completed")).expect("made");
        for expected in ["a.md", "a.2.md", "a.3.md"] {
            active.write("a.md", expected).expect("written");
            active.move_to("a.md", &completed).expect("moved");
            let (text, _) = completed.read(expected, 100).expect("there");
            assert_eq!(text, expected);
        }
        let mode = std::fs::metadata(root.path().join("tasks/completed/a.md")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!active.has("a.md") && !active.has(".a.md.new"));
        assert!(completed.read("a.md", 3).is_err(), "larger than allowed");
    }
}
