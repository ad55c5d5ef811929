//! Tasks that agents ask for: shell scripts that work off the queue, and what happens to them.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Works off the queue, a line in `log` for each task.
const WORKS: &str = r#"while t=$(qd task claim --wait --json); do
    name=$(printf %s "$t" | sed -n 's/^  "name": "\(.*\)",$/\1/p'); echo "$QD_AGENT $name" >> log; qd task done -m "by $QD_AGENT"
done; exec sleep 1000"#;

/// An agent that works in the fleet's own directory.
fn agent(name: &str, line: &str) -> String {
    shell(name, line, "workspace = \"shared\"")
}

/// A task as it is now.
#[track_caller]
fn task(fleet: &Fleet, name: &str) -> Value {
    fleet.qd(["task", "show", name, "--json"]).ok().json()
}

#[track_caller]
pub(crate) fn until(fleet: &Fleet, name: &str, state: &str) -> Value {
    eventually(&format!("{name} to be {state}"), || Some(task(fleet, name)).filter(|task| task["state"] == state))
}

#[test]
fn a_shell_loop_works_off_the_queue_in_order() {
    let fleet = Fleet::up(&agent("worker", WORKS));
    for (name, more) in [("build", &[][..]), ("test", &["--needs", "build"]), ("urgent", &["--priority", "5"])] {
        let words = ["task", "add", "do it", "--name", name].into_iter().chain(more.iter().copied());
        fleet.qd(words).ok();
    }
    fleet.qd(["task", "watch", "test", "--timeout", "30s"]).ok();
    let done = until(&fleet, "urgent", "done");
    assert_eq!((&done["summary"], &done["result"]), (&"done (unverified)".into(), &"by worker".into()), "{done}");
    let log = fs::read_to_string(fleet.root.join("log")).expect("a file");
    assert_eq!(log.lines().collect::<BTreeSet<_>>().len(), 3, "each once: {log}");
    assert!(log.find("build") < log.find("test"), "{log}");
    assert_eq!(fleet.history_of("worker", "task.done").len(), 3, "the facts are its own");
}

#[test]
fn twenty_agents_ask_and_each_task_has_one_winner() {
    let names: Vec<String> = (0..20).map(|at| format!("a{at:02}")).collect();
    let line = "qd task claim --wait --json > claim-$QD_AGENT; echo >> claim-$QD_AGENT; exec sleep 1000";
    let fleet = Fleet::up(&names.iter().map(|name| agent(name, line)).collect::<String>());
    eventually("all to ask", || {
        let asked = fleet.history().iter().filter(|fact| fact["type"] == "task.claim_waits").count();
        (asked == 20).then_some(())
    });
    for at in 0..20 {
        fleet.qd(["task", "add", "do it", "--name", &format!("job{at}")]).ok();
    }
    let given: BTreeSet<String> = names
        .iter()
        .map(|name| {
            let claim: Value =
                serde_json::from_str(&fleet.until_file(&fleet.root.join(format!("claim-{name}")))).expect("a task");
            assert_eq!(claim["agent"], name.as_str());
            claim["name"].as_str().expect("a name").to_owned()
        })
        .collect();
    assert_eq!(given.len(), 20, "each task once: {given:?}");
}

#[test]
fn an_agent_that_is_killed_at_work_leaves_its_task_to_be_done_again() {
    let line = "qd task claim --wait --json; until [ -e go ]; do sleep 0.05; done; qd task done; exec sleep 1000";
    let fleet = Fleet::up(&agent("worker", line));
    fleet.qd(["task", "add", "do it", "--name", "job"]).ok();
    until(&fleet, "job", "running");
    processes::kill(fleet.pid("worker"), Signal::SIGKILL);
    let fact = fleet.fact("worker", "task.requeued");
    assert!(fact["message"].as_str().is_some_and(|message| message.contains("SIGKILL")), "{fact}");
    fs::write(fleet.root.join("go"), "").expect("a file");
    let done = until(&fleet, "job", "done");
    assert_eq!(done["attempt"], 2, "{done}");
}

#[test]
fn a_supervisor_that_is_killed_is_asked_again() {
    let line = "qd task claim --wait --json > claim; echo >> claim; exec sleep 1000";
    let fleet = Fleet::up(&agent("worker", line));
    fleet.fact("worker", "task.claim_waits");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    fleet.qd(["task", "add", "do it", "--name", "job"]).ok();
    let claim: Value = serde_json::from_str(&fleet.until_file(&fleet.root.join("claim"))).expect("a task");
    assert_eq!(claim["name"], "job");
}

#[test]
fn a_claimer_that_goes_away_gets_nothing() {
    let line = "timeout 0.3 qd task claim --wait; echo gone > gone; exec sleep 1000";
    let fleet = Fleet::up(&agent("worker", line));
    fleet.until_file(&fleet.root.join("gone"));
    fleet.fact("worker", "task.claim_ended");
    fleet.qd(["task", "add", "do it", "--name", "job"]).ok();
    assert_eq!(task(&fleet, "job")["state"], "queued");
    fleet.qd(["task", "show", "job"]).ok().says("does not ask");
}

#[test]
fn failed_cancelled_and_retried() {
    let line = "qd task claim --wait --json; qd task progress 40 -m half; \
        qd task fail -m 'no compiler'; until [ -e go ]; do sleep 0.05; done; qd task claim --wait; exec sleep 1000";
    let fleet = Fleet::up(&agent("worker", line));
    fleet.qd(["task", "add", "do it", "--name", "job", "--attempts", "1"]).ok();
    fleet.qd(["task", "watch", "job", "--timeout", "30s"]).code(6);
    let failed = task(&fleet, "job");
    assert_eq!((&failed["reason"], &failed["progress_percent"]), (&"no compiler".into(), &40.into()), "{failed}");
    fleet.qd(["task", "retry", "job"]).ok().says("queued");
    fs::write(fleet.root.join("go"), "").expect("a file");
    until(&fleet, "job", "running");
    fleet.qd(["task", "cancel", "job", "--reason", "not now"]).ok().says("cancelled: not now");
    let cancelled = fleet.history().into_iter().find(|fact| fact["type"] == "task.cancelled").expect("a fact");
    assert_eq!(cancelled["data"]["by"], serde_json::json!({"outside": "person"}), "{cancelled}");
    assert_eq!(cancelled["message"], "job is cancelled by person: not now");
    fleet.qd(["task", "cancel", "job"]).code(4).says("has ended");
    fleet.qd(["task", "show", "nothing"]).code(4).says("no task is called");
    fleet.qd(["task", "claim"]).code(4).says("does not come from an agent's run");
}

/// No run begins for it, so none is waited for.
#[test]
fn starting_an_agent_that_its_tasks_start_comes_back() {
    let fleet = Fleet::up("[agents.a]\ncommand = \"sh\"\nargs = [\"-c\", \"{prompt}\"]\ntasks = \"argument\"\n");
    fleet.qd(["start", "a"]).ok().says("a works on tasks");
    fleet.qd(["task", "add", "echo done by it", "--name", "one"]).ok();
    fleet.qd(["task", "watch", "one", "--timeout", "60s"]).ok();
    // What it printed is its result.
    assert_eq!(fleet.ask("GET", "/tasks/one", None).expect(200)["result"], "done by it");
}

#[test]
fn single_tasks_of_the_list_are_found_by_their_numbers() {
    let fleet = Fleet::up(&agent("worker", "exec sleep 1000"));
    for name in ["one", "two", "three"] {
        fleet.qd(["task", "add", "do it", "--name", name]).ok();
    }
    let listed = |query: &str| fleet.ask("GET", &format!("/tasks?{query}"), None);
    let names = |query: &str| {
        let tasks = listed(query).expect(200);
        let names = tasks.as_array().into_iter().flatten().map(|task| task["name"].as_str().unwrap_or_default());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("ids=t3,t1,t99,t3"), "one three", "each once, in order, and no task that is not kept");
    assert_eq!(names("ids=t1,t2&state=done"), "", "with the other filters");
    let many = vec!["t1"; 101].join(",");
    for wrong in ["ids=", "ids=one", "ids=1", "ids=t1,,t2", &format!("ids={many}")] {
        assert_eq!(listed(wrong).expect(400)["code"], "bad_request", "{wrong}");
    }
}
