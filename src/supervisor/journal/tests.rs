//! Tests of the journal with real files: recovery, queries, and damaged files.

use super::aside::Carried;
use super::fold::{LOG_BYTES_MAX, log_of};
use super::*;
use crate::api::events::{EventQuery, Order, Severity};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Notice;
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy};
use quarterdeck_core::severity::Severity as CoreSeverity;

const KEEP: Keep = Keep { facts_max: 1_000, age: Duration::from_secs(3_600) };

/// The limits with which all facts are kept: the facts of these tests are of 1970.
const ALL: Keep = Keep { facts_max: 100_000, age: Duration::from_secs(u64::MAX / 4_000) };

fn agents(names: &[&str]) -> Event {
    let policy = |name: &&str| AgentPolicy { name: (*name).to_owned(), ..AgentPolicy::default() };
    Event::Configured { fleet: FleetPolicy::default(), agents: names.iter().map(policy).collect() }
}

/// Steps an event through the journal and the fleet, as the kernel does.
fn step(journal: &mut Journal, fleet: &mut Fleet, at: u64, event: Event) {
    journal.input(Time(at), &event);
    let effects = fleet.step(event, Time(at));
    let records: Vec<Arc<EventRecord>> = effects
        .iter()
        .filter_map(|effect| if let Effect::Record(fact) = effect { Some(fact) } else { None })
        .map(|fact| Arc::new(super::super::words::record::record(fact, Some(&"builder".to_owned()), fleet.view())))
        .collect();
    journal.commit(&records, fleet);
}

fn notice(number: u64, severity: CoreSeverity) -> Event {
    Event::Noticed { notice: Notice { severity, kind: format!("system.note{}", number % 3), text: number.to_string() } }
}

async fn find(path: &Path, query: EventQuery) -> Vec<u64> {
    let page = JournalReader::new(path).query(query).await.expect("readable");
    page.events.iter().map(|event| event.seq).collect()
}

#[test]
fn a_fleet_is_recovered_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let mut fleet = Fleet::new();
    let (mut journal, recovered) = Journal::open(&path, &KEEP).expect("opened");
    assert!(recovered.fleet.is_none());
    step(&mut journal, &mut fleet, 1_000, agents(&["builder", "tester"]));
    for number in 0..2 * SNAPSHOT_INPUTS + 7 {
        step(&mut journal, &mut fleet, 2_000 + number, notice(number, CoreSeverity::Info));
    }
    drop(journal);
    let (_, recovered) = Journal::open(&path, &KEEP).expect("opened again");
    let found = serde_json::to_value(recovered.fleet.expect("a fleet")).expect("JSON");
    assert_eq!(found, serde_json::to_value(&fleet).expect("JSON"));
    assert_eq!(recovered.newest, Time(2_000 + 2 * SNAPSHOT_INPUTS + 6));
}

#[tokio::test]
async fn facts_are_found_by_every_filter_and_in_pages() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let mut fleet = Fleet::new();
    let (mut journal, _) = Journal::open(&path, &ALL).expect("opened");
    for number in 1..=30 {
        let severity = if number % 10 == 0 { CoreSeverity::Error } else { CoreSeverity::Info };
        step(&mut journal, &mut fleet, number * 100, notice(number, severity));
    }
    let all = EventQuery::default;
    assert_eq!(find(&path, EventQuery { severity: Some(Severity::Warning), ..all() }).await, [10, 20, 30]);
    assert_eq!(find(&path, EventQuery { kind: Some("system.note1".into()), limit: Some(2), ..all() }).await, [25, 28]);
    assert_eq!(find(&path, EventQuery { kind: Some("system".into()), ..all() }).await.len(), 30);
    assert_eq!(find(&path, EventQuery { kind: Some("system.note".into()), ..all() }).await.len(), 0);
    assert_eq!(find(&path, EventQuery { agent: Some("builder".into()), ..all() }).await.len(), 30);
    assert_eq!(find(&path, EventQuery { agent: Some("nobody".into()), ..all() }).await.len(), 0);
    assert_eq!(find(&path, EventQuery { since_ms: Some(500), until_ms: Some(700), ..all() }).await, [5, 6]);
    let page = EventQuery { since_seq: Some(3), order: Some(Order::Oldest), limit: Some(2), offset: Some(2), ..all() };
    assert_eq!(find(&path, page).await, [6, 7]);
    assert_eq!(find(&path, EventQuery { limit: Some(3), ..all() }).await, [28, 29, 30]);
}

#[test]
fn a_damaged_journal_is_set_aside_and_a_new_one_begun() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    std::fs::write(&path, b"this is no database, and never was one; it is long enough to be looked at")
        .expect("written");
    let (mut journal, recovered) = Journal::open(&path, &KEEP).expect("opened");
    assert!(recovered.fleet.is_none());
    let aside = recovered.set_aside.expect("set aside");
    assert!(aside.why.contains("not a database") && aside.path.as_ref().is_some_and(|path| path.exists()), "{aside:?}");
    step(&mut journal, &mut Fleet::new(), 1_000, agents(&["builder"]));
    assert!(journal.failing().is_none());
}

#[test]
fn a_journal_of_another_version_is_set_aside_and_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let (journal, recovered) = Journal::open(&path, &KEEP).expect("opened");
    assert_eq!(recovered.set_aside, None);
    journal.connection.execute_batch("PRAGMA user_version=99").expect("written");
    drop(journal);
    let (_, recovered) = Journal::open(&path, &KEEP).expect("opened again");
    assert!(recovered.set_aside.is_some_and(|aside| aside.why.contains("version 99")));
}

/// Creates a journal with a snapshot and inputs after it at this path, and returns its fleet.
fn busy_journal(path: &Path) -> Fleet {
    let (mut journal, _) = Journal::open(path, &ALL).expect("opened");
    let mut fleet = Fleet::new();
    step(&mut journal, &mut fleet, 1, agents(&["builder", "tester"]));
    let upto = SNAPSHOT_INPUTS + 10;
    (2..=upto).for_each(|number| step(&mut journal, &mut fleet, number, notice(number, CoreSeverity::Info)));
    fleet
}

fn wrong(path: &Path, sql: &str) {
    let journal = Connection::open(path).expect("opened");
    journal.execute_batch(sql).expect("written");
}

/// Opens a journal that must be set aside. Returns the recovered state, and how many facts the new journal has.
fn set_aside(path: &Path, why: &str) -> (Recovered, SetAside, i64) {
    let (journal, mut recovered) = Journal::open(path, &ALL).expect("opened");
    let aside = recovered.set_aside.take().expect("set aside");
    assert!(aside.why.contains(why) && aside.path.as_ref().is_some_and(|path| path.exists()), "{aside:?}");
    let facts = journal.connection.query_row("SELECT count(*) FROM facts", [], |row| row.get(0)).expect("counted");
    (recovered, aside, facts)
}

/// A release that changes the form of the fleet must not take the old fleet for an empty one.
#[test]
fn a_journal_of_another_form_is_set_aside_and_the_fleet_goes_on() {
    let cases = [
        ("UPDATE snapshots SET fleet = '{\"another\": \"shape\"}'", "its snapshot of the fleet can't be read"),
        ("UPDATE snapshots SET fleet = '{\"form\": 99, \"fleet\": {\"x\": 1}}'", "this qd is older"),
        ("UPDATE snapshots SET fleet = json_set(fleet, '$.form', 99)", "this qd is older"),
        ("PRAGMA user_version=99", "this qd is older"),
        ("PRAGMA user_version=1", "an older qd wrote it"),
    ];
    for (sql, why) in cases {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("journal.sqlite3");
        let fleet = busy_journal(&path);
        wrong(&path, sql);
        let (recovered, aside, facts) = set_aside(&path, why);
        assert_eq!(recovered.fleet.as_ref(), Some(&fleet), "{sql}: all inputs are there to be replayed");
        assert_eq!((aside.state, aside.history), (Carried::Over, Carried::Over), "{sql}");
        assert_eq!(facts, fleet.view().seq as i64, "{sql}");
        // The new journal is good, but its own inputs are not the beginning of the fleet.
        let (_, recovered) = Journal::open(&path, &ALL).expect("opened");
        assert_eq!((recovered.fleet.as_ref(), recovered.set_aside), (Some(&fleet), None), "{sql}");
        wrong(&path, "UPDATE snapshots SET fleet = '7'");
        let (recovered, aside, _) = set_aside(&path, "can't be read");
        assert_eq!((recovered.fleet, aside.state), (None, Carried::Nothing), "{sql}: what came before is not in it");
    }
}

/// Damage in the middle: the tables are overwritten page by page. No readable content is lost, nothing panics, and
/// there is a good journal afterwards.
#[test]
fn a_page_that_is_damaged_costs_what_is_in_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = directory.path().join("whole.sqlite3");
    busy_journal(&whole);
    wrong(&whole, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
    let bytes = std::fs::read(&whole).expect("read");
    let mut states = [0, 0];
    for page in (0..bytes.len() / 4096).step_by(3) {
        let path = directory.path().join(format!("{page}.sqlite3"));
        let mut damaged = bytes.clone();
        damaged[page * 4096..(page + 1) * 4096].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x5a);
        std::fs::write(&path, damaged).expect("written");
        let (mut journal, recovered) = Journal::open(&path, &ALL).unwrap_or_else(|error| panic!("{page}: {error}"));
        states[usize::from(recovered.fleet.is_some())] += 1;
        let mut fleet = recovered.fleet.unwrap_or_default();
        step(&mut journal, &mut fleet, 9_000_000, agents(&["builder"]));
        assert!(journal.failing().is_none(), "{page}: damage that shows only when it is written");
        drop(journal);
        let (_, recovered) = Journal::open(&path, &ALL).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert_eq!(recovered.fleet.as_ref(), Some(&fleet), "{page}");
    }
    assert!(states[1] > states[0], "most damage leaves a fleet: {states:?}");
}

/// Facts of the past keep their numbers, and new facts are written as well.
#[test]
fn facts_are_numbered_on_when_inputs_are_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let seq = busy_journal(&path).view().seq;
    wrong(&path, "DELETE FROM inputs WHERE id > 1005");
    let (_, recovered) = Journal::open(&path, &ALL).expect("opened");
    assert_eq!(recovered.fleet.expect("a fleet").view().seq, seq);
}

#[test]
fn what_can_not_be_read_of_the_inputs_is_counted() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let (mut journal, _) = Journal::open(&path, &KEEP).expect("opened");
    let mut fleet = Fleet::new();
    (1..=3).for_each(|number| step(&mut journal, &mut fleet, number, notice(number, CoreSeverity::Info)));
    journal.connection.execute_batch("UPDATE inputs SET event = '{\"Unheard\": 1}' WHERE id = 2").expect("written");
    drop(journal);
    let (_, recovered) = Journal::open(&path, &KEEP).expect("opened");
    assert_eq!((recovered.unread_inputs, recovered.set_aside), (1, None));
}

#[test]
fn a_good_journal_is_not_set_aside_because_the_disk_is_full() {
    let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None);
    assert!(matches!(NotOpened::from(full), NotOpened::Failed(_)));
    let damaged = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None);
    assert!(matches!(NotOpened::from(damaged), NotOpened::Unusable(_)));
}

#[test]
fn facts_beyond_the_bounds_go_also_while_it_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let keep = Keep { facts_max: 10, age: Duration::from_secs(u64::MAX / 4_000) };
    let (mut journal, _) = Journal::open(&directory.path().join("journal.sqlite3"), &keep).expect("opened");
    let mut fleet = Fleet::new();
    (1..=SNAPSHOT_INPUTS).for_each(|number| step(&mut journal, &mut fleet, number, notice(number, CoreSeverity::Info)));
    let left = journal.connection.query_row("SELECT count(*) FROM facts", [], |row| row.get::<_, i64>(0));
    assert_eq!(left, Ok(10));
}

#[test]
fn facts_beyond_the_bounds_go_when_it_is_opened() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let mut fleet = Fleet::new();
    let keep = Keep { facts_max: 10, age: Duration::from_secs(u64::MAX / 4_000) };
    let (mut journal, _) = Journal::open(&path, &keep).expect("opened");
    (1..=25).for_each(|number| step(&mut journal, &mut fleet, number, notice(number, CoreSeverity::Info)));
    drop(journal);
    let (journal, _) = Journal::open(&path, &keep).expect("opened again");
    let left = journal.connection.query_row("SELECT min(seq), count(*) FROM facts", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    assert_eq!(left, Ok((16, 10)));
}

/// Inputs and facts that were written before they contained who caused them.
#[test]
fn ends_that_name_nobody_are_read_as_they_were() {
    use quarterdeck_core::command::Command;
    use quarterdeck_core::fact::FactKind;
    let command = |text: &str| serde_json::from_str::<Command>(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let force = command(r#"{"Lock":{"force":{"which":{"lease":7},"reason":"mine"}}}"#);
    assert!(format!("{force:?}").contains("by: None"), "{force:?}");
    let cancel = command(r#"{"Plan":{"cancel":{"plan":3,"reason":"enough"}}}"#);
    assert!(format!("{cancel:?}").contains("by: None"), "{cancel:?}");
    for text in [
        r#"{"lock":{"ended":{"lease":7,"token":9,"holder":{"outside":"ann"},"scopes":[],"why":"released"}}}"#,
        r#"{"lock":{"ended":{"lease":7,"token":9,"holder":{"run":4},"scopes":[],"why":{"forced":{"reason":"mine"}}}}}"#,
        r#"{"task":{"cancelled":{"task":2,"reason":"not now"}}}"#,
        r#"{"task":{"stopping":{"task":2,"why":{"cancelled":"not now"}}}}"#,
        r#"{"plan":{"cancelled":{"plan":3,"reason":"enough"}}}"#,
    ] {
        serde_json::from_str::<FactKind>(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

/// More than twice the limit is written without a pause. The size is checked from time to time, so the log may exceed
/// the limit a little.
#[test]
fn the_log_is_bounded() {
    const PAGES_PER_COMMIT: u64 = 4;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.sqlite3");
    let (mut journal, _) = Journal::open(&path, &KEEP).expect("opened");
    let (mut fleet, mut largest) = (Fleet::new(), 0);
    for number in 1..=(3 * LOG_BYTES_MAX / (4_096 * PAGES_PER_COMMIT)) {
        step(&mut journal, &mut fleet, number, notice(number, CoreSeverity::Info));
        largest = std::fs::metadata(log_of(&path)).map_or(0, |log| log.len()).max(largest);
    }
    assert!(largest < 2 * LOG_BYTES_MAX, "{largest} bytes");
}

/// A fleet whose journal is deleted continues in a new one at once, with its whole state.
#[test]
fn a_journal_that_is_deleted_while_the_fleet_runs_is_made_anew() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("state/journal.sqlite3");
    std::fs::create_dir(root.path().join("state")).expect("made");
    let (mut journal, _) = Journal::open(&path, &ALL).expect("opened");
    let mut fleet = Fleet::new();
    step(&mut journal, &mut fleet, 1, notice(1, CoreSeverity::Info));
    std::fs::remove_dir_all(root.path().join("state")).expect("removed");
    step(&mut journal, &mut fleet, 2, notice(2, CoreSeverity::Info));
    assert_eq!(journal.failing(), None);
    let aside = journal.take_set_aside().expect("told");
    assert!(aside.notice().text.starts_with("the journal was deleted while the fleet ran"), "{aside:?}");
    step(&mut journal, &mut fleet, 3, notice(3, CoreSeverity::Info));
    drop(journal);
    let (_, recovered) = Journal::open(&path, &ALL).expect("opened");
    assert_eq!((recovered.fleet, recovered.set_aside), (Some(fleet), None), "it is good, and knows all");
}

#[test]
fn a_path_that_is_too_long_for_sqlite_is_told_in_our_words() {
    let root = tempfile::tempdir().expect("a directory");
    let deep = (0..12).fold(root.path().to_owned(), |path, _| path.join("d".repeat(50)));
    std::fs::create_dir_all(&deep).expect("made");
    let error = Journal::open(&deep.join("journal.sqlite3"), &ALL).err().expect("refused").to_string();
    assert!(error.contains("SQLite takes 503: use a shorter path"), "{error}");
}
