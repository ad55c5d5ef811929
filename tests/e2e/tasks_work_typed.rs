//! Tasks that are typed into the terminal of an agent that runs: when it is idle, never into a question.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually};
use serde_json::json;
use std::fs;

/// A little interactive program: reads lines, works a moment on each, and writes each to a file. A line that begins
/// with `ask` makes it ask a person and take the next line for the answer.
const PROGRAM: &str = r#"printf '\033[?2004h> '
while IFS= read -r line; do
  line=$(printf '%s' "$line" | sed 's/\x1b\[20[01]~//g')
  case "$line" in
    ask*) printf '\033]2;Action Required\007really? '; IFS= read -r answer; printf '%s\n' "$answer" | sed 's/\x1b\[20[01]~//g' > answer
          printf '\033]2;idle\007';;
    "") ;;
    *) for tick in 1 2 3 4 5; do printf 'working %s\n' "$tick"; sleep 0.1; done; printf '%s\n' "$line" >> lines;;
  esac
  printf '> '
done"#;

fn typed(more: &str) -> String {
    shell("a", PROGRAM, &format!("tasks = \"type\"\nready = {{ pattern = \"> \" }}\n{more}"))
}

#[test]
fn a_task_is_typed_when_its_agent_is_idle_and_over_when_it_is_idle_again() {
    let fleet = Fleet::up(&typed("done_when = \"idle\""));
    let task = fleet.done(json!({ "prompt": "sort the list" }));
    assert_eq!((&task["verified"], &task["attempt"]), (&json!("unverified"), &json!(1)), "{task:#}");
    let verified = json!({ "prompt": "once more", "verify": "grep -q 'once more' lines" });
    assert_eq!(fleet.done(verified)["verified"], "verified");
    let lines = fs::read_to_string(fleet.workspace("a").join("lines")).expect("a file");
    assert_eq!(lines, "sort the list\nonce more\n", "each prompt once, each a line of its own");
}

#[test]
fn nothing_is_typed_into_a_question() {
    let fleet = Fleet::up(&typed("done_when = \"idle\""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["send", "a", "ask me", "--key", "enter"]).ok();
    fleet.until_screen("a", "really?");
    eventually("that the program asks a person something", || (fleet.agent("a")["status"] == "waiting").then_some(()));
    let task = fleet.add_task(json!({ "prompt": "dangerous yes" }));
    fleet.qd(["send", "a", "no", "--key", "enter"]).code(4).says("asks a person something");
    fleet.qd(["send", "a", "no", "--key", "enter", "--answer"]).ok();
    let ended = fleet.until_task_ended(&task);
    assert_eq!(ended["state"], "done", "{ended:#}");
    let workspace = fleet.workspace("a");
    assert_eq!(fs::read_to_string(workspace.join("answer")).expect("a file"), "no\n", "a person has answered");
    assert_eq!(fs::read_to_string(workspace.join("lines")).expect("a file"), "dangerous yes\n");
}

#[test]
fn nothing_is_typed_into_the_line_that_a_person_has_begun() {
    let reads = "stty -echo; echo up; while read -r line; do echo \"got $line\"; done";
    let fleet = Fleet::up(&(typed("done_when = \"idle\"") + &shell("clock", reads, "")));
    fleet.fact("a", "agent.ready");
    fleet.until_screen("clock", "up");
    fleet.qd(["send", "a", "half of "]).ok();
    let task = fleet.add_task(json!({ "prompt": "another thing" }));
    fleet.qd(["msg", "send", "a", "a third thing", "--terminal"]).ok();
    // What is typed to another agent later shows that these had their time.
    fleet.qd(["msg", "send", "clock", "tick", "--terminal"]).ok();
    fleet.until_screen("clock", "tick");
    fleet.qd(["send", "a", "a sentence", "--key", "enter"]).ok();
    assert_eq!(fleet.until_task_ended(&task)["state"], "done");
    let lines = fs::read_to_string(fleet.workspace("a").join("lines")).expect("a file");
    assert!(lines.starts_with("half of a sentence\n"), "{lines}");
    assert!(lines.contains("\nanother thing\n"), "{lines}");
}

#[test]
fn an_agent_is_told_how_to_say_that_it_is_done() {
    let fleet = Fleet::up(&typed(""));
    let task = fleet.add_task(json!({ "prompt": "think" }));
    fleet.until_screen("a", "qd task done t1");
    eventually("that it has its prompt", || (fleet.task(&task)["state"] == "running").then_some(()));
    fleet.ask("POST", &format!("/tasks/{task}/done"), Some("{}"));
    assert_eq!(fleet.until_task_ended(&task)["state"], "done");
}

#[test]
fn a_task_with_a_workspace_of_its_own_says_where_that_is() {
    let fleet = Fleet::up_in_repository(&typed("done_when = \"idle\""));
    let task = fleet.done(json!({ "prompt": "look", "name": "look", "workspace": "fresh" }));
    let lines = fs::read_to_string(fleet.root.join("workspaces/a/lines")).expect("a file");
    assert_eq!(lines, format!("look\nWork in {}.\n", fleet.root.join("workspaces/task+look").display()), "{task:#}");
}

#[test]
fn a_task_whose_agent_says_nothing_asks_and_does_not_hide_that_the_agent_is_idle() {
    let fleet = Fleet::up(&typed(""));
    let task = fleet.add_task(json!({ "prompt": "say nothing" }));
    let asked = fleet.fact("a", "task.asks");
    assert!(
        asked["message"].as_str().is_some_and(|words| words.contains("has not reported the end of its task")),
        "{asked}"
    );
    let agent = fleet.agent("a");
    assert_eq!((&agent["status"], &agent["attention"]), (&json!("idle"), &json!("needs_you")), "{agent:#}");
    assert_eq!(agent["summary"], "idle: t1 not reported as done");
    fleet.qd(["explain", "a"]).ok().says("t1 has not reported the end of its task").says("qd task done t1");
    fleet.qd(["task", "done", &task]).ok();
    assert_eq!(fleet.until_task_ended(&task)["state"], "done");
}

#[test]
fn what_was_typed_is_not_typed_again_after_down_and_up() {
    let fleet = Fleet::up(&typed(""));
    let over = fleet.add_task(json!({ "prompt": "the turn has ended" }));
    fleet.fact("a", "task.asks");
    fleet.qd(["down"]).ok();
    fleet.until_gone();
    fleet.qd(["up"]).ok();
    assert_eq!(fleet.until_task_ended(&over)["state"], "done", "its turn was over");
    let lines = fleet.workspace("a").join("lines");
    let under_way = fleet.add_task(json!({ "prompt": "go on for long" }));
    eventually("that it has its prompt", || (fleet.task(&under_way)["state"] == "running").then_some(()));
    fleet.qd(["stop", "a"]).ok();
    let ended = fleet.until_task_ended(&under_way);
    assert_eq!(ended["state"], "failed", "{ended:#}");
    fleet.qd(["start", "a"]).ok();
    fleet.fact_after(fleet.newest().saturating_sub(1), "a", "agent.ready");
    assert_eq!(fs::read_to_string(lines).expect("a file").matches("the turn has ended").count(), 1, "typed once");
}
