//! The supervisor's log: `.quarterdeck/supervisor.log`, rotated by size, written by a thread of its own.
//!
//! `QD_LOG` (or `--verbose`) selects what is logged, in the syntax of `tracing_subscriber::EnvFilter`: kernel events
//! and their effects are at `debug`. Environments, input to terminals and output of terminals are never logged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::WorkerGuard;

const NAME: &str = "supervisor.log";
/// The size of one file, in bytes. Beyond it, the file is set aside and a new one begun.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// The most files that are kept, including the current one. Beyond it, the oldest is deleted.
const FILES_MAX: u32 = 4;

/// Begins the log. When the guard is dropped, the messages that are still in the writer's queue are written.
pub(super) fn begin(state_directory: &Path) -> io::Result<WorkerGuard> {
    let (writer, guard) = tracing_appender::non_blocking(RollingFile::open(state_directory.join(NAME))?);
    let filter = std::env::var("QD_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = tracing_subscriber::EnvFilter::new(filter.as_deref().unwrap_or("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer).finish();
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("a log was begun already");
    }
    Ok(guard)
}

/// A log file that is renamed when it is full: `.log` → `.log.1` → …, and the oldest is deleted.
struct RollingFile {
    path: PathBuf,
    file: File,
    written_bytes: u64,
}

impl RollingFile {
    fn open(path: PathBuf) -> io::Result<RollingFile> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        let written_bytes = file.metadata()?.len();
        Ok(RollingFile { path, file, written_bytes })
    }

    fn roll(&mut self) -> io::Result<()> {
        let numbered = |number: u32| match number {
            0 => self.path.clone(),
            _ => PathBuf::from(format!("{}.{number}", self.path.display())),
        };
        for number in (0..FILES_MAX - 1).rev() {
            match fs::rename(numbered(number), numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        *self = RollingFile::open(self.path.clone())?;
        Ok(())
    }
}

impl Write for RollingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written_bytes >= FILE_BYTES_MAX {
            self.roll()?;
        }
        let count = self.file.write(bytes)?;
        self.written_bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_set_aside_and_so_many_are_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut log = RollingFile::open(directory.path().join(NAME)).expect("opened");
        for _ in 0..FILES_MAX + 2 {
            log.write_all(b"a line\n").expect("written");
            log.written_bytes = FILE_BYTES_MAX;
        }
        let files = fs::read_dir(directory.path()).expect("listed").count();
        assert_eq!(files, FILES_MAX as usize);
    }
}
