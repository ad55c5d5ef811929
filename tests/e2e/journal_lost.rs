//! A supervisor whose predecessor's journal is lost, damaged, or of another form finds the agents that run all the
//! same: each continues once, under its name, and ends with the fleet.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually, processes};
use std::fs;
use std::path::Path;

/// Ways in which a journal goes wrong, done to the state directory.
type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 14] = [
    ("gone", |state| journals(state).for_each(|file| fs::remove_file(file).expect("removed"))),
    ("empty", |state| {
        journals(state).for_each(|file| fs::remove_file(file).expect("removed"));
        fs::write(state.join("journal.sqlite3"), "").expect("written");
    }),
    ("no database", |state| {
        journals(state).for_each(|file| fs::remove_file(file).expect("removed"));
        fs::write(state.join("journal.sqlite3"), "noise ".repeat(20_000)).expect("written");
    }),
    ("a directory", |state| {
        journals(state).for_each(|file| fs::remove_file(file).expect("removed"));
        fs::create_dir(state.join("journal.sqlite3")).expect("made");
    }),
    ("bits of it flipped", |state| flip(&state.join("journal.sqlite3"))),
    ("its log gone", |state| fs::remove_file(state.join("journal.sqlite3-wal")).expect("removed")),
    ("its log empty", |state| fs::write(state.join("journal.sqlite3-wal"), "").expect("written")),
    ("bits of its log flipped", |state| flip(&state.join("journal.sqlite3-wal"))),
    ("older", |state| execute(state, "PRAGMA user_version=1")),
    ("newer", |state| execute(state, "PRAGMA user_version=99")),
    ("its snapshot of another shape", |state| {
        execute(state, "INSERT INTO snapshots SELECT max(id), max(at), '{\"agents\":7}' FROM inputs");
    }),
    ("the runs' directories gone", |state| fs::remove_dir_all(state.join("runs")).expect("removed")),
    ("gone, and a keeper's record of an earlier moment", |state| {
        journals(state).for_each(|file| fs::remove_file(file).expect("removed"));
        let record = state.join("runs/r1/keeper");
        let text = fs::read_to_string(&record).expect("a record");
        fs::write(record, text.replace("start_time_ticks ", "start_time_ticks 1")).expect("written");
    }),
    ("all of it gone", |state| {
        journals(state).for_each(|file| fs::remove_file(file).expect("removed"));
        fs::remove_dir_all(state.join("runs")).expect("removed");
    }),
];

fn journals(state: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = fs::read_dir(state).expect("a directory").flatten();
    let is_journal = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("journal");
    entries.filter(is_journal).map(|entry| entry.path())
}

/// A bit in each of many places, the first byte among them.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    bytes.iter_mut().step_by(211).for_each(|byte| *byte ^= 16);
    fs::write(path, bytes).expect("written");
}

fn execute(state: &Path, sql: &str) {
    let journal = rusqlite::Connection::open(state.join("journal.sqlite3"));
    journal.and_then(|journal| journal.execute_batch(sql)).expect("written");
}

#[test]
fn agents_that_run_go_on_once_whatever_the_journal_is() {
    for (name, damage) in DAMAGES {
        let fleet =
            Fleet::up(&(shell("a", "echo up; exec sleep 1000", "") + &shell("b", "echo up; exec sleep 1000", "")));
        for agent in ["a", "b"] {
            fleet.until_screen(agent, "up");
        }
        let pids = ["a", "b"].map(|agent| fleet.pid(agent));
        processes::end(fleet.supervisor());
        damage(&fleet.root.join(".quarterdeck"));
        fleet.qd(["up"]).ok().says("adopted 2, lost 0");
        assert_eq!(["a", "b"].map(|agent| fleet.pid(agent)), pids, "{name}: the same processes");
        let names: Vec<String> = fleet
            .ask("GET", "/agents", None)
            .expect(200)
            .as_array()
            .expect("a list")
            .iter()
            .map(|agent| agent["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(names, ["a", "b"], "{name}");
        // A new run has a number of its own, and the fleet ends them all.
        fleet.qd(["restart", "a"]).ok();
        let watched = [fleet.pid("a"), pids[1]].map(processes::handle);
        fleet.qd(["down"]).ok();
        for process in &watched {
            assert!(processes::gone_within(process.as_ref(), std::time::Duration::from_secs(30)), "{name}");
        }
        fleet.until_gone();
    }
}

/// Also one that the file no longer names.
#[test]
fn an_agent_that_nobody_knows_any_more_is_there_and_can_be_ended() {
    let fleet = Fleet::up(&(shell("a", "exec sleep 1000", "") + &shell("gone", "exec sleep 1000", "")));
    fleet.fact("gone", "agent.started");
    let process = processes::handle(fleet.pid("gone"));
    processes::end(fleet.supervisor());
    DAMAGES[0].1(&fleet.root.join(".quarterdeck"));
    fleet.configure(&shell("a", "exec sleep 1000", ""));
    fleet.qd(["up"]).ok().says("adopted 2");
    fleet.qd(["ps"]).ok().says("gone");
    fleet.facts(0).first("a word about it", |fact| fact["type"] == "system.run_found");
    fleet.qd(["stop", "gone"]).ok();
    assert!(processes::gone_within(process.as_ref(), std::time::Duration::from_secs(30)));
}

/// A power cut can take the newest part of a journal, a restored copy is of whatever moment it was made at. The same
/// two agents are taken over with a journal of every moment of their lives, from none to now.
#[test]
fn agents_go_on_once_whatever_moment_the_journal_is_of() {
    let configuration = shell("a", "echo up; exec sleep 1000", "") + &shell("b", "echo up; exec sleep 1000", "");
    let fleet = Fleet::up(&configuration);
    for agent in ["a", "b"] {
        fleet.until_screen(agent, "up");
        fleet.fact(agent, "agent.ready");
    }
    let pids = ["a", "b"].map(|agent| fleet.pid(agent));
    processes::end(fleet.supervisor());
    let state = fleet.root.join(".quarterdeck");
    let whole = state.join("whole.sqlite3");
    execute(&state, &format!("VACUUM INTO '{}'", whole.display()));
    let inputs: i64 = rusqlite::Connection::open(&whole)
        .and_then(|journal| journal.query_row("SELECT max(id) FROM inputs", [], |row| row.get(0)))
        .expect("counted");
    assert!(inputs > 5, "{inputs}: a start, and all that both agents told");
    for moment in 0..=inputs {
        journals(&state).for_each(|file| fs::remove_file(file).expect("removed"));
        fs::copy(&whole, state.join("journal.sqlite3")).expect("copied");
        execute(
            &state,
            &format!(
                "DELETE FROM facts WHERE at > (SELECT max(at) FROM inputs WHERE id <= {moment});
                 DELETE FROM inputs WHERE id > {moment};"
            ),
        );
        fleet.qd(["up"]).ok().says("adopted 2, lost 0");
        let told = ["a", "b"].map(|agent| fleet.pid(agent));
        assert_eq!(told, pids, "after {moment} inputs of {inputs}: the same processes");
        let agents = fleet.ask("GET", "/agents", None).expect(200);
        assert_eq!(agents.as_array().map(Vec::len), Some(2), "after {moment} inputs of {inputs}: {agents}");
        for agent in ["a", "b"] {
            eventually("it is ready", || (fleet.agent(agent)["state"] == "ready").then_some(()));
        }
        if moment < inputs {
            processes::end(fleet.supervisor());
        }
    }
    let watched = pids.map(processes::handle);
    fleet.qd(["down"]).ok();
    for process in &watched {
        assert!(processes::gone_within(process.as_ref(), std::time::Duration::from_secs(30)));
    }
    fleet.until_gone();
}

/// A name that leads somewhere is no name: what the run's processes call their agent is its name.
#[test]
fn a_name_on_disk_that_leads_somewhere_names_nobody() {
    let fleet = Fleet::up(&shell("a", "exec sleep 1000", ""));
    let pid = fleet.pid("a");
    processes::end(fleet.supervisor());
    let state = fleet.root.join(".quarterdeck");
    DAMAGES[0].1(&state);
    fs::write(state.join("runs/r1/agent"), "../../etc").expect("written");
    fleet.configure("");
    fleet.qd(["up"]).ok().says("adopted 1");
    assert_eq!(fleet.pid("a"), pid);
}

#[test]
fn a_state_directory_that_is_deleted_while_the_fleet_runs_is_made_anew_and_told() {
    let fleet = Fleet::up(&(shell("a", "sleep 1000", "autostart = false") + &shell("b", "exec sleep 1000", "")));
    fleet.qd(["state", "set", "before", "1"]).ok();
    let pid = fleet.pid("b");
    let state = fleet.root.join(".quarterdeck");
    let secret = fs::read(state.join("secret")).expect("a secret");
    let run = fleet.agent("b")["run"].as_str().expect("a run").to_owned();
    fs::remove_dir_all(&state).expect("removed");
    fleet.qd(["state", "set", "after", "2"]).ok();
    let told = fleet.hello()["banners"].to_string();
    assert!(told.contains("the journal was deleted while the fleet ran"), "{told}");
    assert_eq!(fs::read_to_string(state.join(".gitignore")).ok().as_deref(), Some("*\n"));
    assert_eq!(fs::read(state.join("secret")).expect("a secret"), secret, "what agents hold stays good");
    let named = fs::read_to_string(state.join("runs").join(run).join("agent"));
    assert_eq!(named.ok().as_deref(), Some("b"), "the run has a directory again");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 1, lost 0");
    assert_eq!(fleet.pid("b"), pid);
    fleet.qd(["state", "get", "before"]).ok().says("1");
    fleet.qd(["state", "get", "after"]).ok().says("2");
    let set_aside = fleet.history().into_iter().filter(|fact| fact["type"] == "system.journal_set_aside").count();
    assert_eq!(set_aside, 1, "a fact says so as well");
}
