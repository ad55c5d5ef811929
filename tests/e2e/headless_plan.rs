//! The contract for continuous integration: `qd run PLAN --headless`.

use crate::harness::config::shell;
use crate::harness::{DEADLINE, Fleet, command, processes};
use crate::plans::{GATED, crew, open_gate, says, task, write};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;
use std::process::{Child, Stdio};

/// `qd run plan.toml --headless` with further words.
fn run<'w>(words: &[&'w str]) -> Vec<&'w str> {
    [&["run", "plan.toml", "--headless"], words].concat()
}

/// Starts a headless run, and waits until its gated task is at work.
fn begin(fleet: &Fleet, words: &[&str]) -> Child {
    let mut command = fleet.command(run(words));
    let output = fs::File::create(fleet.base().join("output")).expect("a file");
    command.stdin(Stdio::null()).stdout(output.try_clone().expect("a file")).stderr(output);
    let child = command.spawn().expect("a process");
    fleet.until_file(&fleet.root.join("up"));
    child
}

fn output(fleet: &Fleet) -> String {
    fs::read_to_string(fleet.base().join("output")).unwrap_or_default()
}

#[track_caller]
fn code(fleet: &Fleet, child: &mut Child) -> Option<i32> {
    let ended = crate::harness::pace::within(DEADLINE, || child.try_wait().ok().flatten());
    ended.unwrap_or_else(|| panic!("it has not ended; it said:\n{}", output(fleet))).code()
}

/// What continuous integration is told of a plan that was cut short: an error, with the time that the task has had.
#[track_caller]
fn is_red(fleet: &Fleet) {
    let junit = fs::read_to_string(fleet.root.join("reports/junit.xml")).expect("a report");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let error = document.descendants().find(|node| node.has_tag_name("error")).expect("an error");
    assert!(error.attribute("message").is_some_and(|message| message.starts_with("cut short: ")), "{junit}");
    let case = error.parent_element().expect("a case");
    assert!(case.attribute("time").is_some_and(|time| time != "0.000"), "{junit}");
    let suite = case.parent_element().expect("a suite");
    assert_ne!(suite.attribute("errors"), Some("0"), "{junit}");
}

const JUNIT: [&str; 2] = ["--junit", "reports/junit.xml"];

#[test]
fn a_plan_that_is_done_ends_with_0_and_is_told_in_every_form() {
    let fleet = Fleet::new(&crew(&["a", "b"]));
    let build = task("build", "echo made > made.txt", "outputs = [\"made.txt\"]\nverify = \"grep -q made made.txt\"");
    write(&fleet, &(build + &says("use", "needs = [\"build\"]") + &says("never", "when = \"failed(build)\"")));
    let mut command = fleet.command(run(&["--junit", "junit.xml"]));
    command.env("GITHUB_STEP_SUMMARY", fleet.root.join("summary.md"));
    let ran = command::finish(command, b"").ok();
    let text = ran.text();
    assert!(text.contains("plan plan: started") && text.contains("plan plan: completed"), "{text}");
    assert!(text.contains("1 verified, 1 unverified, 0 failed, 1 not done"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    let junit = fs::read_to_string(fleet.root.join("junit.xml")).expect("a report");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).expect("a suite");
    assert_eq!(["tests", "failures", "skipped"].map(|key| suite.attribute(key)), [Some("3"), Some("0"), Some("1")]);
    let summary = fs::read_to_string(fleet.root.join("summary.md")).expect("a summary");
    assert!(summary.starts_with("## ✅ plan plan completed") && summary.contains("| ✅ | build | "), "{summary}");
    fleet.until_gone();
}

#[test]
fn a_task_that_fails_makes_the_code_6_and_its_words_are_told() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &(task("bad", "true", "verify = \"echo 'a < b'; exit 1\"") + &says("after", "needs = [\"bad\"]")));
    let ran = fleet.qd(run(&["--junit", "junit.xml"])).code(6);
    assert!(ran.text().contains("failed (verify): a < b"), "{}", ran.text());
    let junit = fs::read_to_string(fleet.root.join("junit.xml")).expect("a report");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
    assert!(failure.attribute("message").is_some_and(|message| message == "failed (verify): a < b"), "{junit}");
    fleet.until_gone();
}

#[test]
fn lines_of_json_have_a_version_and_end_with_the_result() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &says("x", ""));
    let ran = fleet.qd(run(&["--json"])).ok();
    let lines: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["v"] == 1), "each line has its version");
    assert!(lines.iter().any(|line| line["type"] == "plan.completed" && line["data"]["plan"] == "p1"));
    let result = lines.last().expect("a line");
    assert_eq!(
        (&result["type"], &result["outcome"], &result["exit"]),
        (&"result".into(), &"completed".into(), &0.into())
    );
    assert_eq!(result["tasks"][0]["outcome"], "done (unverified)");
}

#[test]
fn a_wrong_plan_makes_the_code_2_and_starts_nothing() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &says("x", "needs = [\"nosuch\"]"));
    fleet.qd(run(&[])).code(2).says("plan.toml:4:10");
    fleet.qd(["run", "missing.toml", "--headless"]).code(2).says("missing.toml");
    fleet.qd(["run", "--headless", "--junit", "x.xml"]).code(2);
    assert_eq!(fleet.socket_directory(), None, "nothing was started");
}

#[test]
fn reports_that_cannot_be_written_are_refused_before_anything_starts() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &says("x", ""));
    fs::write(fleet.root.join("file"), "").expect("a file");
    fleet.qd(run(&["--junit", "file/junit.xml"])).code(2).says("cannot write file/junit.xml");
    fleet.qd(run(&["--junit", "."])).code(2).says("cannot write .");
    let mut command = fleet.command(run(&[]));
    command.env("GITHUB_STEP_SUMMARY", "/proc/nowhere/summary.md");
    command::finish(command, b"").code(2).says("cannot write /proc/nowhere/summary.md");
    assert_eq!(fleet.socket_directory(), None, "nothing was started");
}

/// A report of an earlier run is never taken for that of one that could not begin.
#[test]
fn a_run_that_is_refused_leaves_no_green_report() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &says("x", ""));
    fleet.qd(run(&["--junit", "junit.xml"])).ok();
    fleet.until_gone();
    fleet.qd(["up"]).ok();
    fleet.qd(run(&["--junit", "junit.xml"])).code(4);
    let junit = fs::read_to_string(fleet.root.join("junit.xml")).expect("a report");
    assert!(junit.contains("<error message=\"cut short: fleet"), "{junit}");
}

#[test]
fn as_many_failures_as_may_be_cancel_the_rest() {
    let fleet = Fleet::new(&crew(&["a"]));
    let bad = |name: &str| task(name, "exit 1", "priority = 5");
    let text = format!("fail_mode = \"continue\"\n{}{}{}", bad("one"), bad("two"), task("gated", GATED, ""));
    write(&fleet, &text);
    let ran = fleet.qd(run(&["--max-failures", "2"])).code(6);
    assert!(ran.text().contains("2 of its tasks failed"), "{}", ran.text());
    fleet.until_gone();
}

#[test]
fn time_that_is_over_makes_the_code_124_and_leaves_nothing() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &task("gated", &format!("setsid sleep 1001 & {GATED}"), ""));
    let ran = fleet.qd(run(&["--timeout", "2s", JUNIT[0], JUNIT[1]])).code(124);
    assert!(ran.text().contains("was ended (its time limit has passed)"), "{}", ran.text());
    is_red(&fleet);
    fleet.until_gone();
}

#[test]
fn signals_end_a_plan_in_good_order_with_their_codes_and_leave_nothing() {
    for (signal, expected) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 143)] {
        let fleet = Fleet::new(&crew(&["a"]));
        let line = format!("trap 'echo bye > bye; exit 0' TERM; setsid sleep 1001 & {GATED}");
        write(&fleet, &task("gated", &line, ""));
        let mut child = begin(&fleet, &JUNIT);
        processes::kill(child.id(), signal);
        assert_eq!(code(&fleet, &mut child), Some(expected), "{}", output(&fleet));
        is_red(&fleet);
        fleet.until_gone();
        assert!(fleet.root.join("bye").exists(), "it was asked to end: {}", output(&fleet));
        assert!(output(&fleet).contains("plan plan: cancelled by person: interrupted"), "{}", output(&fleet));
    }
}

#[test]
fn a_supervisor_that_dies_makes_the_code_8_and_the_same_command_goes_on_where_it_was() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(
        &fleet,
        &(says("first", "") + &task("gated", GATED, "needs = [\"first\"]").replace("attempts = 1", "attempts = 3")),
    );
    let mut child = begin(&fleet, &JUNIT);
    processes::kill(fleet.supervisor(), Signal::SIGKILL);
    assert_eq!(code(&fleet, &mut child), Some(8), "{}", output(&fleet));
    is_red(&fleet);
    fleet.until_gone();
    open_gate(&fleet);
    fleet.qd(run(&[])).ok().says("2 unverified");
    let order = fs::read_to_string(fleet.root.join("order")).unwrap_or_default();
    assert_eq!(order, "+first\n-first\n", "what was done is not done again");
}

#[test]
fn an_agent_that_waits_for_a_person_is_given_up_with_the_code_7() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &task("asks", "printf '\\a'; read answer; echo \"$answer\" > answer", ""));
    let ran = fleet.qd(run(&["--on-waiting", "fail", JUNIT[0], JUNIT[1]])).code(7);
    is_red(&fleet);
    assert!(ran.text().contains("a waits for a person"), "{}", ran.text());
    fleet.until_gone();
}

#[test]
fn an_agent_that_waits_for_a_person_can_be_told_no() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &task("asks", "printf '\\a'; read answer; echo \"<$answer>\" > answer", ""));
    fleet.qd(run(&["--on-waiting", "deny", "--deny-keys", "n,enter"])).ok();
    assert_eq!(fs::read_to_string(fleet.root.join("answer")).ok().as_deref(), Some("<n>\n"));
}

#[test]
fn an_agent_that_heeds_no_denial_is_told_no_three_times_and_given_up() {
    let fleet = Fleet::new(&crew(&["a"]));
    write(&fleet, &task("asks", "printf '\\a'; read answer", ""));
    let ran = fleet.qd(run(&["--on-waiting", "deny", "--timeout", "60s"])).code(7);
    let told = "its question was answered through `qd`: esc, by qd run --on-waiting deny";
    assert_eq!(ran.text().matches(told).count(), 3, "{}", ran.text());
}

/// Many programs ask before they take a prompt: whether to trust the directory, for a login.
#[test]
fn an_agent_that_asks_before_it_takes_its_task_is_given_up_as_well() {
    let asks = "stty raw -echo; printf 'Trust this folder? (y/n) \\a'; exec cat > /dev/null";
    let fleet = Fleet::new(&shell("a", asks, "tasks = \"type\"\nworkspace = \"shared\"\nstop_grace = \"1s\""));
    write(&fleet, &says("x", ""));
    let ran = fleet.qd(run(&["--on-waiting", "deny", "--timeout", "60s"])).code(7);
    assert_eq!(ran.text().matches("by qd run --on-waiting deny").count(), 3, "{}", ran.text());
    assert!(ran.text().contains("a waits for a person"), "{}", ran.text());
}

/// Each question of an agent that follows what it is told is another one.
#[test]
fn an_agent_that_heeds_each_denial_is_never_given_up() {
    let fleet = Fleet::new(&crew(&["a"]));
    let asks = |name: &str| task(name, "printf '\\a'; read answer; sleep 0.1; printf '\\a'; read answer", "");
    write(&fleet, &(asks("one") + &asks("two")));
    fleet.qd(run(&["--on-waiting", "deny", "--deny-keys", "n,enter", "--timeout", "60s"])).ok();
}

#[test]
fn a_plan_that_nobody_is_left_to_do_makes_the_code_7() {
    let pulls = shell("p", "true", "restart = \"never\"\ncapabilities = [\"other\"]");
    let fleet = Fleet::new(&(crew(&["a"]) + &pulls));
    write(&fleet, &(says("x", "capabilities = [\"sh\"]") + &says("y", "needs = [\"x\"]\ncapabilities = [\"other\"]")));
    let ran = fleet.qd(run(&["--timeout", "60s"])).code(7);
    assert!(ran.text().contains("no agent remains that can do plan.y"), "{}", ran.text());
}

#[test]
fn a_fleet_that_runs_is_only_joined_when_that_is_said_and_goes_on() {
    let fleet = Fleet::up(&crew(&["a"]));
    write(&fleet, &says("x", ""));
    fleet.qd(run(&[])).code(4).says("runs already");
    fleet.qd(run(&["--join"])).ok().says("plan plan: completed");
    assert_eq!(fleet.ask("GET", "/plans/plan", None).expect(200)["state"], "completed");
}
