//! Plans: tasks of real shells, through success, failure, conditions, lists, pauses, cancellation and a dead
//! supervisor.

use crate::harness::{Fleet, eventually, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;

/// Agents of which each runs what it is told to, in the fleet's own directory.
pub(crate) fn crew(names: &[&str]) -> String {
    let one = |name: &&str| {
        let keys = "tasks = \"argument\"\nworkspace = \"shared\"\ncapabilities = [\"sh\"]\nstop_grace = \"5s\"";
        format!("[agents.{name}]\nshell = '''eval \"$1\"'''\n{keys}\n\n")
    };
    names.iter().map(one).collect()
}

/// A task of a plan: a line for the shell, and further keys.
pub(crate) fn task(name: &str, line: &str, more: &str) -> String {
    assert!(!line.contains("'''"), "the line is written as a literal string");
    format!("[tasks.{name}]\nprompt = '''{line}'''\nattempts = 1\n{more}\n\n")
}

/// A task that says in `order` when it begins and when it ends.
pub(crate) fn says(name: &str, more: &str) -> String {
    task(name, &format!("echo +{name} >> order; echo -{name} >> order"), more)
}

pub(crate) fn write(fleet: &Fleet, text: &str) {
    fs::write(fleet.root.join("plan.toml"), text).expect("a file");
}

/// A task that waits for a file and then ends well.
pub(crate) const GATED: &str = "echo up >> up; until [ -e gate ]; do sleep 0.05; done; echo through >> through";

pub(crate) fn open_gate(fleet: &Fleet) {
    fs::write(fleet.root.join("gate"), "").expect("a file");
}

fn order(fleet: &Fleet) -> Vec<String> {
    let text = fs::read_to_string(fleet.root.join("order")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A plan as the control plane shows it.
#[track_caller]
fn shown(fleet: &Fleet, plan: &str) -> Value {
    fleet.ask("GET", &format!("/plans/{plan}"), None).expect(200)
}

/// The states of a plan's nodes, as `build=done`; `-` for one that was never made.
#[track_caller]
fn states(fleet: &Fleet, plan: &str) -> Vec<String> {
    let detail = shown(fleet, plan);
    let one = |node: &Value| {
        let state = node["task"]["state"].as_str().unwrap_or("-");
        format!("{}={state}", node["name"].as_str().unwrap_or("?"))
    };
    detail["nodes"].as_array().into_iter().flatten().map(one).collect()
}

#[test]
fn a_plan_file_is_checked_without_a_supervisor() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &(says("x", "needs = [\"y\"]") + &says("y", "needs = [\"x\"]\nagent = \"b\"")));
    let wrong = fleet.qd(["plan", "validate", "plan.toml"]).code(2);
    assert!(wrong.stderr.contains("the tasks need each other in a circle: x → y → x"), "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("plan.toml:9:10") && wrong.stderr.contains("which is not an agent"),
        "{}",
        wrong.stderr
    );
    let found = fleet.qd(["plan", "validate", "plan.toml", "--json"]).code(2).json();
    assert_eq!((found["valid"].as_bool(), found["mistakes"].as_array().map(Vec::len)), (Some(false), Some(2)));
    write(&fleet, &(says("x", "") + &says("y", "needs = [\"x\"]")));
    fleet.qd(["plan", "validate", "plan.toml"]).ok().says("plan plan is valid: 2 tasks, 1 need, 2 layers");
    fleet.qd(["plan", "graph", "plan.toml"]).ok().says("· y");
    fleet.qd(["plan", "status"]).code(3);
    assert_eq!(fleet.socket_directory(), None, "nothing was started");
}

#[test]
fn a_plan_runs_in_the_order_of_its_needs_and_carries_outputs_on() {
    let fleet = Fleet::up(&crew(&["a", "b"]));
    let build = task(
        "build",
        "echo +build >> order; echo made > made.txt; echo -build >> order",
        "outputs = [\"made.txt\"]\nverify = \"grep made made.txt\"",
    );
    let use_it = task("use", "echo '{{ build.outputs }}' > told; echo +use >> order", "needs = [\"build\"]");
    let each = task(
        "each",
        "echo '{{ item }}' > got-{{ item }}",
        "for_each = [\"x\", \"y\"]\nneeds = [\"use\"]\ncapabilities = [\"sh\"]",
    );
    write(&fleet, &(build + &use_it + &each + &says("last", "needs = [\"each\"]")));
    fleet.qd(["plan", "start", "plan.toml", "--wait"]).ok().says("plan plan (p1) is completed: 5 of 5 done");
    assert_eq!(order(&fleet), ["+build", "-build", "+use", "+last", "-last"]);
    assert_eq!(fs::read_to_string(fleet.root.join("told")).ok().as_deref(), Some("made.txt\n"));
    assert!(fleet.root.join("got-x").exists() && fleet.root.join("got-y").exists());
    let detail = shown(&fleet, "plan");
    assert_eq!(detail["nodes"][0]["task"]["summary"], "done (verified)");
    assert_eq!(detail["edges"].as_array().map(Vec::len), Some(5), "{detail}");
    assert_eq!(states(&fleet, "p1"), ["build=done", "use=done", "each[1]=done", "each[2]=done", "last=done"]);
    fleet.qd(["plan", "status"]).ok().says("completed");
    fleet.qd(["plan", "status", "plan"]).ok().says("each[2]");
    fleet.qd(["plan", "graph", "p1"]).ok().says("✓ build");
    fleet.qd(["plan", "graph", "--format", "mermaid"]).ok().says("flowchart TD");
    fleet.qd(["plan", "graph", "--format", "dot"]).ok().says("digraph \"plan\"");
    fleet.qd(["plan", "explain"]).ok().says("plan plan (p1) is completed");
    let plan_facts =
        |fact: &Value| fact["type"].as_str().and_then(|kind| kind.strip_prefix("plan.")).map(str::to_owned);
    let told: Vec<String> =
        fleet.history().iter().filter_map(plan_facts).filter(|kind| kind != "tasks_added").collect();
    assert_eq!(told, ["drafted", "validating", "validated", "ready", "started", "expanded", "completed"]);
}

#[test]
fn each_fail_mode_does_what_it_says() {
    let fleet = Fleet::up(&crew(&["a"]));
    let text = task("bad", "exit 3", "priority = 9")
        + &says("after", "needs = [\"bad\"]")
        + &says("other", "")
        + &says("fix", "when = \"failed(bad)\"")
        + &says("tidy", "when = \"settled(after)\"");
    write(&fleet, &text);
    let run = |mode: &str| {
        let _ = fs::remove_file(fleet.root.join("order"));
        fleet.qd(["plan", "start", "plan.toml", "--wait", "--fail-mode", mode]).code(6).says("1 task failed");
        (states(&fleet, "plan"), order(&fleet))
    };
    let (stop, did) = run("stop");
    assert!(stop.contains(&"other=cancelled".to_owned()) && stop.contains(&"fix=done".to_owned()), "{stop:?}");
    assert_eq!(did, ["+fix", "-fix"]);
    let (skip, did) = run("skip-dependents");
    assert!(skip.contains(&"after=cancelled".to_owned()) && skip.contains(&"tidy=done".to_owned()), "{skip:?}");
    assert_eq!(did.len(), 6);
    let (go_on, did) = run("continue");
    assert!(go_on.contains(&"after=-".to_owned()) && go_on.contains(&"tidy=-".to_owned()), "{go_on:?}");
    assert!(go_on.contains(&"other=done".to_owned()) && did.contains(&"+fix".to_owned()), "{go_on:?} {did:?}");
    fleet
        .qd(["plan", "explain", "plan"])
        .ok()
        .says("after is held back, because bad failed")
        .says("bad failed: its agent ended: exit 3");
}

#[test]
fn a_list_is_told_by_what_a_task_left() {
    let fleet = Fleet::up(&crew(&["a", "b"]));
    let list = task("list", "for at in 1 2 3; do echo $at > part-$at.txt; done", "outputs = [\"part-*.txt\"]");
    let each = task("each", "cat {{ item }} >> order", "for_each = \"{{ list.outputs }}\"");
    write(&fleet, &(list + &each + &task("sum", "sort order | tr -d '\\n' > sum", "needs = [\"each\"]")));
    fleet.qd(["plan", "start", "plan.toml", "--wait"]).ok();
    assert_eq!(fs::read_to_string(fleet.root.join("sum")).ok().as_deref(), Some("123"));
    assert_eq!(states(&fleet, "plan").len(), 5);
}

#[test]
fn what_an_agent_said_is_told_to_those_that_need_it_and_its_lines_become_tasks() {
    let fleet = Fleet::up(&crew(&["a"]));
    let list = task("list", "printf 'x y\\nz\\n' | qd task done --message -", "");
    let each = task("each", "echo \"<{{ item }}>\" >> order", "for_each = \"{{ list.result }}\"");
    let bad = task("bad", "qd task fail --message 'the disk is full'; exit 1", "needs = [\"each\"]");
    let fix = task("fix", "echo '{{ bad.result }}' >> order", "when = \"failed(bad)\"");
    write(&fleet, &(list + &each + &bad + &fix));
    fleet.qd(["plan", "start", "plan.toml", "--wait"]).code(6);
    assert_eq!(order(&fleet), ["<x y>", "<z>", "the disk is full"]);
}

#[test]
fn the_next_supervisor_goes_on_with_the_plan_where_it_was() {
    let fleet = Fleet::up(&crew(&["a"]));
    write(
        &fleet,
        &(says("first", "") + &task("gated", GATED, "needs = [\"first\"]") + &says("last", "needs = [\"gated\"]")),
    );
    fleet.qd(["plan", "start", "plan.toml"]).ok();
    fleet.until_file(&fleet.root.join("up"));
    processes::kill(fleet.supervisor(), Signal::SIGKILL);
    fleet.qd(["up"]).ok();
    assert_eq!(shown(&fleet, "plan")["state"], "running");
    open_gate(&fleet);
    eventually("the end of the plan", || (shown(&fleet, "plan")["state"] == "completed").then_some(()));
    assert_eq!(order(&fleet), ["+first", "-first", "+last", "-last"], "nothing is done twice");
    assert_eq!(fs::read_to_string(fleet.root.join("through")).ok().as_deref(), Some("through\n"));
}

#[test]
fn a_cancelled_plan_stops_what_works_on_it() {
    let fleet = Fleet::up(&crew(&["a"]));
    write(&fleet, &(task("gated", GATED, "") + &says("last", "needs = [\"gated\"]")));
    fleet.qd(["plan", "start", "plan.toml"]).ok();
    fleet.until_file(&fleet.root.join("up"));
    fleet.qd(["plan", "cancel"]).ok().says("cancelled");
    fleet.fact("a", "agent.ended");
    eventually("its tasks' ends", || (states(&fleet, "plan") == ["gated=cancelled", "last=cancelled"]).then_some(()));
    fleet.qd(["plan", "cancel", "plan"]).code(4).says("it is cancelled");
    fleet.qd(["plan", "cancel", "nosuch"]).code(4).says("no plan is called");
}

#[test]
fn a_paused_plan_assigns_nothing_and_can_freeze_what_runs() {
    let fleet = Fleet::up(&crew(&["a", "b"]));
    write(&fleet, &(task("gated", GATED, "") + &says("last", "needs = [\"gated\"]")));
    fleet.qd(["plan", "start", "plan.toml"]).ok();
    fleet.until_file(&fleet.root.join("up"));
    let worker = shown(&fleet, "plan")["nodes"][0]["task"]["agent"].as_str().unwrap_or_default().to_owned();
    fleet.qd(["plan", "pause", "--freeze"]).ok().says("(paused)");
    fleet.fact(&worker, "agent.paused");
    open_gate(&fleet);
    fleet.qd(["plan", "explain"]).ok().says("qd plan resume plan");
    assert!(!fleet.root.join("through").exists());
    fleet.qd(["plan", "resume"]).ok();
    eventually("the end of the plan", || (shown(&fleet, "plan")["state"] == "completed").then_some(()));
    assert_eq!(order(&fleet), ["+last", "-last"]);
}

#[test]
fn the_plan_in_agents_toml_needs_no_file() {
    let plan = "[plan.tasks.x]\nprompt = \"echo done > done\"\n";
    let fleet = Fleet::up(&(crew(&["a"]) + plan));
    fleet.qd(["plan", "start", "--wait"]).ok().says("plan fleet (p1) is completed");
    assert!(fleet.root.join("done").exists());
    let found = fleet.ask("POST", "/plans/validate", Some("{}")).expect(200);
    assert_eq!((&found["valid"], &found["tasks"]), (&Value::Bool(true), &Value::from(1)));
    let wrong =
        fleet.ask("POST", "/plans", Some(r#"{"content":"[tasks.a]\nprompt = 'x'\nneeds = ['b']\n"}"#)).expect(400);
    assert_eq!(wrong["code"], "invalid_plan");
    assert!(wrong["why"].as_str().is_some_and(|why| why.contains("names `b`")), "{wrong}");
}
