//! Shared state and the synchronisation of scopes, with many writers, dying supervisors and real agents.

use crate::harness::config::shell;
use crate::harness::{Fleet, http, processes};
use serde_json::{Value, json};

/// Writers that set one value at once.
const WRITERS: usize = 100;

#[test]
fn a_hundred_writers_with_compare_and_set_lose_nothing() {
    let fleet = Fleet::up("");
    fleet.qd(["state", "set", "counter", "0", "--version", "0"]).ok().says("version 1");
    let socket = fleet.socket();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let ask = |method: &str, body: Option<&str>| {
                    http::ask(&socket, method, "/api/v1/state/fleet/counter", body).expect("an answer")
                };
                let mut entry = ask("GET", None).expect(200);
                loop {
                    let count = entry["value"].as_u64().expect("a number") + 1;
                    let wanted = json!({"value": count, "version": entry["version"]}).to_string();
                    let answer = ask("PUT", Some(&wanted));
                    if answer.status == 200 {
                        return;
                    }
                    let conflict = answer.expect(409);
                    assert_eq!(conflict["code"], "conflict", "{conflict}");
                    entry = conflict["current"].clone();
                }
            });
        }
    });
    let entry = fleet.qd(["state", "get", "counter", "--json"]).ok().json();
    assert_eq!((&entry["value"], &entry["version"]), (&json!(WRITERS), &json!(WRITERS + 1)), "{entry}");
    let conflicts: Vec<Value> = fleet.history().into_iter().filter(|fact| fact["type"] == "state.conflict").collect();
    for conflict in &conflicts {
        let data = &conflict["data"];
        assert!(data["refused"]["value"].is_string() && data["current"]["value"].is_string(), "both sides: {conflict}");
    }
}

#[test]
fn what_is_acknowledged_is_durable_and_never_torn() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    let socket = fleet.socket();
    let long = "x".repeat(30_000);
    let mut acknowledged = 0;
    for round in 1..=30 {
        let value = json!({"value": {"round": round, "text": long}}).to_string();
        match http::ask(&socket, "PUT", "/api/v1/state/a/progress", Some(&value)) {
            Ok(answer) if answer.status == 200 => acknowledged = round,
            _ => break,
        }
        if round == 20 {
            processes::kill(fleet.supervisor(), nix::sys::signal::Signal::SIGKILL);
        }
    }
    assert!(acknowledged >= 20);
    fleet.qd(["up"]).ok();
    let entry = fleet.qd(["state", "get", "progress", "--agent", "a", "--json"]).ok().json();
    assert!(entry["value"]["round"].as_u64() >= Some(acknowledged), "{} rounds", entry["value"]["round"]);
    assert_eq!(entry["value"]["text"].as_str().map(str::len), Some(long.len()));
    assert_eq!(entry["version"], entry["value"]["round"]);
}

#[test]
fn an_agent_sets_its_own_and_the_fleets_values_and_no_others() {
    let sets = "qd state set progress 40; qd state set --fleet base main; qd state set --agent b progress 1; echo \"other $?\"; \
        qd state clear --all --fleet; echo \"all $?\"; qd state get progress; exec sleep 1000";
    let fleet = Fleet::up(&(shell("a", sets, "") + &shell("b", "exec sleep 1000", "")));
    let screen = fleet.until_screen("a", "all 4");
    assert!(screen.contains("progress of a: version 1") && screen.contains("base of fleet: version 1"), "{screen}");
    assert!(screen.contains("other 4"), "{screen}");
    let all = fleet.qd(["state", "list", "--json"]).ok().json();
    let told: Vec<String> = all
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| format!("{} {} {} {}", entry["owner"], entry["key"], entry["value"], entry["by"]))
        .collect();
    assert_eq!(told, [r#""fleet" "base" "main" "a""#, r#""a" "progress" 40 "a""#]);
    fleet.qd(["state", "get", "base"]).ok().says("main\n");
    fleet.qd(["state", "set", "--agent", "a", "progress", "1", "--version", "7"]).code(4).says("version 1");
    fleet.qd(["state", "get", "nothing"]).code(4).says("nothing");
    fleet.qd(["state", "set", "bad/key", "1"]).code(4).says("letters");
    fleet.qd(["state", "clear", "--all", "--agent", "a"]).ok().says("removed 1 value");
}

#[test]
fn a_scope_starts_when_what_it_needs_is_completed() {
    let syncs = "qd sync start app --needs lexer,parser --wait 25s && echo app is mine; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", syncs, ""));
    fleet.fact("a", "sync.queued");
    fleet.qd(["sync", "start", "parser", "--needs", "lexer"]).ok().says("waits for lexer");
    fleet.qd(["sync", "start", "lexer", "--needs", "app"]).code(4).says("lexer → app → lexer");
    fleet.qd(["sync", "start", "lexer"]).ok().says("lexer: syncing");
    fleet.qd(["sync", "complete", "lexer"]).ok();
    fleet.qd(["sync", "complete", "parser"]).ok();
    fleet.until_screen("a", "app is mine");
    fleet.qd(["sync", "change", "lexer"]).ok();
    let scopes = fleet.qd(["sync", "status", "--json"]).ok().json();
    let states: Vec<&Value> = scopes.as_array().into_iter().flatten().map(|scope| &scope["state"]).collect();
    assert_eq!(states, ["idle", "idle", "idle"], "a change undoes all downstream at once");
    fleet.qd(["msg", "inbox", "--agent", "a"]).ok().says("sync.invalidated");
}

#[test]
fn a_run_that_dies_fails_its_scope_also_when_the_supervisor_dies_first() {
    let syncs = "qd sync start lexer && echo mine; until [ -e go ]; do sleep 0.05; done; exit 3";
    let fleet = Fleet::up(&shell("a", syncs, "workspace = \"shared\"\nrestart = \"never\""));
    fleet.until_screen("a", "mine");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 1");
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.fact("a", "agent.ended");
    let status = fleet.qd(["sync", "status", "lexer", "--json"]).ok().json();
    assert_eq!((&status[0]["state"], &status[0]["reason"]), (&json!("failed"), &json!("its run ended")), "{status}");
    fleet.qd(["sync", "start", "lexer"]).ok();
    fleet.qd(["sync", "start", "app", "--needs", "lexer", "--wait", "50ms"]).code(124).says("waits for lexer");
    fleet.qd(["sync", "fail", "lexer", "--reason", "no time"]).ok().says("no time");
}
