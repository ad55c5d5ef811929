//! The journal: every input of the kernel and every fact, in SQLite (WAL), one file, no server.
//!
//! The inputs make a crash harmless: the newest snapshot of the fleet, with the inputs after it applied again, gives
//! the fleet as it was. The facts are for people and programs to read.
//!
//! A transaction is committed without fsync (`synchronous=NORMAL` in WAL mode): if the process is killed, nothing is
//! lost; a power cut may lose the last moments. When the disk is full, the fleet continues: records that could not be
//! written wait in memory (up to [`BACKLOG_RECORDS_MAX`]), a banner says so, and they are written when there is space
//! again.

mod aside;
mod fold;
mod query;
mod recover;
pub(super) mod schema;
mod stored;
#[cfg(test)]
mod tests;

pub(super) use aside::SetAside;
pub(super) use query::{JournalReader, QueryError};

use self::fold::{Folder, Log};
use self::recover::Read;
use self::schema::NotOpened;
use crate::api::events::EventRecord;
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::time::Time;
use rusqlite::{Connection, params};
use schema::Keep;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The number of inputs between two snapshots of the fleet.
const SNAPSHOT_INPUTS: u64 = 1_000;
/// The most inputs and facts that wait in memory while the disk can't be written. Beyond it, the oldest facts are
/// dropped.
const BACKLOG_RECORDS_MAX: usize = 20_000;
/// How long to wait before a failing disk is tried again if there is nothing new to write.
const RETRY: Duration = Duration::from_secs(2);

/// The writing side of the journal, owned by the kernel.
pub(super) struct Journal {
    connection: Connection,
    inputs: VecDeque<(Time, String)>,
    facts: VecDeque<Arc<EventRecord>>,
    inputs_since_snapshot: u64,
    folder: Folder,
    failing: Option<Failing>,
    set_aside: Option<SetAside>,
    keep: Keep,
    path: PathBuf,
    /// The identity of the journal's file when it was opened.
    identity: Option<(u64, u64)>,
}

/// Why and since when the journal can't be written.
struct Failing {
    why: String,
    retry_at: Instant,
}

/// The state that was recovered from a journal on disk.
pub(super) struct Recovered {
    /// The fleet as it was, if the journal contained one.
    pub(super) fleet: Option<Fleet>,
    /// The newest instant that the journal recorded.
    pub(super) newest: Time,
    /// An earlier journal that could not be used.
    pub(super) set_aside: Option<SetAside>,
    /// The number of inputs that could not be read; the events in them are missing.
    pub(super) unread_inputs: u32,
}

impl Recovered {
    fn of(read: Read, set_aside: Option<SetAside>) -> Recovered {
        Recovered { fleet: read.fleet, newest: read.newest, set_aside, unread_inputs: read.unread_inputs }
    }
}

/// Why the journal can't be opened or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    /// The file is not a journal, and could not be set aside.
    #[error("the journal {path} can't be used and can't be set aside: {why}")]
    Unusable {
        /// Path of the file that is not a journal.
        path: String,
        /// What is wrong with the file, in words.
        why: String,
    },
    /// SQLite failed to open or read the journal.
    #[error("the journal {path}: {source}")]
    Sqlite {
        /// Path of the journal's file.
        path: String,
        /// The error that SQLite returned.
        source: rusqlite::Error,
    },
    /// The path of the journal is too long for SQLite.
    #[error("the journal's path has {bytes} bytes, and SQLite takes {PATH_BYTES_MAX}: use a shorter path ({path})")]
    TooDeep {
        /// The path that is too long.
        path: String,
        /// The length of the path, in bytes.
        bytes: usize,
    },
}

/// The longest path of a database, in bytes: `MAX_PATHNAME` of SQLite's `os_unix.c`, 512, must also hold `-journal` and
/// the final zero byte. Beyond it, the journal is not opened, and the supervisor does not start.
const PATH_BYTES_MAX: usize = 512 - "-journal".len() - 1;

fn failed(path: &Path, error: NotOpened) -> JournalError {
    let bytes = path.as_os_str().len();
    let path = path.display().to_string();
    match error {
        NotOpened::Failed(_) if bytes > PATH_BYTES_MAX => JournalError::TooDeep { path, bytes },
        NotOpened::Unusable(why) => JournalError::Unusable { path, why },
        NotOpened::Failed(source) => JournalError::Sqlite { path, source },
    }
}

impl Journal {
    /// Opens or creates the journal and recovers the fleet from it. A journal that is damaged, or that another version
    /// wrote, is set aside under another name, and a new one continues with the content that could be read: a fleet
    /// must be able to start. If the cause is the system (a full disk), the journal is good and is not set aside.
    pub(super) fn open(path: &Path, keep: &Keep) -> Result<(Journal, Recovered), JournalError> {
        let read = match Journal::of(path, keep) {
            Ok(journal) => match recover::read(&journal.connection) {
                Ok(read) if read.wrong.is_none() => return Ok((journal, Recovered::of(read, None))),
                Ok(read) => read,
                Err(error) => return Err(failed(path, error)),
            },
            Err(NotOpened::Unusable(why)) => recover::salvage(path, why),
            Err(error) => return Err(failed(path, error)),
        };
        Journal::begin_anew(path, keep, read).map_err(|error| failed(path, error))
    }

    fn of(path: &Path, keep: &Keep) -> Result<Journal, NotOpened> {
        Ok(Journal {
            connection: schema::open(path, keep)?,
            inputs: VecDeque::new(),
            facts: VecDeque::new(),
            inputs_since_snapshot: 0,
            folder: Folder::of(path),
            failing: None,
            set_aside: None,
            keep: *keep,
            path: path.to_owned(),
            identity: aside::identity(path),
        })
    }

    /// Sets aside the journal that was read, and continues in a new one.
    fn begin_anew(path: &Path, keep: &Keep, read: Read) -> Result<(Journal, Recovered), NotOpened> {
        let why = read.wrong.clone().unwrap_or_default();
        let aside = aside::set_aside(path);
        let journal = Journal::of(path, keep)?;
        let set_aside = aside::carry_over(&journal.connection, aside, why, read.fleet.as_ref(), read.newest)?;
        Ok((journal, Recovered::of(read, Some(set_aside))))
    }

    /// Adds an input to the next commit.
    pub(super) fn input(&mut self, at: Time, event: &Event) {
        match serde_json::to_string(event) {
            Ok(text) => self.inputs.push_back((at, text)),
            Err(error) => tracing::error!(%error, "an input could not be stored"),
        }
    }

    /// Commits the pending inputs and these facts in one transaction, sometimes together with a snapshot.
    pub(super) fn commit(&mut self, facts: &[Arc<EventRecord>], fleet: &Fleet) {
        self.facts.extend(facts.iter().cloned());
        if aside::identity(&self.path) != self.identity {
            return self.go_on_anew(aside::DELETED.to_owned(), fleet);
        }
        if self.inputs.is_empty() && self.facts.is_empty() {
            return;
        }
        self.inputs_since_snapshot += self.inputs.len() as u64;
        let snapshot = (self.inputs_since_snapshot >= SNAPSHOT_INPUTS).then_some(fleet);
        match self.write(snapshot) {
            Ok(()) => self.written(),
            Err(error) => match NotOpened::from(error) {
                NotOpened::Unusable(why) => self.go_on_anew(why, fleet),
                NotOpened::Failed(error) => self.not_written(&error.to_string()),
            },
        }
    }

    /// Continues in a new journal with the fleet from memory, because the file is damaged or was deleted.
    fn go_on_anew(&mut self, why: String, fleet: &Fleet) {
        let newest = self.inputs.back().map_or(Time(0), |(at, _)| *at);
        let read = Read { fleet: Some(fleet.clone()), newest, wrong: Some(why.clone()), ..Read::default() };
        match Journal::begin_anew(&self.path, &self.keep, read) {
            Ok((journal, recovered)) => {
                let facts = std::mem::take(&mut self.facts);
                *self = Journal { facts, set_aside: recovered.set_aside, ..journal };
                match self.write(None) {
                    Ok(()) => self.written(),
                    Err(error) => self.not_written(&error.to_string()),
                }
            }
            Err(error) => self.not_written(&format!("{why}, and {}", failed(&self.path, error))),
        }
    }

    /// Returns the journal that this one replaced while the fleet ran; each is returned once.
    pub(super) fn take_set_aside(&mut self) -> Option<SetAside> {
        self.set_aside.take()
    }

    fn written(&mut self) {
        self.inputs.clear();
        self.facts.clear();
        if self.folder.committed() == Log::TooLarge {
            fold::fold_now(&self.connection);
        }
        if self.failing.take().is_some() {
            tracing::warn!("the journal is written again");
        }
        if self.inputs_since_snapshot >= SNAPSHOT_INPUTS {
            self.inputs_since_snapshot = 0;
            if let Err(error) = schema::prune(&self.connection, &self.keep) {
                tracing::warn!(%error, "old facts stay in the journal for now");
            }
        }
    }

    /// Keeps records that could not be written, within a limit. After an input is dropped, a snapshot must replace it.
    fn not_written(&mut self, why: &str) {
        if self.failing.is_none() {
            tracing::error!(why, "the journal can't be written; the fleet continues in memory");
        }
        self.failing = Some(Failing { why: why.to_owned(), retry_at: Instant::now() + RETRY });
        while self.facts.len() > BACKLOG_RECORDS_MAX {
            self.facts.pop_front();
        }
        while self.inputs.len() > BACKLOG_RECORDS_MAX {
            self.inputs.pop_front();
            self.inputs_since_snapshot = SNAPSHOT_INPUTS;
        }
    }

    fn write(&mut self, snapshot: Option<&Fleet>) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO inputs (at, event) VALUES (?1, ?2)")?;
            for (at, event) in &self.inputs {
                insert.execute(params![at.0 as i64, event])?;
            }
            let mut insert = transaction.prepare_cached(schema::INSERT_FACT)?;
            for fact in &self.facts {
                insert.execute(params![
                    fact.seq as i64,
                    fact.at_ms as i64,
                    fact.kind,
                    fact.severity as i64,
                    fact.agent,
                    fact.run,
                    fact.message,
                    fact.data.to_string(),
                ])?;
            }
            if let Some(fleet) = snapshot {
                schema::snapshot(&transaction, fleet)?;
            }
        }
        transaction.commit()
    }

    /// Returns why the journal can't be written; none if it can.
    pub(super) fn failing(&self) -> Option<String> {
        self.failing.as_ref().map(|failing| failing.why.clone())
    }

    /// Waits until a failing disk should be tried again; never returns if the disk does not fail.
    pub(super) fn retry_due(&self) -> impl Future<Output = ()> + use<> {
        let at = self.failing.as_ref().map(|failing| failing.retry_at);
        async move {
            match at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Writes a last snapshot, and folds the write-ahead log into the file.
    pub(super) fn close(mut self, fleet: &Fleet) {
        let written = self.write(Some(fleet));
        drop(self.folder);
        let folded = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        if let Err(error) = written.and(folded) {
            tracing::error!(%error, "the journal could not be closed in order");
        }
    }
}
