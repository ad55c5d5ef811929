//! The dashboard's tabs in a real terminal, on what really happens: locks, tasks, a plan, messages.

use crate::harness::config::shell;
use crate::harness::{Console, Fleet};
use crate::plans::{GATED, crew, open_gate, says, task, write};

/// Writes a text into a dialog and sends it off.
const SUBMIT: &[u8] = b"\x13";

fn acquire(fleet: &Fleet, holder: &str, scope: &str) {
    fleet.qd(["lock", "acquire", scope, "--as", holder, "--ttl", "10m"]).ok();
}

/// A line of the screen with all of these words in it.
#[track_caller]
fn until_line(console: &Console, words: &[&str]) -> String {
    console.until_true(&format!("a line with {words:?}"), |screen| {
        screen.lines().any(|line| words.iter().all(|word| line.contains(word)))
    })
}

#[test]
fn a_lock_is_seen_when_it_is_taken_and_is_taken_away_with_a_reason() {
    let fleet = Fleet::up(&shell("alpha", "exec sleep 1000", ""));
    acquire(&fleet, "ann", "src/parser");
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    console.until("alpha");
    console.send("4");
    until_line(&console, &["ann", "src/parser", "token"]);
    // What comes later is seen without a key.
    acquire(&fleet, "bob", "docs");
    until_line(&console, &["bob", "docs"]);
    console.send("f");
    console.until("Reason");
    console.send(SUBMIT);
    console.until("a reason is needed");
    console.send("it hangs\r");
    console.until("Ctrl-s takes it");
    console.send(SUBMIT);
    console.until_true("the lock of ann gone", |screen| screen.contains("Held 1") && !screen.contains("src/parser"));
    fleet.qd(["lock", "history"]).ok().says("by force by person: it hangs");
}

#[test]
fn an_agent_that_waits_for_a_lock_says_for_what_and_who_has_it() {
    let line = "echo up; qd lock acquire src --wait 5m; echo got it; exec sleep 1000";
    let fleet = Fleet::new(&shell("alpha", line, "autostart = false"));
    fleet.qd(["up"]).ok();
    acquire(&fleet, "ann", "src");
    fleet.qd(["start", "alpha"]).ok();
    let console = Console::open(&fleet, 120, 30, "exec \"$QD\"");
    until_line(&console, &["⧗ alpha"]);
    console.until("src ← ");
    fleet.qd(["lock", "release", "src", "--as", "ann"]).ok();
    console.until_true("it goes on", |screen| screen.contains("got it") && !screen.contains("blocked"));
}

#[test]
fn a_task_is_written_in_the_editor_and_followed_to_its_end() {
    let fleet = Fleet::up(&crew(&["ann"]));
    let console = Console::open(&fleet, 120, 40, "exec \"$QD\"");
    console.until("ann");
    console.send("2");
    console.until("No tasks yet");
    console.send("n");
    console.until("New task");
    // A paste of several lines, then a line of one's own.
    console.send(b"\x1b[200~echo one >> out\necho two >> out\x1b[201~");
    console.until("echo two >> out");
    console.send(b"\recho three >> out");
    console.send(SUBMIT);
    until_line(&console, &["Done 1"]);
    let out = std::fs::read_to_string(fleet.root.join("out")).expect("what the task wrote");
    assert_eq!(out, "one\ntwo\nthree\n");
    console.send("\r");
    until_line(&console, &["History"]);
}

#[test]
fn a_held_task_says_why_and_is_cancelled_after_asking() {
    let fleet = Fleet::up(&crew(&["ann"]));
    fleet.add_task(serde_json::json!({ "name": "paint", "prompt": "true", "required_capabilities": ["art"] }));
    let console = Console::open(&fleet, 120, 40, "exec \"$QD\"");
    console.until("ann");
    console.send("2");
    until_line(&console, &["Held 1"]);
    console.send("e");
    console.until_true("what it lacks", |screen| screen.contains("Why is paint") && screen.contains("art"));
    console.send("\x1b");
    console.until_true("the list again", |screen| !screen.contains("Why is paint"));
    console.send("c");
    console.until("Cancel paint?");
    console.answer("y");
    fleet.until_task_ended("paint");
    until_line(&console, &["Failed 1"]);
}

#[test]
fn a_plan_is_drawn_and_its_states_change_as_they_do() {
    let fleet = Fleet::up(&crew(&["ann", "bob"]));
    write(
        &fleet,
        &(task("build", GATED, "")
            + &says("test", "needs = [\"build\"]")
            + &says("lint", "needs = [\"build\"]")
            + &says("ship", "needs = [\"test\", \"lint\"]")),
    );
    fleet.qd(["plan", "start", "plan.toml"]).ok();
    let console = Console::open(&fleet, 120, 40, "exec \"$QD\"");
    console.until("ann");
    console.send("3");
    let screen = console.until_true("the graph, its first node running", |screen| {
        screen.contains("● build ╌") && screen.contains("▸○ ship")
            || screen.contains("▸‖ ship") && screen.contains("● build")
    });
    assert!(screen.contains('╭') && screen.contains("test") && screen.contains("lint"), "{screen}");
    console.send("p");
    console.until("Pause ");
    console.send("p");
    until_line(&console, &["‖", "paused"]);
    console.send("p");
    console.until_true("resumed", |screen| !screen.contains("paused"));
    open_gate(&fleet);
    console.until_true("all of it done", |screen| {
        ["✓ build ─", "✓ test ─", "✓ lint ─", "▸✓ ship"].iter().all(|node| screen.contains(node))
    });
}

#[test]
fn a_message_is_written_to_one_agent_and_its_delivery_is_seen() {
    let line = "until [ -e go ]; do sleep 0.05; done; qd msg inbox; exec sleep 1000";
    let fleet = Fleet::up(&shell("alpha", line, "workspace = \"shared\""));
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    console.until("alpha");
    console.send("5");
    console.until("No messages yet");
    console.send("n");
    console.until("Topic");
    console.send("look at main\ta");
    until_line(&console, &["‹ alpha ›"]);
    console.send(SUBMIT);
    until_line(&console, &["○", "→ alpha", "look at main"]);
    // Whether it arrived is for the agent to say: it reads its inbox.
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    console.until_true("it is delivered", |screen| {
        screen.lines().any(|line| !line.contains('○') && line.contains("→ alpha") && line.contains("look at main"))
    });
}
