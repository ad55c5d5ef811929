//! Reads files that another program may have put in place: regular files only, up to a limit, without waiting.
//!
//! A path may lead to anything. A FIFO waits for a writer, a device never ends (`/dev/zero`), and a file can grow while
//! it is read. So the file is opened without waiting, checked through its descriptor, and read up to a limit. Every
//! file that qd reads by its path is read here; one that must also be below a root is opened elsewhere
//! ([`crate::workspace::beneath()`]) and read here. Directories are walked in [`walk`], through no symlink.

pub mod walk;

use crate::amounts;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The limit for files of a few lines that qd writes itself, bytes: names, marks, records, keys. Beyond it, the file is
/// not read, which is an error.
pub const SMALL_BYTES_MAX: u64 = 64 << 10;

/// The limit for other files of git and of qd, bytes, larger than any of them: settings, manifests, checkpoints. Beyond
/// it, the file is not read, which is an error.
pub const LARGE_BYTES_MAX: u64 = 256 << 20;

/// Whether a symlink at the path's end is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// A symlink at the path's end is followed.
    Follow,
    /// A symlink at the path's end is refused.
    Refuse,
}

/// Opens a regular file for reading. It never waits.
///
/// # Errors
/// When the system can't open it, or it is not a regular file.
pub fn open_file(path: &Path, links: Links) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = if links == Links::Refuse { flags | OFlags::NOFOLLOW } else { flags };
    let file = File::from(open(path, flags, Mode::empty()).map_err(named)?);
    check(&file)?;
    Ok(file)
}

/// Refuses an open file that is not a regular file.
///
/// # Errors
/// When it is something else, which the error names.
pub fn check(file: &File) -> io::Result<()> {
    let what = match FileType::from_raw_mode(fstat(file)?.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        FileType::Fifo => "a FIFO",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    };
    Err(not_regular(what))
}

/// Writes a file that only its owner may read, whatever the umask is; earlier content is replaced.
///
/// # Errors
/// When the system can't write it.
pub fn write_private(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    create_private(path)?.write_all(bytes.as_ref())
}

/// Makes a file that only its owner may read, or empties it.
///
/// # Errors
/// When the system can't make it.
pub fn create_private(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Returns the content of a file.
///
/// # Errors
/// When it can't be read or is not a regular file; [`io::ErrorKind::FileTooLarge`] when it holds more than `bytes_max`.
pub fn bytes(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    rest(&mut open_file(path, Links::Follow)?, bytes_max)
}

/// Returns the content of a file as text.
///
/// # Errors
/// As [`bytes`]; [`io::ErrorKind::InvalidData`] when it is not UTF-8.
pub fn text(path: &Path, bytes_max: u64) -> io::Result<String> {
    as_text(bytes(path, bytes_max)?)
}

/// Reads the rest of an open file, at most `bytes_max`.
///
/// # Errors
/// As [`bytes`].
pub fn rest(file: &mut File, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Reading one byte more than allowed tells whether there is more, whatever the file's length was said to be.
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > bytes_max {
        true => {
            Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {}", amounts::bytes(bytes_max))))
        }
        false => Ok(bytes),
    }
}

/// Returns bytes as text.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] when they are not UTF-8.
pub fn as_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Puts the error that opening a socket gives (open(2), ENXIO) into words.
fn named(errno: rustix::io::Errno) -> io::Error {
    match errno {
        rustix::io::Errno::NXIO => not_regular("a socket, or a device that does not exist"),
        errno => errno.into(),
    }
}

fn not_regular(what: &str) -> io::Error {
    io::Error::other(format!("it is not a regular file: it is {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), Mode::RWXU).expect("a FIFO");
        symlink("/dev/zero", at("zero")).expect("a link");
        symlink("fifo", at("link")).expect("a link");
        let _socket = UnixListener::bind(at("socket")).expect("a socket");
        for (path, what) in [
            (at("fifo"), "FIFO"),
            (at("link"), "FIFO"),
            (at("zero"), "device"),
            (at("socket"), "socket"),
            ("/dev/tty".into(), "device"),
            (at("."), "directory"),
        ] {
            let error = bytes(&path, 10).expect_err("refused").to_string();
            assert!(
                error.starts_with("it is not a regular file: it is a") && error.contains(what),
                "{path:?}: {error}"
            );
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_no_further() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a");
        std::fs::write(&path, "ten bytes!").expect("a file");
        assert_eq!(text(&path, 10).expect("read"), "ten bytes!");
        let error = text(&path, 9).expect_err("refused");
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::FileTooLarge, "it is larger than 9 B"));
        // Its length is 0 although it has a text (proc(5)).
        assert!(!bytes(Path::new("/proc/self/stat"), 4_096).expect("read").is_empty());
        std::fs::write(&path, b"\xff").expect("a file");
        assert_eq!(text(&path, 10).expect_err("refused").kind(), io::ErrorKind::InvalidData);
        assert_eq!(text(&directory.path().join("b"), 10).expect_err("refused").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_link_is_followed_or_refused_as_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let (file, link) = (directory.path().join("a"), directory.path().join("b"));
        std::fs::write(&file, "a").expect("a file");
        symlink("a", &link).expect("a link");
        assert!(open_file(&link, Links::Follow).is_ok() && open_file(&link, Links::Refuse).is_err());
        assert!(open_file(&file, Links::Refuse).is_ok());
    }
}
