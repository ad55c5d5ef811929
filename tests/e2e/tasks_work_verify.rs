//! The verification of a task: its word beside the agent's, its limits, and that nothing of it is left.

use crate::harness::{Fleet, eventually, processes};
use crate::tasks_work::{OBEDIENT, one_shot};
use serde_json::json;

/// Processes of a verification.
fn errands(fleet: &Fleet) -> usize {
    let all = fleet.processes();
    all.iter().filter(|process| process.line.contains("__errand") || process.line.contains("sleep 98")).count()
}

#[test]
fn what_verify_says_is_apart_from_what_the_agent_says() {
    let fleet = Fleet::up(&one_shot("a", OBEDIENT, ""));
    let passed = fleet.done(json!({ "prompt": "echo 42 > answer", "verify": "cat answer; grep -q 42 answer" }));
    assert_eq!((&passed["verified"], &passed["verify_output"]), (&json!("verified"), &json!("42\n")), "{passed:#}");
    let refuted = fleet.fails(json!({ "prompt": "echo 41 > answer", "verify": "grep 42 answer || exit 7" }));
    assert_eq!(refuted["verified"], "refuted", "{refuted:#}");
    assert_eq!(refuted["verify_output"], "verify ended with exit code 7");
    let failed = fleet.fails(json!({ "prompt": "exit 1", "verify": "touch verified" }));
    assert_eq!(failed["verified"], json!(null), "{failed:#}");
    assert!(!fleet.workspace("a").join("verified").exists(), "what its agent failed at is not verified");
}

#[test]
fn a_verification_that_hangs_is_killed_with_all_that_it_started() {
    let agents = one_shot("a", OBEDIENT, "");
    let fleet = Fleet::up(&format!("[fleet]\nname = \"fleet\"\n[tasks]\nverify_timeout = \"500ms\"\n{agents}"));
    let verify = "trap '' TERM; echo waiting; setsid sleep 987 & sleep 988";
    let late = fleet.fails(json!({ "prompt": "true", "verify": verify }));
    assert_eq!(late["verify_output"], "waiting\nverify took longer than 500ms and was killed", "{late:#}");
    assert_eq!(errands(&fleet), 0);
}

#[test]
fn a_verification_ends_with_a_cancel_and_with_its_supervisor() {
    let fleet = Fleet::up(&one_shot("a", OBEDIENT, ""));
    let verify = "setsid sleep 987 & sleep 988";
    let task = fleet.add_task(json!({ "prompt": "true", "verify": verify }));
    eventually("the verification", || (errands(&fleet) >= 3).then_some(()));
    fleet.ask("POST", &format!("/tasks/{task}/cancel"), Some("{}"));
    assert_eq!(fleet.until_task_ended(&task)["state"], "cancelled");
    eventually("its end", || (errands(&fleet) == 0).then_some(()));

    fleet.add_task(json!({ "prompt": "true", "verify": verify }));
    eventually("the verification", || (errands(&fleet) >= 3).then_some(()));
    processes::end(fleet.supervisor());
    eventually("its end", || (errands(&fleet) == 0).then_some(()));
}

#[test]
fn a_verification_runs_where_the_task_worked_and_its_workspace_stays_if_it_fails() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let verify = "test $(basename $PWD) = task+bad && test $QD_TASK = t1 && git log -1 --format=%s && exit 1";
    let refuted = fleet.fails(json!({ "prompt": "echo x > x", "name": "bad", "workspace": "fresh", "verify": verify }));
    let said = refuted["verify_output"].as_str().expect("words");
    assert_eq!(said, "bad: uncommitted work of its agent\nverify ended with exit code 1");
    assert!(fleet.root.join("workspaces/task+bad/x").exists());
}
