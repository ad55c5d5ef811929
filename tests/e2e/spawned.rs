//! Agents that are not in the file: added, kept across supervisors, forgotten.

use crate::harness::config::shell;
use crate::harness::{Fleet, processes};
use serde_json::json;

#[test]
fn an_agent_can_be_added_and_forgotten_while_the_fleet_runs() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.qd(["spawn", "extra", "--shell", "echo extra is up; exec sleep 1000"]).ok().says("extra");
    fleet.until_screen("extra", "extra is up");
    fleet.qd(["spawn", "extra", "--", "true"]).code(4).says("extra");
    fleet.qd(["remove", "extra"]).code(4).says("still runs");
    fleet.qd(["stop", "extra"]).ok();
    fleet.qd(["remove", "extra"]).ok();
    fleet.ask("GET", "/agents/extra", None).expect(404);
    assert_eq!(fleet.agent("a")["state"], "ready");
}

#[test]
fn a_spawned_agent_takes_the_keys_of_the_file() {
    let fleet = Fleet::up("");
    let request = json!({"name": "b", "config": {
        "command": "sh", "args": ["-c", "echo $WORD; stty size; exec sleep 1000"], "env": {"WORD": "spoken"},
        "size": "90x20", "restart": "never", "capabilities": ["talk"],
    }});
    fleet.ask("POST", "/agents", Some(&request.to_string())).expect(201);
    let screen = fleet.until_screen("b", "20 90");
    assert!(screen.contains("spoken"), "{screen}");
    assert_eq!(fleet.agent("b")["capabilities"], json!(["talk"]));
}

#[test]
fn a_spawned_agent_outlives_supervisors_and_reloads() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.qd(["spawn", "b", "--shell", "echo b is up; exec sleep 1000"]).ok();
    let pid = fleet.pid("b");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 2");
    assert_eq!(fleet.pid("b"), pid);
    fleet.configure(&shell("c", "echo up; exec sleep 1000", ""));
    fleet.fact("c", "agent.ready");
    assert_eq!(fleet.agent("b")["config"], "current");
    fleet.qd(["restart", "b"]).ok();
    fleet.until_screen("b", "b is up");
}

#[test]
fn names_that_lead_somewhere_are_refused() {
    let fleet = Fleet::up("");
    for name in ["", ".", "..", "../up", "a/b", "-rf", "a b", "a\n", "é/..", "x".repeat(300).as_str(), ".hidden"] {
        let request = json!({"name": name, "config": {"shell": "true"}}).to_string();
        let answer = fleet.ask("POST", "/agents", Some(&request));
        assert_eq!(answer.status, 400, "{name:?}: {answer:?}");
    }
    let escape = json!({"name": "a", "config": {"shell": "true", "cwd": "../.."}}).to_string();
    assert_eq!(fleet.ask("POST", "/agents", Some(&escape)).status, 400);
    assert!(!fleet.root.join("workspaces").join("a").exists());
}

#[test]
fn a_fleet_holds_as_many_as_it_may() {
    let fleet =
        Fleet::new(&format!("[fleet]\nagents_max = 2\nstop_grace = \"1s\"\n\n{}", shell("a", "exec sleep 1000", "")));
    fleet.qd(["up"]).ok();
    fleet.qd(["spawn", "b", "--no-wait", "--", "sleep", "1000"]).ok();
    fleet.qd(["spawn", "c", "--no-wait", "--", "sleep", "1000"]).code(4).says("agents_max");
}
