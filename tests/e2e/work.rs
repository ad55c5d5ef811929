//! Work that is in no commit: seen where a person looks, and put onto the agent's branch.

use crate::harness::config::shell;
use crate::harness::repository::git;
use crate::harness::{Console, Fleet, eventually};
use crate::plans::{task, write};
use crate::tasks_work::{OBEDIENT, one_shot};
use serde_json::json;
use std::fs;

/// Leaves a new file and a changed one.
const LEAVES: &str = "echo new > new.txt; echo more >> README.md; echo I am ready; exec sleep 1000";

/// A fleet whose agent `a` has left two files.
fn fleet() -> Fleet {
    let fleet = Fleet::up_in_repository(&shell("a", LEAVES, ""));
    fleet.until_screen("a", "I am ready");
    fleet
}

/// What `qd` with these words says, once it says this.
fn until_says(fleet: &Fleet, words: &[&str], text: &str) -> String {
    eventually(&format!("qd {words:?} to say {text:?}"), || {
        let said = fleet.qd(words.iter().copied()).ok().text();
        said.contains(text).then_some(said)
    })
}

#[test]
fn what_an_agent_left_is_seen_committed_as_its_own_and_merged() {
    let fleet = fleet();
    until_says(&fleet, &["ps"], "2 files, not committed");
    let work = fleet.agent("a")["work"].clone();
    assert_eq!((&work["files_uncommitted"], &work["base"]), (&json!(2), &json!("main")), "{work:#}");
    let explained = fleet.qd(["explain", "a"]).ok().text();
    assert!(explained.contains("because its worktree has 2 files, not committed"), "{explained}");
    assert!(explained.contains("hint: qd commit a"), "{explained}");

    let said = fleet.qd(["commit", "a"]).ok().says("hint: git merge qd/a").text();
    assert!(said.starts_with("a: committed 2 files to qd/a (") && said.contains("): a: work in progress"), "{said}");
    let told = |format: &str| git(&fleet.root, &["log", "-1", &format!("--format={format}"), "qd/a"]);
    assert_eq!(told("%an <%ae>, %cn"), "a <a@localhost>, Test");
    assert_eq!(fleet.agent("a")["work"]["files_uncommitted"], 0);
    until_says(&fleet, &["explain", "a"], "hint: git merge qd/a   # 1 commit that main has not");
    fleet.qd(["events"]).ok().says("a: committed 2 files to qd/a");
    fleet.qd(["commit", "a"]).code(4).says("there is nothing to commit");
    fleet.qd(["commit", "--all"]).ok().says("nothing to do");

    git(&fleet.root, &["merge", "--quiet", "qd/a"]);
    assert_eq!(fs::read_to_string(fleet.root.join("new.txt")).expect("merged"), "new\n");
}

#[test]
fn who_asks_right_after_a_turn_is_told_what_that_turn_left() {
    let says = |state: &str| format!("printf '\\033]7501;state={state}:app=stand-in\\033\\\\'");
    let [idle, working, done] = ["idle", "working", "done"].map(says);
    let turn = format!("{working}; sleep 0.3; echo $line > $line.txt; {done}; echo wrote $line");
    let fleet = Fleet::up_in_repository(&shell("a", &format!("{idle}; while read line; do {turn}; done"), ""));
    fleet.fact("a", "agent.ready");
    for (count, file) in ["one", "two", "three"].into_iter().enumerate() {
        fleet.qd(["send", "a", file, "--key", "enter"]).ok();
        fleet.until_screen("a", &format!("wrote {file}"));
        fleet.qd(["wait", "a", "--until", "idle"]).ok();
        let files = if count == 0 { "1 file".to_owned() } else { format!("{} files", count + 1) };
        fleet.qd(["ps"]).ok().says(&format!("{files}, not committed"));
    }
}

#[test]
fn what_is_left_when_a_run_ends_is_known_without_anybody_asking() {
    let fleet = Fleet::up_in_repository(&shell("a", "echo new > new.txt; sleep 0.2; exit 0", "restart = \"never\""));
    fleet.fact("a", "agent.ended");
    // A dashboard asks for nothing: it is told.
    let console = Console::open(&fleet, 120, 40, "exec \"$QD\"");
    console.until("1 file, not committed");
    console.until("commit its work");
    console.send("c");
    console.until("Commit the work of a?");
    console.until("+ new.txt");
    console.send("\x15");
    (0..40).for_each(|_| console.send("\x7f"));
    console.send("Say something new\r");
    eventually("the commit", || {
        let subject = git(&fleet.root, &["log", "-1", "--format=%an: %s", "qd/a"]);
        (subject == "a: Say something new").then_some(())
    });
    console.until_true("that nothing is left", |screen| !screen.contains("1 file, not committed"));
}

#[test]
fn refusals_say_why_and_change_nothing() {
    let more = shell("shared", "exec sleep 1000", "workspace = \"shared\"")
        + &shell("plain", "exec sleep 1000", "workspace = \"directory\"");
    let agents = shell("a", LEAVES, "") + &more;
    let fleet = Fleet::up_in_repository(&format!("[coordination]\nenforce = \"deny\"\n\n{agents}"));
    fleet.until_screen("a", "I am ready");
    fleet.fact("plain", "agent.started");
    let head = git(&fleet.root, &["rev-parse", "qd/a"]);
    fleet.qd(["commit", "nobody"]).code(4).says("there is no agent called `nobody`");
    fleet.qd(["commit", "shared"]).code(4).says("it works in the repository itself");
    fleet.qd(["commit", "plain"]).code(4).says("it works in a plain directory");
    assert!(fleet.agent("shared")["work"].is_null(), "the person's own files are no agent's work");

    fleet.qd(["lock", "acquire", "README.md", "--as", "ann", "--ttl", "10m"]).ok();
    fleet.qd(["commit", "a"]).code(4).says("README.md: ann holds README.md");
    fleet.qd(["lock", "release", "README.md", "--as", "ann"]).ok();
    let workspace = fleet.workspace("a");
    git(&workspace, &["switch", "--quiet", "-c", "elsewhere"]);
    fleet.qd(["commit", "a"]).code(4).says("its worktree is on elsewhere, not on qd/a").says("commits there by hand");
    git(&workspace, &["switch", "--quiet", "qd/a"]);
    let asked = fleet.ask("POST", "/agents/a/commit", Some("{\"message\": \"x\", \"all\": true}"));
    assert_eq!(asked.expect(400)["code"], "bad_request");
    assert_eq!(git(&fleet.root, &["rev-parse", "qd/a"]), head);

    let detail = fleet.ask("GET", "/agents/a/work", None).expect(200);
    let files: Vec<&str> =
        detail["files"].as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect();
    assert_eq!((files, &detail["branch"]), (vec!["README.md", "new.txt"], &json!("qd/a")));
    fleet.qd(["commit", "--all", "-m", "All of it\n\nat once"]).ok();
    assert_eq!(git(&fleet.root, &["log", "-1", "--format=%B", "qd/a"]), "All of it\n\nat once");
}

#[test]
fn without_a_supervisor_work_is_committed_all_the_same() {
    let fleet = fleet();
    fleet.qd(["down"]).ok();
    fleet.qd(["commit", "b"]).code(4).says("there is no agent called `b`");
    let done = fleet.qd(["commit", "a", "--json"]).ok().json();
    assert_eq!((&done["files"], &done["subject"]), (&json!(2), &json!("a: work in progress")), "{done:#}");
    assert_eq!(git(&fleet.root, &["log", "-1", "--format=%an", "qd/a"]), "a");
    fleet.qd(["commit", "a"]).code(4).says("there is nothing to commit");
    fleet.qd(["commit", "--all"]).ok().says("nothing to do");
}

#[test]
fn the_end_of_a_headless_run_names_what_is_left_and_the_command() {
    let agents = shell("a", "echo new > new.txt", "restart = \"never\"") + &shell("b", "true", "restart = \"never\"");
    let fleet = Fleet::in_repository(&agents);
    let text = fleet.qd(["run", "--headless"]).ok().text();
    assert!(text.contains("completed; 1 file, not committed"), "{text}");
    assert!(
        text.contains("\n  hint: qd commit a   # 1 file, not committed\n") && !text.contains("qd commit b"),
        "{text}"
    );
    fleet.qd(["commit", "a"]).ok();
    assert_eq!(git(&fleet.root, &["show", "--name-only", "--format=", "qd/a"]), "new.txt");
    fleet.until_gone();
}

#[test]
fn a_plan_says_which_task_left_what_does_not_reach_those_that_need_it() {
    let fleet = Fleet::in_repository(&one_shot("w", OBEDIENT, ""));
    let after = task("after", "test ! -e made.txt", "workspace = \"merge\"\nneeds = [\"make\"]");
    let bad = task("bad", "echo half > half.txt; exit 3", "workspace = \"fresh\"\nneeds = [\"after\"]");
    write(&fleet, &(task("make", "echo made > made.txt", "workspace = \"agent\"") + &after + &bad));
    let text = fleet.qd(["run", "plan.toml", "--headless"]).code(6).text();
    assert!(text.contains("make   done (unverified); 1 file, not committed"), "{text}");
    assert!(text.contains("after  done (unverified)\n"), "{text}");
    assert!(text.contains("\n  hint: qd commit w   # 1 file, not committed\n"), "{text}");
    assert!(text.contains("\n  hint: git -C workspaces/task+plan.bad status   # its uncommitted work\n"), "{text}");
    fleet.until_gone();
}
