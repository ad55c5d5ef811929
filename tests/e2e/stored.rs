//! A supervisor of another version takes over a fleet in the middle of its work, and reads what each version left on
//! disk (`tests/fixtures/stored/vN/state`, made by the program of that form).

use crate::harness::command::{Finished, finish};
use crate::harness::config::shell;
use crate::harness::{Fleet, eventually, processes};
use crate::plans::{GATED, crew, open_gate, task, write};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// This program.
const NEW: &str = env!("CARGO_BIN_EXE_qd");

/// `qd` of some version.
#[track_caller]
fn qd<'w>(program: &str, fleet: &Fleet, words: impl IntoIterator<Item = &'w str>) -> Finished {
    let mut command = fleet.surround(program);
    command.args(words);
    finish(command, b"")
}

/// Five agents and one that has ended, started by a program: one counts, one holds a lock, one has messages, two work
/// on a task each; one of the tasks is in the middle of a plan.
fn at_work(program: &str) -> Fleet {
    let counts = "i=0; while :; do i=$((i+1)); echo \"number $i\"; sleep 0.02; done";
    let holds = "qd lock acquire src/core --ttl 1h && echo holds; exec sleep 1000";
    let configuration = shell("counts", counts, "")
        + &shell("holds", holds, "")
        + &shell("reads", "echo up; exec sleep 1000", "")
        + &shell("ends", "echo bye; exit 3", "restart = \"never\"")
        + &crew(&["alone", "planned"]);
    let fleet = Fleet::new(&format!("[resources]\nbuild = 2\n\n{configuration}"));
    qd(program, &fleet, ["up"]).ok();
    fleet.until_screen("holds", "holds");
    fleet.until_screen("reads", "up");
    fleet.fact("ends", "agent.ended");
    write(
        &fleet,
        &(task("middle", GATED, "agent = \"planned\"")
            + &task("after", "echo after >> after", "needs = [\"middle\"]\nagent = \"planned\"")),
    );
    qd(program, &fleet, ["plan", "start", "plan.toml"]).ok();
    qd(program, &fleet, ["task", "add", GATED, "--name", "by-hand", "--agent", "alone"]).ok();
    qd(program, &fleet, ["lock", "acquire", "build", "--as", "outside", "--ttl", "1h"]).ok();
    qd(program, &fleet, ["msg", "send", "reads", "read me"]).ok();
    qd(program, &fleet, ["state", "set", "progress", "40"]).ok();
    eventually("both to work", || (fs::read_to_string(fleet.root.join("up")).ok()?.lines().count() == 2).then_some(()));
    fleet.until_screen("counts", "number");
    fleet
}

/// As many inputs as it takes to a snapshot of the fleet, and some more.
fn count_up(fleet: &Fleet) {
    for value in 0..1_100 {
        fleet.ask("PUT", "/state/fleet/count", Some(&json!({ "value": value.to_string() }).to_string())).expect(200);
    }
}

/// What must be the same before and after: processes and runs, locks, tasks, plan, messages, values.
#[track_caller]
fn standing(fleet: &Fleet) -> Value {
    let part = |path: &str, key: &str, keep: &[&str]| -> Value {
        let all = fleet.ask("GET", path, None).expect(200);
        let list = if key.is_empty() { all } else { all[key].clone() };
        let one = |item: &Value| keep.iter().map(|key| item[*key].clone()).collect::<Vec<_>>();
        list.as_array()
            .unwrap_or_else(|| panic!("{path} is no list: {list}"))
            .iter()
            .map(one)
            .collect::<Vec<_>>()
            .into()
    };
    for agent in ["counts", "holds", "reads", "alone", "planned"] {
        fleet.pid(agent);
    }
    json!({
        "agents": part("/agents", "", &["name", "run", "pid", "state"]),
        "locks": part("/locks", "leases", &["token", "holder", "scopes"]),
        "tasks": part("/tasks", "", &["name", "state", "agent", "attempt"]),
        "plans": part("/plans", "", &["name", "state"]),
        "messages": part("/messages", "", &["id", "to", "body", "delivery"]),
        "values": part("/state", "", &["key", "value"]),
    })
}

/// All continues as it was, and to its end.
#[track_caller]
fn goes_on(fleet: &Fleet, before: &Value) {
    assert_eq!(&standing(fleet), before);
    open_gate(fleet);
    for task in ["by-hand", "plan.middle", "plan.after"] {
        eventually(task, || {
            (qd(NEW, fleet, ["task", "show", task, "--json"]).ok().json()["state"] == "done").then_some(())
        });
    }
    assert_eq!(fs::read_to_string(fleet.root.join("through")).expect("a file").lines().count(), 2, "each once");
    qd(NEW, fleet, ["lock", "list"]).ok().says("src/core");
    let logs = eventually("some output after it", || {
        let logs = qd(NEW, fleet, ["logs", "counts"]).ok();
        let logs = String::from_utf8_lossy(&logs.stdout).into_owned();
        (logs.lines().count() > 60).then_some(logs)
    });
    let numbers = logs.lines().filter_map(|line| line.trim().strip_prefix("number "));
    for (at, number) in numbers.enumerate() {
        assert_eq!(number, (at + 1).to_string(), "no byte of its output is lost");
    }
}

#[test]
fn a_fleet_at_work_outlives_a_snapshot_of_another_form() {
    for form in [r#"{"agents":7}"#, r#"{"form":99,"fleet":{"agents":7}}"#] {
        let fleet = at_work(NEW);
        let before = standing(&fleet);
        processes::end(fleet.supervisor());
        let journal = rusqlite::Connection::open(fleet.root.join(".quarterdeck/journal.sqlite3")).expect("opened");
        let sql = "INSERT INTO snapshots SELECT max(id), max(at), ?1 FROM inputs";
        journal.execute(sql, [form]).expect("written");
        drop(journal);
        qd(NEW, &fleet, ["up"]).ok().says("adopted 5, lost 0");
        goes_on(&fleet, &before);
        let said = fleet.facts(0).first("a word about it", |fact| fact["type"] == "system.journal_set_aside");
        assert_eq!(
            said["message"].as_str().is_some_and(|text| text.contains("this qd is older")),
            form.contains("99"),
            "{said}"
        );
        assert!(fleet.history().len() > 20, "its history goes on, too");
    }
}

/// `.ci/run` builds the program of the form before this one.
#[test]
fn a_fleet_at_work_outlives_a_change_of_version_and_back() {
    let Ok(previous) = std::env::var("QD_PREVIOUS") else {
        return eprintln!("skipped: QD_PREVIOUS does not name the program of another version");
    };
    let fleet = at_work(&previous);
    count_up(&fleet);
    let before = standing(&fleet);
    for program in [NEW, &previous, NEW] {
        processes::end(fleet.supervisor());
        qd(program, &fleet, ["up"]).ok().says("adopted 5, lost 0");
        assert_eq!(standing(&fleet), before, "{program}");
    }
    goes_on(&fleet, &before);
}

fn fixtures() -> Vec<PathBuf> {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stored");
    fs::read_dir(stored).expect("fixtures").flatten().map(|entry| entry.path()).collect()
}

/// For this user alone, as it was; a repository does not keep that.
fn copy(from: &Path, to: &Path) {
    fs::DirBuilder::new().mode(0o700).recursive(true).create(to).expect("made");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a type") {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => {
                fs::copy(entry.path(), &target).expect("copied");
                fs::set_permissions(target, fs::Permissions::from_mode(0o600)).expect("set");
            }
            _ => {}
        }
    }
}

/// Ten years, milliseconds.
const AGE_MS: u64 = 10 * 365 * 86_400_000;

/// Moves every instant of a journal into the past, since a fixture is read whatever the date is; but those of the
/// facts, which are kept for a year at most.
fn age(journal: &Path) {
    let journal = rusqlite::Connection::open(journal).expect("opened");
    let sql = format!(
        "UPDATE facts SET at = unixepoch() * 1000; UPDATE inputs SET at = at - {AGE_MS};
         UPDATE snapshots SET at = at - {AGE_MS};"
    );
    journal.execute_batch(&sql).expect("written");
    for (table, column) in [("inputs", "event"), ("snapshots", "fleet")] {
        let mut rows = journal.prepare(&format!("SELECT rowid, {column} FROM {table}")).expect("read");
        let rows: Vec<(i64, String)> =
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows").flatten().collect();
        for (id, text) in rows {
            let sql = format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1");
            journal.execute(&sql, rusqlite::params![id, aged(&text)]).expect("written");
        }
    }
}

/// Instants are the numbers of 13 digits.
fn aged(text: &str) -> String {
    let mut aged = String::new();
    for part in text.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let digits = part.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        match digits.parse::<u64>() {
            Ok(instant) if digits.len() == 13 => aged.push_str(&(instant - AGE_MS).to_string()),
            _ => aged.push_str(digits),
        }
        aged.push_str(&part[digits.len()..]);
    }
    aged
}

/// The agents are gone with the machine that they ran on; all that was written is read.
#[test]
fn what_every_version_left_on_disk_is_read() {
    for version in fixtures() {
        let name = version.display();
        let fleet = Fleet::new(&fs::read_to_string(version.join("agents.toml")).expect("a configuration"));
        copy(&version.join("state"), &fleet.root.join(".quarterdeck"));
        age(&fleet.root.join(".quarterdeck/journal.sqlite3"));
        open_gate(&fleet);
        qd(NEW, &fleet, ["up"]).ok().says("adopted 0, lost 5");
        let facts = fleet.history();
        let unread: Vec<_> =
            facts.iter().filter(|fact| fact["type"].as_str().is_some_and(|kind| kind.contains("journal"))).collect();
        assert!(unread.is_empty(), "{name}: {unread:#?}");
        assert_eq!(facts[0]["seq"], 1, "{name}: all facts are there");
        qd(NEW, &fleet, ["logs", "counts", "--run", "r1"]).ok().says("number 1");
        qd(NEW, &fleet, ["msg", "history"]).ok().says("read me");
        qd(NEW, &fleet, ["state", "get", "progress"]).ok().says("40");
        qd(NEW, &fleet, ["state", "get", "count"]).ok().says("1099");
        qd(NEW, &fleet, ["logs", "ends"]).ok().says("bye");
        let ended = facts.iter().find(|fact| fact["agent"] == "ends" && fact["type"] == "agent.ended");
        assert_eq!(ended.expect("its end")["data"]["exit"]["code"], 3, "{name}");
        qd(NEW, &fleet, ["task", "show", "by-hand"]).ok().says("by-hand");
        qd(NEW, &fleet, ["plan", "status", "plan"]).ok().says("middle");
        qd(NEW, &fleet, ["events", "--type", "lock.granted"]).ok().says("outside");
    }
}

/// Makes the fixture of a form: `QD_UPDATE_STORED` names its directory, `QD_PREVIOUS` the program, for an earlier form.
#[test]
fn a_fixture_is_made_when_it_is_asked_for() {
    let Some(version) = std::env::var_os("QD_UPDATE_STORED").map(PathBuf::from) else { return };
    let fleet = at_work(&std::env::var("QD_PREVIOUS").unwrap_or_else(|_| NEW.to_owned()));
    count_up(&fleet);
    processes::end(fleet.supervisor());
    let state = fleet.root.join(".quarterdeck");
    let journal = rusqlite::Connection::open(state.join("journal.sqlite3")).expect("opened");
    journal.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("folded");
    drop(journal);
    copy(&state, &version.join("state"));
    for left_out in [".gitignore", "lock", "supervisor.log", "supervisor.stderr"] {
        let _not_there = fs::remove_file(version.join("state").join(left_out));
    }
    fs::copy(fleet.root.join("agents.toml"), version.join("agents.toml")).expect("copied");
    qd(NEW, &fleet, ["up"]).ok();
}
