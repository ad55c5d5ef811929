//! Reads facts from the journal: filters, paging and order. Each query has a connection of its own, so that no reader
//! waits for the kernel.

use crate::api::events::{EventPage, EventQuery, EventRecord, Order, Severity};
use rusqlite::{Connection, OpenFlags, Row, types::Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The number of facts in one answer if no limit is given.
const LIMIT_DEFAULT: u32 = 100;

/// The reading side of the journal: cheap to clone; it opens a connection for each query.
#[derive(Clone)]
pub(in crate::supervisor) struct JournalReader {
    path: PathBuf,
}

/// Why facts can't be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::supervisor) enum QueryError {
    /// SQLite failed with this error.
    #[error("reading the journal: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The thread that read the facts was stopped.
    #[error("reading the journal was cut off")]
    CutOff,
}

impl JournalReader {
    /// Creates a reader of the journal at this path.
    pub(in crate::supervisor) fn new(path: &Path) -> JournalReader {
        JournalReader { path: path.to_owned() }
    }

    /// Returns the facts that match the filters, read on a thread that may block.
    pub(in crate::supervisor) async fn query(&self, query: EventQuery) -> Result<EventPage, QueryError> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || find(&connect(&path)?, &query).map_err(QueryError::from))
            .await
            .map_err(|_| QueryError::CutOff)?
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    Ok(connection)
}

fn find(connection: &Connection, query: &EventQuery) -> rusqlite::Result<EventPage> {
    // One read transaction ensures that `newest_seq` and the facts found are of the same instant.
    let snapshot = connection.unchecked_transaction()?;
    let (condition, mut values) = condition(query, &span(&snapshot, query)?);
    let index = index(query);
    let direction = match query.order.unwrap_or_default() {
        Order::Newest => "DESC",
        Order::Oldest => "ASC",
    };
    values.push(Value::from(i64::from(query.limit.unwrap_or(LIMIT_DEFAULT))));
    values.push(Value::from(i64::from(query.offset.unwrap_or(0))));
    let sql = format!(
        "SELECT seq, at, type, severity, agent, run, message, data FROM facts {index} {condition}
         ORDER BY seq {direction} LIMIT ? OFFSET ?"
    );
    let mut statement = snapshot.prepare(&sql)?;
    let mut events = statement
        .query_map(rusqlite::params_from_iter(values), record)?
        .collect::<rusqlite::Result<Vec<EventRecord>>>()?;
    if query.order.unwrap_or_default() == Order::Newest {
        events.reverse();
    }
    let newest_seq = snapshot.query_row("SELECT coalesce(max(seq), 0) FROM facts", [], |row| row.get::<_, i64>(0))?;
    Ok(EventPage { events, newest_seq: newest_seq as u64 })
}

/// Returns the range of the facts' numbers for the times that are asked for.
fn span(connection: &Connection, query: &EventQuery) -> rusqlite::Result<Span> {
    let from = |at: Option<u64>| at.map(|at| first_since(connection, at as i64)).transpose();
    Ok(Span { since: from(query.since_ms)?, until: from(query.until_ms)? })
}

/// A range of the numbers of facts.
#[derive(Default)]
struct Span {
    /// The first number of the range.
    since: Option<i64>,
    /// The first number after the range.
    until: Option<i64>,
}

/// Returns a number such that all facts since this instant have at least that number, and no earlier fact has. The
/// instants grow with the numbers (the kernel's clock never goes back), so a binary search finds it.
fn first_since(connection: &Connection, at: i64) -> rusqlite::Result<i64> {
    let bounds = "SELECT coalesce(min(seq), 0), coalesce(max(seq) + 1, 0) FROM facts";
    let (mut low, mut high) =
        connection.query_row(bounds, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let mut next = connection.prepare("SELECT at FROM facts WHERE seq >= ? ORDER BY seq LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        match next.query_row([middle], |row| row.get::<_, i64>(0))? < at {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    Ok(low)
}

/// Returns the WHERE clause of the query and its values.
fn condition(query: &EventQuery, span: &Span) -> (String, Vec<Value>) {
    let number = |value: u64| vec![Value::from(value as i64)];
    let terms: Vec<(&str, Vec<Value>)> = [
        query.since_seq.map(|seq| ("seq > ?", number(seq))),
        span.since.map(|seq| ("seq >= ?", vec![Value::from(seq)])),
        span.until.map(|seq| ("seq < ?", vec![Value::from(seq)])),
        query.agent.clone().map(|agent| ("agent = ?", vec![Value::from(agent)])),
        query.severity.map(|severity| (at_least(severity), Vec::new())),
        query
            .kind
            .clone()
            .map(|kind| (if is_family(&kind) { "family = ?" } else { "type = ?" }, vec![Value::from(kind)])),
    ]
    .into_iter()
    .flatten()
    .collect();
    if terms.is_empty() {
        return (String::new(), Vec::new());
    }
    let clauses: Vec<&str> = terms.iter().map(|(clause, _)| *clause).collect();
    (format!("WHERE {}", clauses.join(" AND ")), terms.into_iter().flat_map(|(_, values)| values).collect())
}

/// Whether the kind names a family: `agent` means all of `agent.…`, while `agent.ended` means only itself.
fn is_family(kind: &str) -> bool {
    !kind.contains('.')
}

/// Returns the SQL condition for a severity, with literal values: an index of part of the facts is only used where its
/// own condition is repeated exactly.
fn at_least(severity: Severity) -> &'static str {
    match severity {
        Severity::Debug => "severity >= 0",
        Severity::Info => "severity >= 1",
        Severity::Warning => "severity >= 2",
        Severity::Error => "severity >= 3",
        Severity::Critical => "severity >= 4",
    }
}

/// Returns the index to use: that of the filter that matches the fewest facts. SQLite has no counts here, and would
/// often scan all facts.
fn index(query: &EventQuery) -> &'static str {
    match (&query.agent, query.kind.as_deref(), query.severity) {
        (_, _, Some(Severity::Critical)) => "INDEXED BY facts_from_critical",
        (_, _, Some(Severity::Error)) => "INDEXED BY facts_from_error",
        (Some(_), _, _) => "INDEXED BY facts_by_agent",
        (None, Some(kind), _) if !is_family(kind) => "INDEXED BY facts_by_type",
        (None, _, Some(Severity::Warning)) => "INDEXED BY facts_from_warning",
        (None, Some(_), _) => "INDEXED BY facts_by_family",
        (None, None, _) => "",
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<EventRecord> {
    Ok(EventRecord {
        seq: row.get::<_, i64>(0)? as u64,
        at_ms: row.get::<_, i64>(1)? as u64,
        kind: row.get(2)?,
        severity: match row.get::<_, i64>(3)? {
            0 => Severity::Debug,
            1 => Severity::Info,
            2 => Severity::Warning,
            3 => Severity::Error,
            _ => Severity::Critical,
        },
        agent: row.get(4)?,
        run: row.get(5)?,
        message: row.get(6)?,
        data: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
    })
}
