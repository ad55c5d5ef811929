//! The journal's tables, their version, and their limits.

use super::stored;
use crate::clock;
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::time::Time;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use std::path::Path;
use std::time::Duration;

/// The version of the tables, as `PRAGMA user_version`. A journal of another version is set aside: keepers are found by
/// their records.
const VERSION: i64 = 2;

/// How long a writer waits for a reader's lock.
const BUSY: Duration = Duration::from_secs(5);

/// The tables and indexes of the journal. Each index serves a filter of `GET /events` in the order of the facts'
/// numbers, because SQLite keeps the rows of one key in the order of the primary key: no query needs a sort. Severe
/// facts are few. Each index costs every commit a page or two, so there is none by time: times grow with the
/// numbers, and are found by a binary search.
const TABLES: &str = "
    CREATE TABLE inputs (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL);
    CREATE TABLE snapshots (input_id INTEGER PRIMARY KEY, at INTEGER NOT NULL, fleet TEXT NOT NULL);
    CREATE TABLE facts (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, severity INTEGER NOT NULL,
        agent TEXT, run TEXT, message TEXT NOT NULL, data TEXT NOT NULL,
        family TEXT GENERATED ALWAYS AS (substr(type, 1, instr(type, '.') - 1)) VIRTUAL
    );
    CREATE INDEX facts_by_agent ON facts (agent) WHERE agent IS NOT NULL;
    CREATE INDEX facts_by_type ON facts (type);
    CREATE INDEX facts_by_family ON facts (family);
    CREATE INDEX facts_from_warning ON facts (seq) WHERE severity >= 2;
    CREATE INDEX facts_from_error ON facts (seq) WHERE severity >= 3;
    CREATE INDEX facts_from_critical ON facts (seq) WHERE severity >= 4;
";

/// Inserts a fact. A fact that exists already is not changed: a retry after a partial failure writes none twice.
pub(super) const INSERT_FACT: &str = "
    INSERT OR IGNORE INTO facts (seq, at, type, severity, agent, run, message, data)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
";

/// Why a journal can't be opened.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// The file is not a journal, or not one of ours, and blocks the path.
    Unusable(String),
    /// The system prevents it (no space, no permission, busy); the journal may be good.
    Failed(rusqlite::Error),
}

/// The limits on the facts that are kept; the others are deleted when a supervisor starts, and with each snapshot.
#[derive(Clone, Copy)]
pub(in crate::supervisor) struct Keep {
    /// The most facts that are kept; the newest remain.
    pub(in crate::supervisor) facts_max: u32,
    /// The age above which facts are deleted.
    pub(in crate::supervisor) age: Duration,
}

/// The most inputs that are kept on disk for a replay. Beyond it, the oldest inputs before the newest snapshot are
/// deleted, when a supervisor starts and with each snapshot.
const INPUTS_MAX: u64 = 200_000;

impl From<rusqlite::Error> for NotOpened {
    fn from(error: rusqlite::Error) -> NotOpened {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => NotOpened::Unusable(error.to_string()),
            _ => NotOpened::Failed(error),
        }
    }
}

/// Opens the journal for writing, creates its tables if it is new, and deletes what exceeds its limits.
pub(super) fn open(path: &Path, keep: &Keep) -> Result<Connection, NotOpened> {
    if path.is_dir() {
        return Err(NotOpened::Unusable("it is a directory".to_owned()));
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1024; PRAGMA wal_autocheckpoint=0;",
    )?;
    match connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? {
        VERSION => connection.execute_batch("DROP INDEX IF EXISTS facts_by_time")?,
        0 => connection.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version={VERSION}; COMMIT;"))?,
        other => {
            let why = if other > VERSION {
                stored::newer("version", other, VERSION)
            } else {
                format!("an older qd wrote it, in version {other}; this qd writes version {VERSION}")
            };
            return Err(NotOpened::Unusable(why));
        }
    }
    let pruned = prune(&connection, keep).and_then(|()| connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    match pruned.map_err(NotOpened::from) {
        // A full disk leaves no space to delete records either.
        Err(NotOpened::Failed(error)) => tracing::warn!(%error, "old facts stay in the journal for now"),
        pruned => pruned?,
    }
    Ok(connection)
}

/// Deletes records that exceed the journal's limits.
pub(super) fn prune(connection: &Connection, keep: &Keep) -> rusqlite::Result<()> {
    let oldest_ms = Duration::from_millis(clock::now_ms()).saturating_sub(keep.age).as_millis() as i64;
    connection.execute(
        "DELETE FROM facts WHERE at < ?1 OR seq <= (SELECT max(seq) FROM facts) - ?2",
        [oldest_ms, i64::from(keep.facts_max)],
    )?;
    connection.execute(
        "DELETE FROM inputs WHERE id <= min(
            (SELECT max(id) FROM inputs) - ?1,
            (SELECT coalesce(max(input_id), 0) FROM snapshots))",
        [INPUTS_MAX as i64],
    )?;
    connection.execute("DELETE FROM snapshots WHERE input_id < (SELECT max(input_id) FROM snapshots)", []).map(drop)
}

/// Writes a snapshot of the state after the newest input, and deletes the earlier snapshots.
pub(super) fn snapshot(transaction: &Transaction<'_>, fleet: &Fleet) -> rusqlite::Result<()> {
    let newest: Option<(i64, i64)> = transaction
        .query_row("SELECT id, at FROM inputs ORDER BY id DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, at)) = newest else { return Ok(()) };
    let Ok(text) = stored::write_fleet(fleet) else { return Ok(()) };
    transaction.execute("DELETE FROM snapshots", [])?;
    transaction.execute("INSERT INTO snapshots (input_id, at, fleet) VALUES (?1, ?2, ?3)", params![id, at, text])?;
    Ok(())
}

/// Lets a new journal begin with the fleet of another one. Its own inputs are numbered from 2: number 1 represents the
/// other journal.
pub(super) fn begin_with(connection: &Connection, fleet: &Fleet, newest: Time) -> rusqlite::Result<()> {
    let Ok(text) = stored::write_fleet(fleet) else { return Ok(()) };
    let (at, event) = (newest.0 as i64, serde_json::to_string(&Event::SafetyDiffers).unwrap_or_default());
    connection.execute("INSERT INTO inputs (id, at, event) VALUES (2, ?1, ?2)", params![at, event])?;
    connection.execute("INSERT INTO snapshots (input_id, at, fleet) VALUES (2, ?1, ?2)", params![at, text]).map(drop)
}
