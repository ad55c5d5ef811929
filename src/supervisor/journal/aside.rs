//! Keeps journals that can't be used under another name, and carries their readable content over into a new journal.

use super::schema::{self, NotOpened};
use crate::place::JOURNAL_UNREAD;
use quarterdeck_core::event::Notice;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::severity::Severity;
use quarterdeck_core::time::Time;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::collections::BTreeMap;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A journal that could not be used, and was kept under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct SetAside {
    /// What is wrong with the journal, in words.
    pub(super) why: String,
    /// The path where the journal is kept now; none if it was deleted.
    pub(super) path: Option<PathBuf>,
    /// Whether the fleet's agents, locks, tasks, plans and messages could be read from it.
    pub(super) state: Carried,
    /// Whether all of its facts are in the new journal.
    pub(super) history: Carried,
}

/// Whether content of a journal that was set aside is in the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Over,
    Nothing,
}

impl SetAside {
    /// Returns the notice about this journal that people are shown.
    pub(in crate::supervisor) fn notice(&self) -> Notice {
        let (severity, outcome) = match (self.state, self.history) {
            (Carried::Over, Carried::Over) => {
                (Severity::Warning, "all of its readable content was carried over into a new journal")
            }
            (Carried::Over, Carried::Nothing) => (
                Severity::Error,
                "agents, locks, tasks, plans and messages continue in a new journal; some of the history is only in \
                 the old one",
            ),
            (Carried::Nothing, _) => (
                Severity::Critical,
                "running agents continue; locks, tasks, plans and messages start empty, because they could not be read",
            ),
        };
        let (why, kept) = (&self.why, self.path.as_ref().map(|path| path.display()));
        let text = match kept {
            Some(path) => format!("the journal could not be used: {why}. It was set aside as {path}; {outcome}"),
            None => format!("{why}: the fleet continues in a new journal, and its earlier history is lost"),
        };
        Notice { severity, kind: "system.journal_set_aside".to_owned(), text }
    }
}

/// The most journals that are kept aside. Beyond it, the oldest are deleted, which the log says.
const UNREAD_MAX: usize = 9;

/// The suffixes of SQLite's files for one database; only together they are the whole database.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// The reason why a fleet continues in a new journal when its old one was deleted.
pub(super) const DELETED: &str = "the journal was deleted while the fleet ran";

/// Returns which file is at a path, as its device and inode number; none if nothing is there.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Renames a journal that can't be used to `journal.sqlite3.unread-TIME`, and deletes the oldest ones beyond the limit.
/// Returns the new path, or none if there was no journal. If the directory is missing, it is created again.
pub(super) fn set_aside(path: &Path) -> Option<PathBuf> {
    if let Some(directory) = path.parent().filter(|directory| !directory.exists()) {
        let _said_when_it_is_opened = std::fs::DirBuilder::new().mode(0o700).recursive(true).create(directory);
    }
    let was_there = path.exists();
    let name = format!("{}{JOURNAL_UNREAD}{}", path.display(), jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S.%3fZ"));
    for part in PARTS {
        let (from, to) = (format!("{}{part}", path.display()), format!("{name}{part}"));
        match std::fs::rename(&from, &to) {
            Ok(()) => tracing::error!(%from, %to, "the journal can't be used and has been set aside"),
            Err(error) => tracing::debug!(%from, %error, "not set aside"),
        }
    }
    forget_oldest(path);
    was_there.then(|| name.into())
}

/// Copies the history of a journal that was set aside into a new one, and lets the new one begin with this fleet.
pub(super) fn carry_over(
    connection: &Connection,
    aside: Option<PathBuf>,
    why: String,
    fleet: Option<&Fleet>,
    newest: Time,
) -> Result<SetAside, NotOpened> {
    let history = match aside.as_ref().map(|aside| copy_facts(connection, aside)) {
        None => Carried::Nothing,
        Some(Ok(())) => Carried::Over,
        Some(Err(error)) => {
            tracing::warn!(%error, "the history of the journal that was set aside stays in it");
            Carried::Nothing
        }
    };
    let state = match fleet {
        Some(fleet) => {
            schema::begin_with(connection, fleet, newest)?;
            Carried::Over
        }
        None => Carried::Nothing,
    };
    Ok(SetAside { why, path: aside, state, history })
}

/// Copies as many facts as can be read from the old journal, the oldest first. The old journal is not changed.
fn copy_facts(connection: &Connection, aside: &Path) -> rusqlite::Result<()> {
    let aside = Connection::open_with_flags(aside, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut facts =
        aside.prepare("SELECT seq, at, type, severity, agent, run, message, data FROM facts ORDER BY seq")?;
    let mut rows = facts.query([])?;
    let transaction = connection.unchecked_transaction()?;
    let mut insert = transaction.prepare(schema::INSERT_FACT)?;
    let copied = loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values: [Value; 8] = std::array::from_fn(|column| row.get(column).unwrap_or(Value::Null));
                insert.execute(params_from_iter(values))?;
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    drop(insert);
    transaction.commit()?;
    copied
}

/// Returns the journals that were set aside beside this one, the oldest first, each with its files.
fn kept(path: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut journals = BTreeMap::<String, Vec<PathBuf>>::new();
    let Some((directory, file)) = path.parent().zip(path.file_name()) else { return journals };
    let prefix = format!("{}{JOURNAL_UNREAD}", file.display());
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(time) = name.strip_prefix(&prefix) {
            let time = time.trim_end_matches("-wal").trim_end_matches("-shm");
            journals.entry(time.to_owned()).or_default().push(entry.path());
        }
    }
    journals
}

/// Deletes the oldest journals beyond the limit. Their names contain the time, so that the order of names is that of
/// times.
fn forget_oldest(path: &Path) {
    let journals = kept(path);
    let surplus = journals.len().saturating_sub(UNREAD_MAX);
    for path in journals.into_values().take(surplus).flatten() {
        tracing::warn!(path = %path.display(), "a journal that was set aside is deleted: {UNREAD_MAX} newer ones are kept");
        let _gone_already = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
    }
}
