//! Opens paths that stay below their root. The operating system checks it: `openat2(2)` with `RESOLVE_BENEATH` and
//! `RESOLVE_NO_MAGICLINKS`. Where that call is missing (Linux before 5.6, macOS, some sandboxes) each component is
//! opened by itself and every symlink is refused: stricter, never laxer.

use crate::regular::walk::{descend, open_top, path_only};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// The reason why a path is refused.
#[derive(Debug, thiserror::Error)]
pub enum Escape {
    /// The path is absolute, or has `..`, or is not a path at all.
    #[error("{} is not a plain path inside {}", path.display(), root.display())]
    NotPlain {
        /// The directory that the path should stay below.
        root: PathBuf,
        /// The path that was refused.
        path: PathBuf,
    },
    /// A symlink on the path leads out of the root, or nowhere.
    #[error("{} leaves {} through a symlink", path.display(), root.display())]
    Leaves {
        /// The directory that the path should stay below.
        root: PathBuf,
        /// The path that was refused.
        path: PathBuf,
    },
    /// The system could not tell where the path leads.
    #[error("can't open {}: {source}", path.display())]
    Io {
        /// The path that was looked up.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// The mode of every directory that is made here.
const DIRECTORY_MODE: Mode = Mode::RWXU;

/// Returns the path of `relative` below `root`, which must exist. Parts that do not exist yet are fine; those that
/// exist must not lead out of `root`.
///
/// # Errors
/// When `relative` is absolute, has `..`, or a symlink on it leads out of `root` or nowhere.
pub fn beneath(root: &Path, relative: &Path) -> Result<PathBuf, Escape> {
    plain(root, relative)?;
    for prefix in relative.ancestors() {
        match open(root, prefix, OFlags::empty()) {
            Ok(_) => return Ok(root.join(relative)),
            Err(Escape::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                // A symlink that exists but leads nowhere would lead somewhere as soon as its target is made.
                if std::fs::symlink_metadata(root.join(prefix)).is_ok() {
                    return Err(Escape::Leaves { root: root.to_owned(), path: prefix.to_owned() });
                }
            }
            Err(refused) => return Err(refused),
        }
    }
    Err(Escape::Io { path: root.to_owned(), source: io::ErrorKind::NotFound.into() })
}

/// Opens `relative` below `root` with `O_PATH` (where there is one) and `flags`, following symlinks that stay inside.
fn open(root: &Path, relative: &Path, flags: OFlags) -> Result<OwnedFd, Escape> {
    let directory = open_root(root)?;
    open_at(&directory, relative, flags | path_only(), Mode::empty()).map_err(|errno| refusal(root, relative, errno))
}

/// Opens the root itself, following symlinks: the user chose its path, no agent did.
pub(super) fn open_root(root: &Path) -> Result<OwnedFd, Escape> {
    open_top(root).map_err(|errno| Escape::Io { path: root.to_owned(), source: errno.into() })
}

/// Opens `relative` below an open directory. The error is the operating system's (`EXDEV`: the path leads out).
#[cfg(target_os = "linux")]
pub(super) fn open_at(directory: impl AsFd, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    // EAGAIN: something on the path was renamed while the operating system resolved it.
    const ATTEMPTS: usize = 8;
    for _ in 1..ATTEMPTS {
        match openat2(&directory, relative, flags | OFlags::CLOEXEC, mode, resolve) {
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => return walk(directory, relative, flags, mode),
            result => return result,
        }
    }
    Err(Errno::AGAIN)
}

/// Opens `relative` below an open directory, refusing every symlink.
#[cfg(not(target_os = "linux"))]
pub(super) fn open_at(directory: impl AsFd, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    walk(directory, relative, flags, mode)
}

/// Opens one component of a path after the other, none of them through a symlink.
fn walk(directory: impl AsFd, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut parts = relative.components();
    let last = match parts.next_back() {
        None | Some(Component::CurDir) => return rustix::fs::openat(directory, ".", flags, mode),
        Some(Component::Normal(last)) => last,
        Some(_) => return Err(Errno::XDEV),
    };
    let above = no_link(descend(directory, parts.as_path(), |_, _| Ok(())))?;
    let opened = no_link(rustix::fs::openat(&above, last, flags, mode))?;
    // With O_PATH a symlink is opened itself instead of being refused.
    match rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode) {
        rustix::fs::FileType::Symlink => Err(Errno::XDEV),
        _ => Ok(opened),
    }
}

/// Turns the error of `O_NOFOLLOW` on a symlink into the error that `openat2` gives.
fn no_link(result: Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    result.map_err(|errno| if errno == Errno::LOOP { Errno::XDEV } else { errno })
}

/// Makes a directory and those above it below `root`; new ones get mode 0700.
///
/// # Errors
/// When a part is not a directory, can't be made, or leads out of `root`.
pub(super) fn create_directory(root: &Path, relative: &Path) -> Result<PathBuf, Escape> {
    plain(root, relative)?;
    let top = open_root(root)?;
    let mut made = PathBuf::new();
    for part in relative.components() {
        let parent = open_at(&top, &made, OFlags::DIRECTORY | path_only(), Mode::empty())
            .map_err(|errno| refusal(root, &made, errno))?;
        made.push(part);
        match rustix::fs::mkdirat(&parent, part.as_os_str(), DIRECTORY_MODE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(refusal(root, &made, errno)),
        }
    }
    open_at(&top, &made, OFlags::DIRECTORY | path_only(), Mode::empty())
        .map_err(|errno| refusal(root, &made, errno))?;
    Ok(root.join(made))
}

/// Refuses a path by its text alone: absolute paths, `..`, NUL.
fn plain(root: &Path, relative: &Path) -> Result<(), Escape> {
    use std::os::unix::ffi::OsStrExt;
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match plain && !relative.as_os_str().as_bytes().contains(&0) {
        true => Ok(()),
        false => Err(Escape::NotPlain { root: root.to_owned(), path: relative.to_owned() }),
    }
}

fn refusal(root: &Path, path: &Path, errno: Errno) -> Escape {
    match errno {
        Errno::XDEV | Errno::LOOP => Escape::Leaves { root: root.to_owned(), path: path.to_owned() },
        _ => Escape::Io { path: root.join(path), source: errno.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// Makes a root with hostile content, and a secret outside of it.
    fn hostile() -> (tempfile::TempDir, PathBuf) {
        let outside = tempfile::tempdir().expect("a directory");
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("real/deep")).expect("directories");
        std::fs::write(outside.path().join("secret"), "s").expect("a file");
        for (target, link) in [
            ("..", "up"),
            ("/etc", "absolute"),
            ("real/../../secret", "winding"),
            ("/proc/self/root/etc", "magic"),
            ("nowhere", "dangling"),
            ("../nowhere", "dangling-out"),
            ("loop", "loop"),
            ("real/deep", "inside"),
        ] {
            symlink(target, root.join(link)).expect("a link");
        }
        (outside, root)
    }

    const OUT: [&str; 14] = [
        "/etc/passwd",
        "..",
        "../secret",
        "real/../../secret",
        "real/deep/../..",
        "up/secret",
        "up/new",
        "absolute/passwd",
        "winding",
        "magic/passwd",
        "dangling",
        "dangling/new",
        "dangling-out",
        "loop/x",
    ];

    #[test]
    fn nothing_leaves_the_root() {
        let (_outside, root) = hostile();
        for path in OUT {
            assert!(beneath(&root, Path::new(path)).is_err(), "{path}");
            assert!(create_directory(&root, Path::new(path)).is_err(), "{path}");
        }
        assert!(beneath(&root, Path::new("a\0b")).is_err());
    }

    #[test]
    fn the_fallback_lets_no_more_through() {
        let (_outside, root) = hostile();
        let top = open_root(&root).expect("the root");
        for path in OUT.iter().filter(|path| plain(&root, Path::new(path)).is_ok()) {
            assert!(walk(&top, Path::new(path), path_only(), Mode::empty()).is_err(), "{path}");
        }
        assert!(walk(&top, Path::new("real/deep"), path_only(), Mode::empty()).is_ok());
        assert!(walk(&top, Path::new(""), path_only(), Mode::empty()).is_ok());
    }

    #[test]
    fn what_stays_inside_is_found_or_may_be_made() {
        let (_outside, root) = hostile();
        for path in ["", ".", "real", "real/deep", "inside", "inside/new", "new/er/est", "./real"] {
            assert_eq!(beneath(&root, Path::new(path)).expect(path), root.join(path));
        }
        let made = create_directory(&root, Path::new("new/er")).expect("made");
        for directory in [made.as_path(), &root.join("new")] {
            assert_eq!(std::fs::metadata(directory).expect("there").permissions().mode() & 0o7777, 0o700);
        }
    }
}
