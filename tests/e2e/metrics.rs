//! What other programs read of a fleet: metrics, its history as a table, and its state as a file. And who is asked to do
//! a task that does not say.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually, within};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// A metric's value; a name may have labels.
#[track_caller]
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

#[test]
fn what_happens_is_counted() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    let before = fleet.qd(["metrics"]).ok().text();
    assert_eq!(value(&before, "quarterdeck_agents{state=\"ready\"}"), 1.0);
    assert_eq!(value(&before, "quarterdeck_state_updates_total"), 0.0);
    fleet.qd(["lock", "acquire", "src", "--as", "me"]).ok();
    fleet.qd(["lock", "acquire", "src", "--as", "you", "--wait", "10ms"]);
    fleet.qd(["state", "set", "x", "1", "--version", "0"]).ok();
    fleet.qd(["state", "set", "x", "2", "--version", "0"]);
    fleet.qd(["task", "add", "Do it.", "--capability", "flying"]).ok();
    fleet.qd(["sync", "start", "app"]).ok();
    let answer = fleet.ask("GET", "/metrics", None);
    assert!(
        answer.headers.iter().any(|line| line.to_lowercase().contains("application/openmetrics-text")),
        "{answer:?}"
    );
    for (name, expected) in [
        ("quarterdeck_lock_leases_held", 1.0),
        ("quarterdeck_lock_requests_waiting", 0.0),
        ("quarterdeck_lock_grants_total", 1.0),
        ("quarterdeck_lock_timeouts_total", 1.0),
        ("quarterdeck_state_updates_total", 1.0),
        ("quarterdeck_state_conflicts_total", 1.0),
        ("quarterdeck_tasks{state=\"held\"}", 1.0),
        ("quarterdeck_sync_scopes{state=\"syncing\"}", 1.0),
        ("quarterdeck_invariant_violations_total", 0.0),
    ] {
        assert_eq!(value(&answer.body, name), expected, "{name}");
    }
    assert!(value(&answer.body, "quarterdeck_facts_total") > value(&before, "quarterdeck_facts_total"));
    let count = value(&answer.body, "quarterdeck_request_seconds_count");
    assert!(count >= 6.0, "{count}");
    assert_eq!(value(&answer.body, "quarterdeck_request_seconds_bucket{le=\"+Inf\"}"), count);
    assert!(value(&answer.body, "quarterdeck_request_seconds_sum") > 0.0);
    assert!(answer.body.ends_with("# EOF\n"));
    let told = fleet.qd(["metrics", "--json"]).ok().json();
    assert_eq!((&told["agents"]["ready"], &told["locks"]["timed_out"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(fleet.ask("GET", "/metrics?format=xml", None).status, 400);
}

/// The rows of a table without line breaks in its cells, by its heading.
fn rows(text: &str) -> usize {
    text.matches("\r\n").count() - 1
}

#[test]
fn history_is_exported_page_by_page_and_the_file_is_whole() {
    let fleet = Fleet::up("");
    for number in 0..250 {
        let set = json!({ "value": format!("=cmd|{number}, \"quoted\"") }).to_string();
        fleet.ask("PUT", "/state/fleet/x", Some(&set)).expect(200);
    }
    let table = fleet.qd(["export"]).ok().text();
    assert!(table.starts_with("seq,at,type,severity,agent,run,message,data\r\n"), "{table}");
    assert_eq!(rows(&table), fleet.history().len(), "each fact once, over more than one page");
    let path = fleet.root.join("out.jsonl");
    let name = path.display().to_string();
    fs::write(&path, "old").expect("a file");
    fleet.qd(["export", "--format", "jsonl", "--type", "state.set", "--since", "1h", "-o", &name]).ok();
    let text = fs::read_to_string(&path).expect("a file");
    let facts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert_eq!(facts.len(), 250);
    assert!(facts.iter().all(|fact| fact["v"] == 1 && fact["type"] == "state.set"));
    assert!(facts.windows(2).all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64()));
    let none = fleet.qd(["export", "--agent", "nobody", "--severity", "error"]).ok().text();
    assert_eq!(rows(&none), 0);
    fleet.qd(["export", "-o", "/proc/nowhere/all.csv"]).code(2).says("cannot write /proc/nowhere/all.csv");
    let left = fs::read_dir(&fleet.root).expect("listed").flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".qd-export")));
}

fn state_file(fleet: &Fleet) -> PathBuf {
    fleet.root.join("shared/state.yaml")
}

/// Waits until the file, which is never torn, says this.
#[track_caller]
fn until(fleet: &Fleet, what: &str, says: impl Fn(&Value) -> bool) -> Value {
    eventually(what, || {
        let text = fs::read_to_string(state_file(fleet)).ok()?;
        let read: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("torn ({error}): {text}"));
        says(&read).then_some(read)
    })
}

#[test]
fn the_state_file_mirrors_what_is_set_and_who_is_there() {
    let agents = shell("a", "echo up; exec sleep 1000", "");
    let fleet = Fleet::up(&format!("[coordination]\nstatefile = \"shared/state.yaml\"\n\n{agents}"));
    until(&fleet, "a is ready", |file| file["agents"]["a"]["status"] == "ready");
    fleet.ask("PUT", "/state/a/progress", Some(r#"{"value":40}"#)).expect(200);
    fleet.ask("PUT", "/state/fleet/note", Some(r#"{"value":"yes: [no]\n"}"#)).expect(200);
    let file = until(&fleet, "both values", |file| file["state"]["note"]["value"] == "yes: [no]\n");
    let a = &file["agents"]["a"];
    assert_eq!((&a["progress"], &a["state"]["progress"]["version"]), (&json!(40), &json!(1)), "{file}");
    assert!(a["updated"].is_string() && file["fleet"] == "fleet", "{file}");
    // Facts that change nothing of it write nothing.
    let stamp = || fs::metadata(state_file(&fleet)).map(|found| (found.ino(), found.mtime_nsec())).expect("there");
    let before = stamp();
    fleet.qd(["lock", "acquire", "src", "--as", "me"]).ok();
    // Three times as long as a write may be put off.
    assert_eq!(within(Duration::from_millis(300), || (stamp() != before).then_some(())), None);
    fleet.ask("PUT", "/state/fleet/last", Some(r#"{"value":1}"#)).expect(200);
    until(&fleet, "the last one", |file| file["state"]["last"]["value"] == 1);
    assert_ne!(stamp(), before);
    fleet.qd(["down"]).ok();
    until(&fleet, "the end", |file| file["agents"]["a"]["status"] == "terminated");
}

#[test]
fn a_state_file_that_is_someone_elses_is_left_alone_and_said() {
    let fleet = Fleet::new("[coordination]\nstatefile = \"state.yaml\"\n");
    fs::write(fleet.root.join("state.yaml"), "mine: 1\n").expect("a file");
    fleet.qd(["up"]).ok();
    fleet.ask("PUT", "/state/fleet/x", Some(r#"{"value":1}"#)).expect(200);
    eventually("a banner", || fleet.hello()["banners"].to_string().contains("did not write").then_some(()));
    assert_eq!(fs::read_to_string(fleet.root.join("state.yaml")).expect("there"), "mine: 1\n");
    fleet.configure("[coordination]\nstatefile = \"../state.yaml\"\n");
    fleet.qd(["check"]).code(2).says("contains `..`");
    fleet.configure("");
    eventually("no banner", || fleet.hello()["banners"].as_array().is_some_and(Vec::is_empty).then_some(()));
}

#[test]
fn a_task_that_does_not_say_asks_for_what_its_first_line_says() {
    let routing = "[tasks.routing]\nexecutor = [\"fix\"]\n\n";
    let agents = shell("a", "exec sleep 1000", "capabilities = [\"executor\"]");
    let fleet = Fleet::up(&format!("{routing}{agents}"));
    fleet.qd(["task", "add", "Fix the lexer.", "--name", "lexer"]).ok();
    fleet.qd(["task", "show", "lexer"]).ok().says("executor (its first line says `fix`)");
    let added = fleet.facts(0).first("the task", |fact| fact["type"] == "task.added");
    assert_eq!(added["data"]["spec"]["routed"], "fix", "{added}");
    fleet.configure(&format!("{}{agents}", routing.replace("executor", "executer")));
    fleet.qd(["check"]).code(2).says("did you mean `executor`?").says("agents.toml:6:1");
}
