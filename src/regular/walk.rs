//! Walks through directories that another program may change meanwhile, and follows no symlink: down a path
//! ([`descend`]), or over everything below a directory ([`walk`]). Each directory is opened from the one above it, so
//! nothing that is put into its place leads elsewhere.

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The names in a directory, by what they name. A symlink is one of the others, wherever it leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The names of the directories.
    pub directories: Vec<OsString>,
    /// The names of the regular files.
    pub files: Vec<OsString>,
    /// Everything else: symlinks, FIFOs, sockets, devices.
    pub others: Vec<OsString>,
}

impl Content {
    /// Reads a directory that is open.
    ///
    /// # Errors
    /// The error of the system.
    pub fn of(directory: impl AsFd) -> io::Result<Content> {
        let mut content = Content::default();
        for entry in entries(&directory)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            // Some file systems do not tell the kind of an entry. One that is gone again is nothing.
            let kind = match entry.file_type() {
                FileType::Unknown => match statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(_) => continue,
                },
                kind => kind,
            };
            let names = match kind {
                FileType::Directory => &mut content.directories,
                FileType::RegularFile => &mut content.files,
                _ => &mut content.others,
            };
            names.push(name.to_owned());
        }
        Ok(content)
    }

    /// Returns the names of everything that is not a directory.
    pub fn leaves(&self) -> impl Iterator<Item = &OsString> {
        self.files.iter().chain(&self.others)
    }

    /// Whether the directory has an entry of this name.
    pub fn has(&self, name: &str) -> bool {
        self.directories.iter().chain(self.leaves()).any(|each| each == name)
    }
}

/// Reads the entries of an open directory, `.` and `..` among them, also when its descriptor only stands for a path.
///
/// # Errors
/// The error of the system.
pub fn entries(directory: impl AsFd) -> io::Result<Dir> {
    let readable = openat(directory, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Dir::new(readable)?)
}

/// Opens a directory, following symlinks: for a path that the user chose, or that qd made.
///
/// # Errors
/// The error of the system.
pub fn open_top(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, step(), Mode::empty())
}

/// Opens the directory at `relative` below an open one, one part of the path after the other, none of them through a
/// symlink. `before` is called with each part and the directory that should have it; it may make it.
///
/// # Errors
/// The error of the system, or of `before`. `EXDEV`: the path has `..`, or is absolute.
pub fn descend(
    top: impl AsFd,
    relative: &Path,
    before: impl Fn(&OwnedFd, &OsStr) -> Result<(), Errno>,
) -> Result<OwnedFd, Errno> {
    let mut here = openat(top, ".", step(), Mode::empty())?;
    for part in relative.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => {
                before(&here, part)?;
                here = openat(&here, part, step() | OFlags::NOFOLLOW, Mode::empty())?;
            }
            _ => return Err(Errno::XDEV),
        }
    }
    Ok(here)
}

/// Calls `visit` with `top` and every directory below it, each after the one above it: with its path from `top`, and
/// its content or why it can't be read. Only the directories that `visit` leaves in the content are entered.
///
/// # Errors
/// The first error of `visit`, which ends the walk.
pub fn walk<E>(
    top: impl AsFd,
    mut visit: impl FnMut(&Path, io::Result<&mut Content>) -> Result<(), E>,
) -> Result<(), E> {
    let mut open = vec![PathBuf::new()];
    while let Some(path) = open.pop() {
        let opened = descend(&top, &path, |_, _| Ok(()));
        match opened.map_err(io::Error::from).and_then(Content::of) {
            Ok(mut content) => {
                visit(&path, Ok(&mut content))?;
                open.extend(content.directories.iter().map(|name| path.join(name)));
            }
            Err(error) => visit(&path, Err(error))?,
        }
    }
    Ok(())
}

/// Walks as [`walk`], and passes over what can't be read, `top` included.
pub fn walk_readable(top: &Path, mut visit: impl FnMut(&Path, &mut Content)) {
    let Ok(top) = open_top(top) else { return };
    let Ok(()) = walk(top, |path, content| -> Result<(), std::convert::Infallible> {
        if let Ok(content) = content {
            visit(path, content);
        }
        Ok(())
    });
}

/// The flags by which a directory is opened that is only passed through.
fn step() -> OFlags {
    OFlags::DIRECTORY | OFlags::CLOEXEC | path_only()
}

/// The flag of a descriptor that stands for a path and reads nothing, where there is one.
#[cfg(target_os = "linux")]
pub fn path_only() -> OFlags {
    OFlags::PATH
}

/// The flag of a descriptor that stands for a path and reads nothing, where there is one.
#[cfg(not(target_os = "linux"))]
pub fn path_only() -> OFlags {
    OFlags::empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn all_is_found_once_and_no_symlink_is_entered() {
        let outside = tempfile::tempdir().expect("a directory");
        let top = outside.path().join("top");
        std::fs::create_dir_all(top.join("a/b")).expect("directories");
        std::fs::create_dir(outside.path().join("secret")).expect("a directory");
        std::fs::write(outside.path().join("secret/key"), "k").expect("a file");
        std::fs::write(top.join("a/b/c"), "c").expect("a file");
        symlink("../../secret", top.join("a/out")).expect("a link");
        symlink("..", top.join("a/round")).expect("a link");
        let mut found = Vec::new();
        walk_readable(&top, |path, content| {
            found.extend(content.leaves().map(|name| path.join(name).display().to_string()));
        });
        found.sort();
        assert_eq!(found, ["a/b/c", "a/out", "a/round"]);
        let top = open_top(&top).expect("opened");
        for path in ["a/out", "a/round/a", "../secret", "/", "a/b/c", "none"] {
            assert!(descend(&top, Path::new(path), |_, _| Ok(())).is_err(), "{path}");
        }
        assert!(descend(&top, Path::new("./a/b"), |_, _| Ok(())).is_ok());
    }

    #[test]
    fn what_the_visitor_takes_away_is_not_entered() {
        let top = tempfile::tempdir().expect("a directory");
        for path in ["a/deep", ".git/deep"] {
            std::fs::create_dir_all(top.path().join(path)).expect("directories");
        }
        let mut seen = Vec::new();
        walk_readable(top.path(), |path, content| {
            content.directories.retain(|name| name != ".git");
            seen.push(path.display().to_string());
        });
        assert_eq!(seen, ["", "a", "a/deep"]);
    }
}
