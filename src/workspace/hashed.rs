//! Copies and hashes files in one pass. The bytes that are copied are those that are hashed, whatever is written to the
//! source meanwhile.

use crate::regular::{self, Links};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The most bytes of one read.
const READ_BYTES: usize = 128 * 1024;

/// The size and the digest of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The size of the content, bytes.
    pub bytes: u64,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

/// Reads and hashes a file to its end, or to one byte beyond `bytes_max`.
///
/// # Errors
/// When the system can't read the file.
pub fn content(file: &mut File, bytes_max: u64) -> io::Result<Content> {
    pass(file, &mut io::sink(), bytes_max)
}

/// Copies a file to its end, or to one byte beyond `bytes_max`, into a new file that its owner may only read (and
/// execute, if that is true of the source).
///
/// # Errors
/// When the system can't read or write; also when there is something at `to`.
pub fn copy(from: &mut File, to: &Path, bytes_max: u64) -> io::Result<Content> {
    let mode = 0o400 | (from.metadata()?.mode() & 0o100);
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
    pass(from, &mut copy, bytes_max)
}

/// Whether both paths are regular files with the same content.
pub(super) fn same(one: &Path, other: &Path) -> bool {
    let content = |path| content(&mut regular::open_file(path, Links::Follow)?, u64::MAX);
    matches!((content(one), content(other)), (Ok(one), Ok(other)) if one == other)
}

fn pass(from: &mut File, to: &mut impl Write, bytes_max: u64) -> io::Result<Content> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; READ_BYTES]);
    let mut from = from.take(bytes_max.saturating_add(1));
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                hash.update(&buffer[..length]);
                to.write_all(&buffer[..length])?;
                bytes += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut sha256 = String::new();
    for byte in hash.finalize() {
        let _infallible = write!(sha256, "{byte:02x}");
    }
    Ok(Content { bytes, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_copy_is_what_was_hashed_and_read_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
        fs::write(&from, "abc").expect("a file");
        let copied = copy(&mut File::open(&from).expect("there"), &to, 3).expect("copied");
        // FIPS 180-4, the first example.
        assert_eq!(copied.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(content(&mut File::open(&to).expect("there"), 100).expect("read"), copied);
        assert_eq!(fs::metadata(&to).expect("there").permissions().mode() & 0o777, 0o400);
        assert!(copy(&mut File::open(&from).expect("there"), &to, 3).is_err(), "nothing is overwritten");
        assert_eq!(content(&mut File::open(&from).expect("there"), 1).expect("read").bytes, 2, "one too many");
    }
}
