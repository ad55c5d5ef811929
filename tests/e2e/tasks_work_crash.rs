//! A supervisor that is killed while it lays ready, types, collects or verifies: the next one is asked the same again,
//! and nothing happens twice that must not.

use crate::harness::config::shell;
use crate::harness::repository::{agent_branches, git, worktrees};
use crate::harness::{Fleet, eventually, processes};
use crate::tasks_work::{OBEDIENT, one_shot};
use serde_json::json;
use std::fs;

/// Kills the supervisor and starts the next.
fn killed(fleet: &Fleet) {
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
}

#[test]
fn killed_while_it_works_the_attempt_goes_on() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let work = "echo begun >> begun; while ! test -e go; do sleep 0.05; done; echo x > x";
    let task = fleet.add_task(json!({ "prompt": work, "name": "long", "workspace": "fresh", "outputs": ["begun"] }));
    let workspace = fleet.root.join("workspaces/task+long");
    eventually("its beginning", || workspace.join("begun").exists().then_some(()));
    killed(&fleet);
    fs::write(workspace.join("go"), "").expect("a file");
    let ended = fleet.until_task_ended(&task);
    assert_eq!((&ended["state"], &ended["attempt"]), (&json!("done"), &json!(1)), "{ended:#}");
    let begun = fs::read_to_string(fleet.drawer("t1").join("out/begun")).expect("collected");
    assert_eq!(begun, "begun\n", "it began once");
}

#[test]
fn killed_while_it_verifies_it_verifies_again_and_commits_once() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let log = fleet.root.join("verified.secret");
    let verify = format!("echo begun >> {0}; test $(wc -l < {0}) = 2 || sleep 987", log.display());
    let task = json!({ "prompt": "echo x > x", "name": "v", "workspace": "fresh", "verify": verify, "outputs": ["x"] });
    let task = fleet.add_task(task);
    fleet.until_file(&log);
    killed(&fleet);
    let ended = fleet.until_task_ended(&task);
    assert_eq!((&ended["verified"], &ended["attempt"]), (&json!("verified"), &json!(1)), "{ended:#}");
    let subjects = git(&fleet.root, &["log", "--format=%s", "main..qd/task+v"]);
    assert_eq!(subjects, "v: uncommitted work of its agent", "it is committed once");
    assert_eq!(fs::read_to_string(&log).expect("a file"), "begun\nbegun\n", "of the first nothing is left");
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
}

#[test]
fn killed_while_it_types_it_does_not_type_again() {
    let program = "while IFS= read -r line; do printf '%s\\n' \"$line\" >> lines; done";
    let fleet = Fleet::up(&shell("a", program, "tasks = \"type\"\nready = { delay = \"10ms\" }\ndone_when = \"idle\""));
    fleet.fact("a", "agent.ready");
    let task = fleet.add_task(json!({ "prompt": "only once", "attempts": 1 }));
    let attempt = fleet.drawer("t1").join("a1");
    eventually("the typing", || attempt.join("typing").exists().then_some(()));
    let typed = attempt.join("typed").exists();
    killed(&fleet);
    let ended = fleet.until_task_ended(&task);
    match typed {
        false => assert!(ended["reason"].as_str().expect("why").contains("killed while it typed"), "{ended:#}"),
        true => assert_eq!(ended["state"], "done", "{ended:#}"),
    }
    let lines = fs::read_to_string(fleet.workspace("a").join("lines")).unwrap_or_default();
    assert!(lines.matches("only once").count() <= 1, "{lines}");
}

#[test]
fn killed_after_it_typed_it_still_sees_the_end_of_the_turn() {
    let program = "while IFS= read -r line; do while ! test -e go; do printf .; sleep 0.2; done; printf '%s\\n' \"$line\" >> lines; done";
    let fleet = Fleet::up(&shell("a", program, "tasks = \"type\"\nready = { delay = \"10ms\" }\ndone_when = \"idle\""));
    let task = fleet.add_task(json!({ "prompt": "slowly" }));
    eventually("that it runs", || (fleet.task(&task)["state"] == "running").then_some(()));
    killed(&fleet);
    assert_eq!(fleet.task(&task)["state"], "running");
    fs::write(fleet.workspace("a").join("go"), "").expect("a file");
    assert_eq!(fleet.until_task_ended(&task)["state"], "done");
    let lines = fs::read_to_string(fleet.workspace("a").join("lines")).expect("a file");
    assert_eq!(lines, "slowly\n");
}

#[test]
fn killed_at_any_moment_every_task_is_done_once() {
    let fleet = Fleet::up_in_repository(&one_shot("w", OBEDIENT, "count = 2"));
    let mut last: Option<String> = None;
    let tasks: Vec<String> = (0..6)
        .map(|number| {
            let work = format!("echo x > {number}.txt");
            let needs: Vec<&String> = last.iter().collect();
            let task = json!({
                "prompt": work, "name": format!("n{number}"), "workspace": "merge", "needs": needs,
                "outputs": [format!("{number}.txt")], "verify": format!("test -e {number}.txt"),
            });
            last.insert(fleet.add_task(task)).clone()
        })
        .collect();
    // Each round a little later in the life of whatever is under way then.
    for round in 0..6 {
        let before = fleet.newest();
        eventually("something to happen", || (fleet.newest() > before + round).then_some(()));
        killed(&fleet);
    }
    for task in &tasks {
        let ended = fleet.until_task_ended(task);
        assert_eq!((&ended["state"], &ended["verified"]), (&json!("done"), &json!("verified")), "{ended:#}");
    }
    let files = git(&fleet.root, &["ls-tree", "--name-only", "qd/task+n5"]);
    (0..6).for_each(|number| assert!(files.contains(&format!("{number}.txt")), "{files}"));
    for number in 0..6 {
        let subject = format!("n{number}: uncommitted work of its agent");
        let log = git(&fleet.root, &["log", "--format=%s", "qd/task+n5"]);
        assert_eq!(log.lines().filter(|line| **line == subject).count(), 1, "{log}");
    }
    assert!(agent_branches(&fleet.root).len() >= 6);
}
