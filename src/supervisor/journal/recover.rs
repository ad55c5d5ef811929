//! Recovers the fleet from a journal: reads the newest snapshot, and applies the inputs after it again.
//!
//! | what is wrong                               | what the fleet continues with                     |
//! |---------------------------------------------|---------------------------------------------------|
//! | nothing                                     | the snapshot and all inputs                       |
//! | the snapshot can't be read                  | all inputs, if the first one is still there       |
//! | a newer program wrote it                    | the part of it that this program knows            |
//! | the file is damaged somewhere in the middle | the content before the damage                     |
//! | an input can't be read                      | all inputs except that one, which is counted      |
//! | no snapshot, and the first inputs are gone  | nothing: later inputs mean nothing without them   |
//!
//! In each of these cases the journal is kept aside and named, and running agents are found by their keepers' records
//! (`adoption`). The recovered state may therefore be of an earlier moment.
//!
//! **Invariant:** a fact never takes the number of an earlier one, even when inputs are missing (`tests`,
//! `facts_are_numbered_on_when_inputs_are_missing`).

use super::schema::NotOpened;
use super::stored::{self, Known};
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::time::Time;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// The content that could be read from a journal.
#[derive(Default)]
pub(super) struct Read {
    /// The fleet as it was, if the journal contained one.
    pub(super) fleet: Option<Fleet>,
    /// The newest instant that the journal recorded.
    pub(super) newest: Time,
    /// The number of inputs that could not be read; the events in them are missing.
    pub(super) unread_inputs: u32,
    /// Why this journal must not be written any more; none if it can be.
    pub(super) wrong: Option<String>,
}

/// A snapshot as it is stored: the input after which it was taken, its instant, and the fleet.
type Snapshot = (i64, i64, String);

/// Reads a journal that can be opened. An error comes from the system; the journal itself may be good.
pub(super) fn read(connection: &Connection) -> Result<Read, NotOpened> {
    let mut read = Read::default();
    let after = match newest_snapshot(connection) {
        Ok(Some((input_id, at, text))) => match stored::read_fleet(&text) {
            Ok(Known { fleet, newer }) => {
                (read.fleet, read.newest, read.wrong) = (Some(fleet), Time(at as u64), newer);
                Some(input_id)
            }
            Err(why) => {
                read.wrong = Some(why);
                beginning(connection)?
            }
        },
        Ok(None) => beginning(connection)?,
        Err(error) => {
            read.note(error)?;
            beginning(connection)?
        }
    };
    match after {
        Some(after) => replay(connection, after, &mut read)?,
        None => read.wrong = read.wrong.or_else(|| Some("its snapshot is missing".to_owned())),
    }
    let numbered = connection.query_row("SELECT coalesce(max(seq), 0) FROM facts", [], |row| row.get::<_, i64>(0));
    if let (Some(fleet), Ok(seq)) = (&mut read.fleet, numbered) {
        fleet.number_facts_after(seq as u64);
    }
    Ok(read)
}

/// Reads the readable content of a journal that can't be used, without changing it.
pub(super) fn salvage(path: &Path, why: String) -> Read {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let read = connection.map_err(NotOpened::from).and_then(|connection| read(&connection)).unwrap_or_default();
    Read { wrong: Some(why), ..read }
}

impl Read {
    /// Records what is wrong with the journal. Returns the error if the system is the cause.
    fn note(&mut self, error: rusqlite::Error) -> Result<(), NotOpened> {
        match NotOpened::from(error) {
            NotOpened::Unusable(why) => {
                self.wrong.get_or_insert(why);
                Ok(())
            }
            failed => Err(failed),
        }
    }
}

fn newest_snapshot(connection: &Connection) -> rusqlite::Result<Option<Snapshot>> {
    let newest = "SELECT input_id, at, fleet FROM snapshots ORDER BY input_id DESC LIMIT 1";
    connection.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
}

/// Returns the number before the first input, if no input has been deleted yet.
fn beginning(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let first = connection.query_row("SELECT min(id) FROM inputs", [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(first.is_none_or(|first| first == 1).then_some(0))
}

fn replay(connection: &Connection, after: i64, read: &mut Read) -> Result<(), NotOpened> {
    let step_through = |read: &mut Read| -> rusqlite::Result<()> {
        let mut inputs = connection.prepare("SELECT at, event FROM inputs WHERE id > ?1 ORDER BY id")?;
        let mut rows = inputs.query([after])?;
        while let Some(row) = rows.next()? {
            let at = Time(row.get::<_, i64>(0)? as u64);
            match serde_json::from_str::<Event>(row.get_ref(1)?.as_str()?) {
                Ok(event) => {
                    let _already_performed = read.fleet.get_or_insert_with(Fleet::new).step(event, at);
                    read.newest = read.newest.max(at);
                }
                Err(error) => {
                    tracing::error!(%error, "an input of the journal can't be read");
                    read.unread_inputs += 1;
                }
            }
        }
        Ok(())
    };
    step_through(read).or_else(|error| read.note(error))
}
