//! Folding the write-ahead log into the journal's file, on a thread of its own: it waits for the disk, and no decision
//! may wait for it.

use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Commits between two foldings: the log stays below a few MiB.
const COMMITS: u32 = 256;
/// How long one waits for a reader that is in the way, before the next one tries again.
const BUSY: Duration = Duration::from_millis(100);

/// Folds the log from time to time.
pub(super) struct Folder {
    nudge: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    commits: u32,
}

impl Folder {
    /// A thread with a connection of its own to this journal.
    pub(super) fn of(path: &Path) -> Folder {
        let path = path.to_owned();
        let (nudge, nudged) = sync_channel::<()>(1);
        let fold = move || {
            let Ok(connection) = Connection::open(&path) else { return };
            let _only_slower = connection.busy_timeout(BUSY);
            while nudged.recv().is_ok() {
                if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
                    tracing::debug!(%error, "the journal's log is folded later");
                }
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(fold).ok();
        Folder { nudge: Some(nudge), thread, commits: 0 }
    }

    /// Something was committed.
    pub(super) fn committed(&mut self) {
        self.commits += 1;
        if self.commits >= COMMITS
            && let Some(nudge) = &self.nudge
            && !matches!(nudge.try_send(()), Err(TrySendError::Disconnected(())))
        {
            self.commits = 0;
        }
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
