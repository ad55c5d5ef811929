//! Folds the write-ahead log into the journal's file on a thread of its own, because folding waits for the disk, and no
//! decision may wait for it.
//!
//! SQLite restarts the log only when all of it is folded and nobody reads it. With a busy writer that never happens by
//! itself, so a log that has grown is folded again while the writer waits: little remains to be folded then. The
//! log's file keeps its length, because overwriting it is cheaper than extending it again.
//!
//! **Invariant:** the log is bounded, also while it is written continuously (`tests`, `the_log_is_bounded`).

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The number of commits between two foldings.
const COMMITS: u32 = 256;
/// The number of frames (one page each) above which the log is restarted after a folding: about 16 MiB.
const LOG_FRAMES: i64 = 4_096;
/// The size of the log, in bytes, that is allowed although the folding thread can't keep up. Beyond it, the writer
/// folds the log itself first.
pub(super) const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most attempts to fold a log that is too large. Beyond it, writing continues, and the log grows.
const FOLD_ATTEMPTS_MAX: u32 = 200;
/// The pause between two attempts to fold a log that is too large.
const FOLD_PAUSE: Duration = Duration::from_millis(10);
/// How long one folding waits for a reader that blocks it, before the next folding tries again.
const BUSY: Duration = Duration::from_millis(100);

/// Folds the log and restarts it, on behalf of the writer. A folding that is in progress is waited for: it ends,
/// because nothing is written meanwhile.
pub(super) fn fold_now(connection: &Connection) {
    for _ in 0..FOLD_ATTEMPTS_MAX {
        // sqlite.org/pragma.html#pragma_wal_checkpoint: the first column is 1 if the checkpoint could not complete.
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        if busy == Ok(0) {
            return;
        }
        std::thread::sleep(FOLD_PAUSE);
    }
    tracing::warn!("somebody reads the journal, whose log stays large for now");
}

/// Returns the path of a journal's write-ahead log.
pub(super) fn log_of(path: &Path) -> PathBuf {
    format!("{}-wal", path.display()).into()
}

/// Folds the log from time to time, on a thread of its own.
pub(super) struct Folder {
    nudge: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    commits: u32,
    log: PathBuf,
}

/// Whether the log's size is within its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    WithinBounds,
    TooLarge,
}

impl Folder {
    /// Starts a thread that folds the log of this journal, with a connection of its own.
    pub(super) fn of(path: &Path) -> Folder {
        let (path, log) = (path.to_owned(), log_of(path));
        let (nudge, nudged) = sync_channel::<()>(1);
        let fold = move || {
            let Ok(connection) = Connection::open(&path) else { return };
            let _only_slower = connection.busy_timeout(BUSY);
            while nudged.recv().is_ok() {
                // sqlite.org/pragma.html#pragma_wal_checkpoint: the second column is the number of frames in the log.
                let fold = |how: &str| {
                    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| row.get::<_, i64>(1))
                };
                let folded = fold("PASSIVE")
                    .and_then(|frames| if frames > LOG_FRAMES { fold("RESTART").map(drop) } else { Ok(()) });
                if let Err(error) = folded {
                    tracing::debug!(%error, "the journal's log is folded later");
                }
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(fold).ok();
        Folder { nudge: Some(nudge), thread, commits: 0, log }
    }

    /// Counts a commit, starts a folding if one is due, and returns whether the log is too large.
    pub(super) fn committed(&mut self) -> Log {
        self.commits += 1;
        if self.commits < COMMITS {
            return Log::WithinBounds;
        }
        if let Some(nudge) = &self.nudge
            && !matches!(nudge.try_send(()), Err(TrySendError::Disconnected(())))
        {
            self.commits = 0;
        }
        let is_too_large = std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX);
        if is_too_large { Log::TooLarge } else { Log::WithinBounds }
    }
}

impl Drop for Folder {
    /// Ends the thread, and with it its connection, before the journal is closed.
    fn drop(&mut self) {
        self.nudge = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
