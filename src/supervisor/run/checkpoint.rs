//! A checkpoint: a screen on disk, enough to rebuild it after the supervisor has ended, together with the transcript
//! from its offset on. It is written when a run begins, when its size changes, from time to time while it writes, and
//! when it ends.
//!
//! ```text
//!  quarterdeck checkpoint 1 <columns> <rows> <offset>\n<bytes that restore the screen>
//! ```

use crate::regular;
use crate::term::frame::Size;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::task::JoinHandle;

const NAME: &str = "checkpoint";
const HEAD: &str = "quarterdeck checkpoint 1";

/// The lock that is held while a checkpoint is written.
static WRITING: Mutex<()> = Mutex::new(());

/// A screen as it is saved on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Checkpoint {
    /// The size of the terminal.
    pub(in crate::supervisor) size: Size,
    /// The offset of the first output byte that the screen does not include.
    pub(in crate::supervisor) offset: u64,
    /// The bytes that restore the screen.
    pub(in crate::supervisor) bytes: Vec<u8>,
}

impl Checkpoint {
    /// Writes the checkpoint in place of the previous one, whole or not at all.
    pub(in crate::supervisor) fn write(&self, directory: &Path) -> io::Result<()> {
        let unfinished = directory.join(format!("{NAME}.new"));
        let mut file = regular::create_private(&unfinished)?;
        writeln!(file, "{HEAD} {} {} {}", self.size.columns, self.size.rows, self.offset)?;
        file.write_all(&self.bytes)?;
        drop(file);
        std::fs::rename(unfinished, directory.join(NAME))
    }

    /// Writes the checkpoint on a thread that may block; the returned handle ends when it is on disk. A failure is only
    /// logged: the next checkpoint will be written, or the transcript is read from further back.
    pub(super) fn write_in_background(self, directory: PathBuf) -> JoinHandle<()> {
        tokio::task::spawn_blocking(move || {
            // Checkpoints are written one after the other: two at once would write into the same unfinished file.
            let _turn = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = self.write(&directory) {
                tracing::warn!(directory = %directory.display(), %error, "a checkpoint could not be written");
            }
        })
    }

    /// Reads the newest checkpoint, if there is a valid one.
    pub(in crate::supervisor) fn read(directory: &Path) -> Option<Checkpoint> {
        parse(&regular::bytes(&directory.join(NAME), regular::LARGE_BYTES_MAX).ok()?)
    }
}

fn parse(file: &[u8]) -> Option<Checkpoint> {
    let end = file.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&file[..end]).ok()?.strip_prefix(HEAD)?;
    let mut numbers = line.split_ascii_whitespace();
    let columns = numbers.next()?.parse().ok()?;
    let rows = numbers.next()?.parse().ok()?;
    let offset = numbers.next()?.parse().ok()?;
    Some(Checkpoint { size: Size::clamped(columns, rows), offset, bytes: file[end + 1..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(columns in 2u16..500, rows in 1u16..500, offset: u64, bytes: Vec<u8>) {
            let directory = tempfile::tempdir().expect("a directory");
            let checkpoint = Checkpoint { size: Size { columns, rows }, offset, bytes };
            checkpoint.write(directory.path()).expect("written");
            prop_assert_eq!(Checkpoint::read(directory.path()), Some(checkpoint));
        }

        #[test]
        fn any_bytes_are_read_without_harm(file: Vec<u8>) {
            let _maybe = parse(&file);
        }
    }
}
