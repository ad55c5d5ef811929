//! The drop folder: files become tasks, are worked on, moved, divided and gathered.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually, processes};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Takes tasks one after the other, each done as soon as it is said how far it is.
const WORKER: &str = "while qd task claim --wait >claimed 2>/dev/null; do qd task done --message 'it is in' >/dev/null; done; exec sleep 1000";

/// Waits until it is so.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    eventually(what, || is_so().then_some(()));
}

fn workers(names: &[&str]) -> String {
    names.iter().map(|name| shell(name, WORKER, "workspace = \"directory\"")).collect()
}

/// Agents that never ask for work.
fn idlers(names: &[&str]) -> String {
    names.iter().map(|name| shell(name, "exec sleep 1000", "")).collect()
}

fn active(fleet: &Fleet, name: &str) -> PathBuf {
    fleet.root.join("tasks/active").join(name)
}

fn completed(fleet: &Fleet, name: &str) -> PathBuf {
    fleet.root.join("tasks/completed").join(name)
}

/// Puts a file into the folder, whole at once.
fn drop_file(fleet: &Fleet, name: &str, text: &str) {
    fs::create_dir_all(active(fleet, "")).expect("a directory");
    let aside = fleet.root.join("tasks/aside");
    fs::write(&aside, text).expect("a file");
    fs::rename(aside, active(fleet, name)).expect("in its place");
}

fn task(fleet: &Fleet, name: &str) -> Option<Value> {
    let answer = fleet.ask("GET", &format!("/tasks/{name}"), None);
    (answer.status == 200).then(|| answer.expect(200))
}

fn state(fleet: &Fleet, name: &str) -> String {
    task(fleet, name).map_or("none".to_owned(), |task| task["state"].as_str().unwrap_or_default().to_owned())
}

/// The number of tasks in the plan.
fn count(fleet: &Fleet) -> usize {
    fleet.ask("GET", "/tasks", None).expect(200).as_array().map_or(0, Vec::len)
}

fn banners(fleet: &Fleet) -> String {
    fleet.hello()["banners"].to_string()
}

/// Steps that name a file each.
fn steps(count: usize) -> String {
    (1..=count).map(|step| format!("{step}. write part {step} in `src/p{step}.rs`\n")).collect()
}

#[test]
fn a_file_becomes_a_task_is_worked_on_and_moved() {
    let fleet = Fleet::up(&workers(&["a"]));
    let began = Instant::now();
    drop_file(&fleet, "TASK-1.md", "---\npriority: 3\n---\n# Do it\nnow\n");
    until("it is a task", || task(&fleet, "TASK-1").is_some());
    assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
    until("its file is with those that are completed", || completed(&fleet, "TASK-1.md").exists());
    assert!(!active(&fleet, "TASK-1.md").exists());
    let text = fs::read_to_string(completed(&fleet, "TASK-1.md")).expect("readable");
    assert!(text.contains("status: \"done (unverified)\"") && text.contains("assigned_to: a"), "{text}");
    assert!(text.ends_with("---\n# Do it\nnow\n") && text.contains("priority: 3"), "{text}");
    let told = task(&fleet, "TASK-1").expect("kept");
    assert_eq!((&told["priority"], &told["prompt"]), (&json!(3), &json!("# Do it\nnow")));
}

#[test]
fn nothing_is_made_before_a_task_asks_for_it() {
    let fleet = Fleet::up(&idlers(&["a"]));
    assert!(!fleet.root.join("tasks").exists());
    drop_file(&fleet, "one.md", "Do it.");
    until("the folder is seen when it is made", || state(&fleet, "one") == "queued");
    fs::remove_dir_all(fleet.root.join("tasks")).expect("removed");
    drop_file(&fleet, "two.md", "Do it.");
    until("and when it is made anew", || state(&fleet, "two") == "queued");
}

#[test]
fn an_invalid_file_is_complained_of_until_it_is_saved_anew() {
    let fleet = Fleet::up(&idlers(&["a"]));
    drop_file(&fleet, "bad.md", "---\npriority: 1\nagents: [x]\n---\nDo it.\n");
    until("it is complained of", || banners(&fleet).contains("tasks/active/bad.md: line 3, column 1: unknown field"));
    assert_eq!(count(&fleet), 0);
    drop_file(&fleet, "bad.md", "---\npriority: 1\n---\nDo it.\n");
    until("it is a task now", || state(&fleet, "bad") == "queued");
    assert!(!banners(&fleet).contains("bad.md"), "{}", banners(&fleet));
}

#[test]
fn a_file_that_is_changed_or_removed_before_it_begins_takes_its_task_with_it() {
    let fleet = Fleet::up(&idlers(&["a"]));
    drop_file(&fleet, "one.md", "Do it.");
    until("it is a task", || state(&fleet, "one") == "queued");
    drop_file(&fleet, "one.md", "---\npriority: 9\n---\nDo it well.");
    until("it is changed", || task(&fleet, "one").is_some_and(|task| task["prompt"] == "Do it well."));
    assert_eq!((task(&fleet, "one").expect("there")["priority"].clone(), count(&fleet)), (json!(9), 1));
    fs::remove_file(active(&fleet, "one.md")).expect("removed");
    until("it is cancelled", || state(&fleet, "one") == "cancelled");
    assert!(task(&fleet, "one").expect("kept")["reason"].to_string().contains("one.md was removed"));
}

#[test]
fn a_failed_task_keeps_its_file_and_is_tried_again_when_that_is_asked_for() {
    let line = "while qd task claim --wait >claimed 2>/dev/null; do \
        test -e ok && qd task done >/dev/null || qd task fail --message broken >/dev/null; done; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, "workspace = \"directory\""));
    drop_file(&fleet, "one.md", "---\nattempts: 1\n---\nDo it.\n");
    until("its file tells that it failed", || {
        fs::read_to_string(active(&fleet, "one.md")).is_ok_and(|text| text.contains("status: \"failed: "))
    });
    fs::write(fleet.root.join("workspaces/a/ok"), "").expect("a file");
    drop_file(&fleet, "one.md", "---\nattempts: 1\n---\nDo it better.\n");
    until("it is done the second time", || completed(&fleet, "one.md").exists());
    assert_eq!((task(&fleet, "one").expect("kept")["prompt"].clone(), count(&fleet)), (json!("Do it better."), 1));
}

#[test]
fn a_file_that_is_changed_while_it_is_worked_on_is_told_of() {
    let line = "qd task claim --wait >claimed; until test -e go; do sleep 0.05; done; qd task done >/dev/null; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, "workspace = \"directory\""));
    drop_file(&fleet, "one.md", "Do it.");
    until("it is worked on", || state(&fleet, "one") == "running");
    drop_file(&fleet, "one.md", "Do something else.");
    let changed = |fact: &Value| fact["type"] == "system.task_file_changed";
    fleet.facts(0).first("the change", changed);
    assert_eq!(task(&fleet, "one").expect("there")["prompt"], "Do it.");
    fs::write(fleet.root.join("workspaces/a/go"), "").expect("a file");
    until("it is done", || completed(&fleet, "one.md").exists());
    let text = fs::read_to_string(completed(&fleet, "one.md")).expect("readable");
    assert!(text.contains("Do something else."), "what was written is kept: {text}");
}

#[test]
fn a_file_is_one_task_however_often_the_supervisor_dies() {
    let fleet = Fleet::up(&idlers(&["a"]));
    for round in 0..4 {
        drop_file(&fleet, &format!("T{round}.md"), "Do it.");
        if round % 2 == 0 {
            until("it is a task", || state(&fleet, &format!("T{round}")) == "queued");
        }
        processes::end(fleet.supervisor());
        drop_file(&fleet, &format!("T{round}-while-it-was-dead.md"), "Do it.");
        fleet.qd(["up"]).ok();
        until("all are tasks", || count(&fleet) == 2 * (round + 1));
    }
    fs::remove_file(active(&fleet, "T0.md")).expect("removed");
    processes::end(fleet.supervisor());
    fs::remove_file(active(&fleet, "T1.md")).expect("removed");
    fleet.qd(["up"]).ok();
    until("both are cancelled", || state(&fleet, "T0") == "cancelled" && state(&fleet, "T1") == "cancelled");
    assert_eq!(count(&fleet), 8);
}

#[test]
fn nothing_outside_the_folder_is_read_or_written() {
    let fleet = Fleet::new(&idlers(&["a"]));
    fs::write(fleet.base().join("secret.md"), "a secret").expect("a file");
    fs::create_dir_all(active(&fleet, "")).expect("a directory");
    symlink(fleet.base().join("secret.md"), active(&fleet, "link.md")).expect("a link");
    fleet.qd(["up"]).ok();
    until("the link is complained of", || banners(&fleet).contains("link.md: it is a symlink"));
    assert_eq!(count(&fleet), 0);
    let outside = fleet.base().join("secret.md");
    fleet.qd(["task", "split", outside.to_str().expect("a path")]).code(2).says("outside the fleet's root");
    fs::remove_dir_all(fleet.root.join("tasks")).expect("removed");
    fs::create_dir(fleet.base().join("elsewhere")).expect("a directory");
    fs::create_dir(fleet.base().join("elsewhere/active")).expect("a directory");
    symlink(fleet.base().join("elsewhere"), fleet.root.join("tasks")).expect("a link");
    fs::write(fleet.base().join("elsewhere/active/x.md"), "Do it.").expect("a file");
    fs::write(fleet.root.join("big.md"), steps(5)).expect("a file");
    fleet.qd(["task", "split", "big.md"]).code(4);
    assert_eq!(count(&fleet), 0);
}

#[test]
fn a_task_is_divided_into_three_and_its_results_are_gathered() {
    let fleet = Fleet::up(&workers(&["a", "b"]));
    fs::write(fleet.root.join("TASK-7.md"), format!("# The whole\n\n{}", steps(11))).expect("a file");
    let dry = fleet.qd(["task", "split", "TASK-7.md", "--dry-run", "--json"]).ok().json();
    assert_eq!(dry["parts"].as_array().map(Vec::len), Some(3), "{dry}");
    assert!(!fleet.root.join("tasks").exists(), "a dry run writes nothing");
    let said = fleet.qd(["task", "split", "TASK-7.md"]).ok();
    said.says("TASK-7-SUB3").says("11 steps in 3 parts: its steps fall into 11 sets");
    until("the whole is done when its parts are", || completed(&fleet, "TASK-7.md").exists());
    for part in ["TASK-7-SUB1.md", "TASK-7-SUB2.md", "TASK-7-SUB3.md"] {
        let text = fs::read_to_string(completed(&fleet, part)).expect("moved");
        for words in ["parent: TASK-7\n", "status: \"done", "## Objective", "## Success Criteria", "## Files to Modify"]
        {
            assert!(text.contains(words), "{words:?} is not in {text}");
        }
        assert!(text.contains("assigned_to: a\n") || text.contains("assigned_to: b\n"), "{text}");
    }
    until("the results are gathered", || completed(&fleet, "TASK-7-RESULTS.md").exists());
    let results = fs::read_to_string(completed(&fleet, "TASK-7-RESULTS.md")).expect("readable");
    assert!(results.contains("| TASK-7-SUB2 | done") && results.contains("it is in"), "{results}");
    let whole = task(&fleet, "TASK-7").expect("kept");
    assert_eq!((&whole["parts"], &whole["state"], &whole["attempt"]), (&json!([3, 3]), &json!("done"), &json!(0)));
}

#[test]
fn a_division_is_refused_where_parts_would_meet_or_nobody_could_share_it() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let same: String = (1..=6).map(|step| format!("{step}. change `src/same.rs`\n")).collect();
    fs::write(fleet.root.join("same.md"), same).expect("a file");
    fleet.qd(["task", "split", "same.md"]).code(4).says("steps 1 and 6 both change src/same.rs");
    fs::write(fleet.root.join("rare.md"), format!("---\ncapabilities: [cobol]\n---\n{}", steps(6))).expect("a file");
    fleet.qd(["task", "split", "rare.md"]).code(4).says("no agent of the fleet can take part");
    fs::write(fleet.root.join("small.md"), steps(3)).expect("a file");
    fleet.qd(["task", "split", "small.md"]).ok().says("is not divided: it has 3 steps");
    fs::write(fleet.root.join("wrong.md"), "---\nid: a b\n---\nx").expect("a file");
    fleet.qd(["task", "split", "wrong.md"]).code(2).says("line 2, column 5");
    let none = fleet.qd(["task", "split", "none.md"]).code(4);
    none.says("no task is called `none.md`").says("path of a task file in the fleet's directory");
    let by_api = fleet.ask("POST", "/tasks/split", Some(r#"{"file": "small.md"}"#)).expect(200);
    assert_eq!(by_api["parts"], json!([]), "a relative path counts from the fleet's directory: {by_api}");
    assert!(!fleet.root.join("tasks").exists());
    let many = format!("{}\n\n{}", steps(6), "implement ".repeat(250));
    fs::write(fleet.root.join("many.md"), many).expect("a file");
    fleet.qd(["task", "split", "many.md", "--strategy", "keyword", "--dry-run"]).ok().says("250 times implement");
}

#[test]
fn a_task_in_the_folder_is_divided_where_it_stands() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    drop_file(&fleet, "T.md", &steps(6));
    until("it is a task", || state(&fleet, "T") == "queued");
    fleet.qd(["task", "split", "tasks/active/T.md"]).ok();
    let whole = task(&fleet, "T").expect("there");
    assert_eq!((&whole["state"], &whole["parts"]), (&json!("held"), &json!([0, 2])));
    assert_eq!(state(&fleet, "T-SUB1"), "queued");
    assert_eq!(task(&fleet, "T-SUB2").expect("there")["locks"], json!(["src/p4.rs", "src/p5.rs", "src/p6.rs"]));
    fleet.qd(["task", "split", "T"]).code(4).says("it is divided already");
}
