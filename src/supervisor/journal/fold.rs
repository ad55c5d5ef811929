//! Folding the write-ahead log into the journal's file, on a thread of its own: it waits for the disk, and no decision
//! may wait for it.
//!
//! SQLite begins the log anew only when all of it is folded and nobody reads it. Beside a busy writer that never comes
//! about by itself, so a log that has grown is folded once more while the writer waits: what is left by then is little.
//! Its file keeps its length, because writing over it is cheaper than making it grow again.
//!
//! **Invariant:** the log is bounded, also while it is written all the time (`tests`, `the_log_is_bounded`).

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Commits between two foldings.
const COMMITS: u32 = 256;
/// A log that has more frames (a page each) after a folding is begun anew: about 16 MiB.
const LOG_FRAMES: i64 = 4_096;
/// The log may be so large all the same, bytes, because this thread can't keep up. Beyond it, whoever writes it folds
/// it first.
pub(super) const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Attempts to fold a log that is too large. Beyond it, what is to be written goes on, and the log grows.
const FOLD_ATTEMPTS_MAX: u32 = 200;
/// Between two of them.
const FOLD_PAUSE: Duration = Duration::from_millis(10);
/// How long one waits for a reader that is in the way, before the next one tries again.
const BUSY: Duration = Duration::from_millis(100);

/// Folds the log and begins it anew, for who writes it. A folding that is under way is waited for: it comes to its end,
/// because nothing is written meanwhile.
pub(super) fn fold_now(connection: &Connection) {
    for _ in 0..FOLD_ATTEMPTS_MAX {
        // sqlite.org/pragma.html#pragma_wal_checkpoint: the first column is 1 when it was kept from completing.
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        if busy == Ok(0) {
            return;
        }
        std::thread::sleep(FOLD_PAUSE);
    }
    tracing::warn!("somebody reads the journal, whose log stays large for now");
}

/// The log of a journal.
pub(super) fn log_of(path: &Path) -> PathBuf {
    format!("{}-wal", path.display()).into()
}

/// Folds the log from time to time.
pub(super) struct Folder {
    nudge: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    commits: u32,
    log: PathBuf,
}

/// How large the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    WithinBounds,
    TooLarge,
}

impl Folder {
    /// A thread with a connection of its own to this journal.
    pub(super) fn of(path: &Path) -> Folder {
        let (path, log) = (path.to_owned(), log_of(path));
        let (nudge, nudged) = sync_channel::<()>(1);
        let fold = move || {
            let Ok(connection) = Connection::open(&path) else { return };
            let _only_slower = connection.busy_timeout(BUSY);
            while nudged.recv().is_ok() {
                // sqlite.org/pragma.html#pragma_wal_checkpoint: the second column is how many frames the log has.
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

    /// Something was committed.
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
    /// The thread ends, and with it its connection, before the journal is closed.
    fn drop(&mut self) {
        self.nudge = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
