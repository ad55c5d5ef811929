//! Programs that their provider bars: no login, no quota. Neither spends attempts, restarts or a person's patience.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually};
use crate::plans::{says, task, write};
use crate::tasks::until;
use std::fs;

const NO_LOGIN: &str = "echo 'Invalid API key · Please run /login'; echo run >> runs; exit 1";
const NO_QUOTA: &str = "echo run >> runs; echo 'You have hit your usage limit. Try again in 2 hours.'; exit 1";

/// Agents as those of [`crate::plans::crew`], whose program has a provider.
fn crew(names: &[&str]) -> String {
    crate::plans::crew(names).replace("tasks = ", "kind = \"agent\"\ntasks = ")
}

/// A program that takes prompts and answers each one, that it has no quota, until there is a file `paid`.
const INTERACTIVE: &str = r#"printf '\033[?2004h> '
while IFS= read -r line; do
  if [ -e paid ]; then
    for tick in 1 2 3 4 5; do printf 'working %s\n' "$tick"; sleep 0.1; done
  else
    printf "\n■ WORDS\n"; echo prompt >> prompts
  fi
  printf '> '
done"#;

fn interactive(words: &str) -> String {
    let more = "tasks = \"type\"\ndone_when = \"idle\"\nkind = \"agent\"\nready = { pattern = \"> \" }\nworkspace = \"shared\"";
    shell("a", &INTERACTIVE.replace("WORDS", words), more)
}

#[test]
fn without_a_login_a_task_fails_at_once_a_person_is_needed_and_every_report_says_so() {
    let fleet = Fleet::new(&crew(&["a"]));
    let plan = format!("fail_mode = \"continue\"\n{}{}", task("x", NO_LOGIN, "priority = 5"), says("y", ""));
    write(&fleet, &plan.replace("attempts = 1", "attempts = 3"));
    let ran = fleet.qd(["run", "plan.toml", "--headless", "--junit", "junit.xml", "--timeout", "60s"]).code(7);
    let words = "login: exit 1: Invalid API key · Please run /login";
    assert!(ran.text().contains(&format!("plan.x failed: {words}")), "{}", ran.text());
    assert!(ran.text().contains("gave up: a person must log in"), "{}", ran.text());
    assert!(ran.text().contains("no agent remains that can do plan.y"), "{}", ran.text());
    let junit = fs::read_to_string(fleet.root.join("junit.xml")).expect("a report");
    assert!(junit.contains(&format!("<failure message=\"failed: {words}\"")), "{junit}");
    assert_eq!(fs::read_to_string(fleet.root.join("runs")).ok().as_deref(), Some("run\n"), "one attempt");
}

#[test]
fn who_has_logged_in_starts_the_agent_and_what_waited_goes_on() {
    let fleet = Fleet::up(&crew(&["a"]));
    fleet.qd(["task", "add", &format!("[ -e key ] || {{ {NO_LOGIN}; }}"), "--name", "x"]).ok();
    until(&fleet, "x", "failed");
    fleet.qd(["task", "add", "true", "--name", "y"]).ok();
    fleet.qd(["task", "show", "x"]).ok().says("log in with the program of a, then `qd start a`, then `qd task retry");
    fleet.qd(["task", "show", "y"]).ok().says("a takes no tasks until a person has logged in");
    fleet.qd(["explain", "a"]).ok().says("gave up: a person must log in");
    assert_eq!(fleet.agent("a")["attention"], "needs_you");
    fs::write(fleet.root.join("key"), "").expect("a file");
    fleet.qd(["start", "a"]).ok();
    fleet.qd(["task", "retry", "x"]).ok();
    until(&fleet, "x", "done");
    until(&fleet, "y", "done");
}

#[test]
fn a_quota_is_waited_for_and_no_attempt_is_spent() {
    let fleet = Fleet::up(&crew(&["a"]));
    fleet.qd(["task", "add", &format!("[ -e paid ] || {{ {NO_QUOTA}; }}"), "--name", "x"]).ok();
    until(&fleet, "x", "held");
    let words = "quota: exit 1: You have hit your usage limit. Try again in 2 hours.";
    fleet.qd(["task", "list"]).ok().says(&format!("waits before the next attempt: {words}"));
    fleet.qd(["task", "show", "x"]).ok().says("x is tried again in 119 min");
    fleet.qd(["explain", "a"]).ok().says("a waits 119 min for its quota");
    assert_eq!(fleet.agent("a")["summary"], format!("waits for its quota ({words})"));
    assert_eq!(fs::read_to_string(fleet.root.join("runs")).ok().as_deref(), Some("run\n"), "one attempt");
    fs::write(fleet.root.join("paid"), "").expect("a file");
    fleet.qd(["start", "a"]).ok();
    fleet.qd(["task", "retry", "x"]).ok();
    until(&fleet, "x", "done");
}

#[test]
fn an_agent_that_restarts_waits_for_its_quota_too() {
    let fleet = Fleet::up(&shell("loops", NO_QUOTA, "restart = \"always\"\nworkspace = \"shared\"\nkind = \"agent\""));
    eventually("it to wait", || (fleet.agent("loops")["state"] == "backoff").then_some(()));
    fleet.qd(["explain", "loops"]).ok().says("loops waits 119 min for its quota");
    assert_eq!(fs::read_to_string(fleet.root.join("runs")).ok().as_deref(), Some("run\n"));
}

#[test]
fn what_a_plain_command_prints_last_bars_nobody() {
    let fleet = Fleet::up(&crate::plans::crew(&["a"]));
    fleet.qd(["task", "add", "echo 'curl: 401 Unauthorized'; echo run >> runs; exit 1", "--name", "x"]).ok();
    let failed = until(&fleet, "x", "failed");
    assert_eq!(failed["barred"], serde_json::Value::Null, "{failed:#}");
    let runs = fs::read_to_string(fleet.root.join("runs")).expect("it ran");
    assert!(runs.lines().count() > 1, "it is tried again as any other: {runs}");
    assert_ne!(fleet.agent("a")["state"], "gave_up");
}

#[test]
fn a_turn_that_ends_for_want_of_quota_gives_its_task_back_until_there_is_some() {
    let fleet = Fleet::up(&interactive("You have hit your usage limit. Try again in 2 hours."));
    fleet.qd(["task", "add", "sort the list", "--name", "x"]).ok();
    let words = "quota: ■ You have hit your usage limit. Try again in 2 hours.";
    // History and reason are two requests: between them the task may be given back.
    eventually("the task to wait", || {
        let shown = fleet.qd(["task", "show", "x"]).ok().text();
        (shown.contains("a waits for its quota") && shown.contains(words)).then_some(())
    });
    assert_eq!(fleet.agent("a")["state"], "ready", "its program goes on");
    assert_eq!(fs::read_to_string(fleet.root.join("prompts")).ok().as_deref(), Some("prompt\n"), "typed once");
    fs::write(fleet.root.join("paid"), "").expect("a file");
    fleet.qd(["start", "a"]).ok();
    until(&fleet, "x", "done");
}

#[test]
fn a_turn_that_ends_for_want_of_a_login_waits_for_a_person() {
    let fleet = Fleet::up(&interactive("Not logged in. Please run /login"));
    fleet.qd(["task", "add", "sort the list", "--name", "x"]).ok();
    eventually("the task to wait", || {
        let shown = fleet.qd(["task", "show", "x"]).ok().text();
        shown.contains("takes no tasks until a person has logged in").then_some(())
    });
    assert_eq!(fleet.agent("a")["attention"], "needs_you");
    fs::write(fleet.root.join("paid"), "").expect("a file");
    fleet.qd(["send", "a", "/login", "--key", "enter", "--answer"]).ok();
    until(&fleet, "x", "done");
}
