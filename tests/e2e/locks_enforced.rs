//! Locks that are more than a courtesy: commits that are refused, writes that are seen.

use crate::harness::command::{self, Finished};
use crate::harness::config::shell;
use crate::harness::{Console, Fleet, facts, processes};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn fleet(enforce: &str, agents: &str) -> Fleet {
    Fleet::up_in_repository(&format!("[coordination]\nenforce = \"{enforce}\"\n\n{agents}"))
}

/// git in a worktree, as a person there calls it.
#[track_caller]
fn git(fleet: &Fleet, directory: &Path, words: &[&str]) -> Finished {
    let mut git = fleet.surround("git");
    git.current_dir(directory).args(words);
    command::finish(git, b"")
}

#[track_caller]
fn change(fleet: &Fleet, directory: &Path, file: &str) {
    let path = directory.join(file);
    fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
    let old = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, old + "changed\n").expect("a file");
    git(fleet, directory, &["add", "--all"]).ok();
}

#[test]
fn a_commit_that_touches_what_another_holds_is_refused_with_names() {
    let fleet = fleet("deny", &shell("builder", "exec sleep 1000", ""));
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    fleet.qd(["lock", "acquire", "src", "--as", "ann", "--ttl", "10m"]).ok();
    change(&fleet, &root, "src/lib.rs");
    let refused = git(&fleet, &root, &["commit", "-m", "mine"]).code(1);
    refused.says("src/lib.rs: ann holds src since");
    git(&fleet, &root, &["commit", "-m", "mine", "--no-verify"]).says("ann holds src");
    assert_eq!(git(&fleet, &root, &["rev-list", "--count", "HEAD"]).text(), "1\n");
    git(&fleet, &root, &["reset", "--quiet", "--hard"]).ok();
    change(&fleet, &root, "docs/new.md");
    git(&fleet, &root, &["commit", "-m", "elsewhere"]).ok();
    // The main worktree is the user's own.
    change(&fleet, &fleet.root, "src/lib.rs");
    git(&fleet, &fleet.root, &["commit", "-m", "the user's"]).ok();
    change(&fleet, &root, "src/lib.rs");
    fleet.qd(["lock", "release", "src", "--as", "ann"]).ok();
    git(&fleet, &root, &["commit", "-m", "free"]).ok();
}

/// Every way to make a commit that changes `src/lib.rs`, or to move a branch to one. `side` changes it in a commit of
/// its own, `patch` is that commit in a file, `before` is the commit before the first of the branch, which changes it
/// too.
const WAYS: [&[&str]; 12] = [
    &["merge", "--no-edit", "--no-ff", "side"],
    &["merge", "--no-edit", "--squash", "side"],
    &["pull", "--no-edit", "--no-rebase", ".", "side"],
    &["rebase", "side"],
    &["cherry-pick", "side"],
    &["revert", "--no-edit", "HEAD"],
    &["am", "patch"],
    &["reset", "--hard", "side"],
    &["update-ref", "refs/heads/qd/builder", "side"],
    &["branch", "--force", "other", "side"],
    &["checkout", "-B", "qd/builder", "side"],
    &["commit", "--no-verify", "--allow-empty", "--message", "staged", "--", "src/lib.rs"],
];

#[test]
fn no_git_operation_brings_a_change_past_the_guard() {
    let fleet = fleet("deny", &shell("builder", "exec sleep 1000", ""));
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    let run = |words: &[&str]| git(&fleet, &root, words);
    run(&["branch", "other"]).ok();
    run(&["checkout", "--quiet", "-b", "side"]).ok();
    change(&fleet, &root, "src/lib.rs");
    run(&["commit", "--quiet", "-m", "of the side"]).ok();
    fs::write(root.join("patch"), run(&["format-patch", "--stdout", "-1"]).ok().stdout).expect("a patch");
    run(&["checkout", "--quiet", "qd/builder"]).ok();
    fs::write(root.join("src/lib.rs"), "of the branch\n").expect("written");
    run(&["commit", "--quiet", "-am", "of the branch"]).ok();
    let tip = run(&["rev-parse", "HEAD"]).ok().text();
    let tip = tip.trim();
    let other = run(&["rev-parse", "other"]).ok().text();
    fleet.qd(["lock", "acquire", "src/lib.rs", "--as", "ann", "--ttl", "10m"]).ok();
    for way in WAYS {
        match way[0] {
            "commit" => change(&fleet, &root, "src/lib.rs"),
            "cherry-pick" | "am" => _ = run(&["-c", "core.hooksPath=/dev/null", "reset", "--hard", "--quiet", "other"]),
            _ => {}
        }
        let before = run(&["rev-parse", "qd/builder"]).ok().text();
        let did = run(way);
        if way.contains(&"--squash") || way[0] == "rebase" || way[0] == "merge" || way[0] == "pull" {
            // Both change the file, so that a person settles it; then the commit is asked about.
            fs::write(root.join("src/lib.rs"), "settled\n").expect("written");
            run(&["add", "src/lib.rs"]).ok();
            match way[0] {
                "rebase" => run(&["-c", "core.editor=true", "rebase", "--continue"]),
                _ => run(&["commit", "--no-verify", "-m", "settled"]),
            };
        } else {
            assert_ne!(did.code, Some(0), "{way:?} {did:?}");
            assert!(did.stderr.contains("ann holds src/lib.rs"), "{way:?} {did:?}");
        }
        assert_eq!(run(&["rev-parse", "qd/builder"]).ok().text(), before, "{way:?}");
        assert_eq!(run(&["rev-parse", "other"]).ok().text(), other, "{way:?}");
        for abort in [["rebase", "--abort"], ["am", "--abort"], ["cherry-pick", "--abort"], ["revert", "--abort"]] {
            let _there_is_none = run(&abort);
        }
        run(&["-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "--force", "qd/builder"]).ok();
        run(&["-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", tip]).ok();
    }
}

#[test]
fn a_commit_that_passed_the_guard_by_is_seen_and_told() {
    let fleet = fleet("deny", &shell("builder", "exec sleep 1000", ""));
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    let past = |words: &[&str]| git(&fleet, &root, &[&["-c", "core.hooksPath=/dev/null"], words].concat()).ok();
    let told = || -> Vec<String> {
        let history = fleet.history();
        let notices = history.iter().filter(|fact| fact["type"] == "system.commit_unguarded");
        notices.map(|fact| fact["message"].as_str().unwrap_or_default().to_owned()).collect()
    };
    // What others hold comes by what is integrated: nobody's change, past the guard as well.
    change(&fleet, &fleet.root, "src/lib.rs");
    git(&fleet, &fleet.root, &["commit", "-m", "the user's"]).ok();
    fleet.qd(["lock", "acquire", "src", "--as", "ann", "--ttl", "10m"]).ok();
    past(&["merge", "--quiet", "main"]);
    change(&fleet, &root, "docs/new.md");
    git(&fleet, &root, &["commit", "-m", "asked about"]).ok();
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["commit", "-m", "refused"]).code(1);
    past(&["commit", "--quiet", "-m", "past the guard"]);
    let commit = git(&fleet, &root, &["rev-parse", "HEAD"]).ok().text();
    let violated = fleet.facts(0).first("a fact as of a write", |fact| fact["type"] == "lock.violated");
    assert_eq!(violated["agent"], "builder", "{violated}");
    let message = violated["message"].as_str().unwrap_or_default();
    assert!(message.contains("builder wrote src/lib.rs, and ann holds src"), "{message}");
    let words = format!(
        "builder: commit {} on its branch bypassed the commit guard and changes src/lib.rs, which ann holds",
        &commit[..8]
    );
    let told = told();
    assert!(told.len() == 1 && told[0].starts_with(&words), "{told:?}, not {words}");
}

#[test]
fn a_commit_past_the_guard_in_the_workspace_of_a_task_is_seen_too() {
    let fleet = fleet("deny", "[agents.a]\nshell = '''eval \"$1\"'''\ntasks = \"argument\"\n");
    fleet.qd(["lock", "acquire", "src", "--as", "ann", "--ttl", "10m"]).ok();
    let seen = fleet.base().join("seen");
    // The first may come before its branch is known.
    let commits = format!(
        "mkdir -p src; until [ -e {} ]; do echo x >> src/new.rs; git add -A; git -c core.hooksPath=/dev/null commit -qm past; sleep 0.1; done",
        seen.display()
    );
    fleet.qd(["task", "add", &commits, "--name", "x", "--workspace", "fresh"]).ok();
    let violated = fleet.facts(0).first("a fact as of a write", |fact| fact["type"] == "lock.violated");
    assert_eq!(violated["agent"], "a", "{violated}");
    fs::write(seen, "").expect("a file");
    crate::tasks::until(&fleet, "x", "done");
}

#[test]
fn what_is_integrated_may_be_merged_and_what_was_committed_before_may_be_rebased() {
    let fleet = fleet("deny", &shell("builder", "exec sleep 1000", ""));
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    let run = |words: &[&str]| git(&fleet, &root, words);
    change(&fleet, &root, "docs/held.md");
    run(&["commit", "--quiet", "-m", "before the lock"]).ok();
    fleet.qd(["lock", "acquire", "src", "docs", "--as", "ann", "--ttl", "10m"]).ok();
    // The user has taken ann's work into the main working tree.
    change(&fleet, &fleet.root, "src/lib.rs");
    git(&fleet, &fleet.root, &["commit", "--quiet", "-m", "ann's"]).ok();
    let main = git(&fleet, &fleet.root, &["branch", "--show-current"]).ok().text();
    run(&["rebase", main.trim()]).ok();
    run(&["commit", "--quiet", "--amend", "-m", "another message"]).ok();
    change(&fleet, &fleet.root, "src/lib.rs");
    git(&fleet, &fleet.root, &["commit", "--quiet", "-m", "ann's too"]).ok();
    run(&["merge", "--quiet", "--no-edit", main.trim()]).ok();
    run(&["checkout", "--quiet", "--detach", main.trim()]).ok();
    run(&["checkout", "--quiet", "-b", "new"]).ok();
    run(&["checkout", "--quiet", "qd/builder"]).ok();
    run(&["branch", "--delete", "--force", "new"]).ok();
}

#[test]
fn an_agent_may_commit_what_it_holds_itself_and_nobody_else_may() {
    let line = "cd \"$QD_WORKSPACE\"; qd lock acquire src; echo more >>src/lib.rs; git commit -qam mine; echo own $?; \
        while [ ! -e go ]; do sleep 0.05; done; echo more >>README.md; git add README.md; git commit -qm theirs; echo other $?; \
        exec sleep 1000";
    let fleet = fleet("deny", &shell("builder", line, ""));
    fleet.until_screen("builder", "own 0");
    fleet.qd(["lock", "acquire", "README.md", "--as", "ann", "--ttl", "10m"]).ok();
    let root = fleet.workspace("builder");
    fs::write(root.join("go"), "").expect("a file");
    let screen = fleet.until_screen("builder", "other 1");
    assert!(screen.contains("ann holds README.md"), "{screen}");
    // A person in the agent's worktree is taken for the agent: what it holds is no obstacle.
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["reset", "-q", "README.md", "go"]).ok();
    git(&fleet, &root, &["commit", "-qm", "for the agent"]).ok();
}

#[test]
fn a_warning_lets_the_commit_pass_and_so_does_a_supervisor_that_is_gone() {
    let fleet = fleet("warn", &shell("builder", "exec sleep 1000", ""));
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    fleet.qd(["lock", "acquire", ".", "--as", "ann", "--ttl", "10m"]).ok();
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["commit", "-m", "warned"]).ok().says("warning").says("ann holds .");
    processes::end(fleet.supervisor());
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["commit", "-m", "alone"]).ok().says("the commit is allowed");
}

#[test]
fn the_guard_comes_and_goes_with_the_configuration() {
    let agents = shell("builder", "exec sleep 1000", "");
    let fleet = fleet("off", &agents);
    fleet.fact("builder", "agent.started");
    let root = fleet.workspace("builder");
    fleet.qd(["lock", "acquire", "src", "--as", "ann", "--ttl", "10m"]).ok();
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["commit", "-m", "off"]).ok();
    let since = fleet.newest();
    fleet.configure(&format!(
        "[fleet]\nname = \"fleet\"\nstop_grace = \"2s\"\n[coordination]\nenforce = \"deny\"\n\n{agents}"
    ));
    fleet.facts(since).first("the new configuration", |fact| fact["type"] == "system.config_applied");
    fleet.qd(["restart", "builder"]).ok();
    change(&fleet, &root, "src/lib.rs");
    git(&fleet, &root, &["commit", "-m", "on"]).code(1).says("ann holds src");
    let since = fleet.newest();
    fleet.configure(&agents);
    fleet.facts(since).first("the old configuration", |fact| fact["type"] == "system.config_applied");
    // The hook is still there, and what it asks says that nothing is enforced.
    git(&fleet, &root, &["commit", "-m", "off again"]).ok();
}

/// What was seen of writes into what others hold.
#[track_caller]
fn violation(fleet: &Fleet, since: u64, path: &str) -> Value {
    let fits = |fact: &Value| fact["type"] == "lock.violated" && fact["data"]["path"] == path;
    fleet.facts(since).first(&format!("a write into {path}"), fits)
}

/// An agent that writes into `src/lib.rs` once there is a file `go`, and again once there is a file `again`.
fn intruder() -> String {
    let line = "for each in go again; do until [ -e $each ]; do sleep 0.05; done; exec 3>>src/lib.rs; \
        echo intruded >&3; done; exec sleep 1000";
    shell("writer", line, "workspace = \"shared\"")
}

#[test]
fn a_write_into_what_another_holds_is_recorded_with_who_what_and_which_lease() {
    let holder = shell("holder", "qd lock acquire src; exec sleep 1000", "workspace = \"shared\"");
    let fleet = fleet("deny", &(holder + &intruder()));
    let granted = fleet.fact("holder", "lock.granted");
    fleet.fact("writer", "agent.started");
    let before = fs::read_to_string(fleet.root.join("src/lib.rs")).expect("a file");
    let kept = fleet.root.join(".quarterdeck/kept/l1/src/lib.rs");
    crate::harness::eventually("the file as it was to be kept", || kept.exists().then_some(()));
    fs::write(fleet.root.join("go"), "").expect("a file");
    let violated = violation(&fleet, facts::seq(&granted), "src/lib.rs");
    let run = fleet.agent("writer")["run"].clone();
    assert_eq!((&violated["agent"], &violated["run"]), (&"writer".into(), &run), "{violated}");
    assert_eq!(
        (&violated["data"]["lease"], &violated["data"]["scope"]),
        (&1.into(), &serde_json::json!({"path": "src"}))
    );
    assert_eq!(violated["message"], "writer wrote src/lib.rs, and holder holds src");
    assert_eq!(violated["data"]["evidence"], "seen", "it still has the file open");
    let kept = fleet.facts(0).first("both versions", |fact| fact["type"] == "lock.conflict_kept");
    let place = kept["message"].as_str().and_then(|text| text.rsplit_once(" in ")).expect("a place").1;
    let read = |version: &str| fs::read_to_string(Path::new(place).join(version).join("src/lib.rs")).expect("a file");
    assert_eq!((read("before"), read("after")), (before.clone(), before.clone() + "intruded\n"));
    let id = Path::new(place).file_name().and_then(|name| name.to_str()).expect("an id");
    fleet.qd(["lock", "conflict", "list"]).ok().says(id).says("src/lib.rs");
    fleet.qd(["lock", "conflict", "show", id]).ok().says("+intruded");
    fleet
        .qd(["lock", "conflict", "take", id, "before", "docs"])
        .code(4)
        .says("docs is not one of its files: src/lib.rs");
    fleet.qd(["lock", "conflict", "take", id, "before", "src/lib.rs"]).ok().says("taken: src/lib.rs");
    let taken = fleet.facts(0).first("that it was taken", |fact| fact["type"] == "lock.conflict_taken");
    assert_eq!(
        taken["message"],
        format!("src/lib.rs is as its holder wrote it: a person took that version of conflict {id}")
    );
    assert_eq!(fs::read_to_string(fleet.root.join("src/lib.rs")).expect("a file"), before);
    assert_eq!((read("before"), read("after")), (before.clone(), before + "intruded\n"), "both stay kept");
    fleet.qd(["lock", "conflict", "take", "1-l1", "after"]).code(4).says("no conflict is called `1-l1`");
    assert_eq!(fleet.ask("GET", "/locks", None).expect(200)["statistics"]["violations"], 1);
}

#[test]
fn a_holders_own_writes_are_nobodys_concern_and_those_of_others_are_told_as_far_as_known() {
    let line = "qd lock acquire src; mkdir src/deep; echo own >src/own; echo own >src/deep/own; sleep 0.2; \
        mv src/own src/named; sleep 0.2; rm src/named; sleep 0.2; : >src/deep/own; echo done >outside; exec sleep 1000";
    let fleet = fleet("warn", &shell("holder", line, "workspace = \"shared\""));
    fleet.until_file(&fleet.root.join("outside"));
    // A person writes; the holder has written nothing since.
    let since = fleet.newest();
    crate::harness::eventually("a write of a person to be told from the holder's", || {
        let mut file =
            fs::File::options().append(true).create(true).open(fleet.root.join("src/theirs")).expect("a file");
        std::io::Write::write_all(&mut file, b"theirs\n").expect("written");
        fleet.history().into_iter().find(|fact| fact["type"] == "lock.violated")
    });
    let told = violation(&fleet, since, "src/theirs");
    assert_eq!(told["message"], "someone outside the fleet wrote src/theirs, and holder holds src");
    let blamed = fleet.history().into_iter().filter(|fact| fact["type"] == "lock.violated");
    let blamed: Vec<Value> = blamed.filter(|fact| fact["data"]["path"] != "src/theirs").collect();
    assert_eq!(blamed, [] as [Value; 0], "the holder's own writes");
}

/// A holder that asks for its scope when it sees `go`, and then only prints.
fn printing_holder() -> String {
    let line =
        "until [ -e go ]; do sleep 0.02; done; qd lock acquire src; echo held; echo '  and more'; exec sleep 1000";
    shell("holder", line, "workspace = \"shared\"")
}

/// Also by an agent that ends at once, and though the holder prints; at once after the grant, soon, and later.
#[test]
fn the_first_write_into_what_another_holds_is_seen() {
    for after in ["0", "0.3", "3"] {
        let line = format!(
            "until qd lock list | grep -q src; do sleep 0.02; done; sleep {after}; echo intruded >> src/lib.rs"
        );
        let writer = shell("writer", &line, "workspace = \"shared\"\nrestart = \"never\"");
        let fleet = fleet("warn", &(printing_holder() + &writer));
        fleet.fact("writer", "agent.started");
        fs::write(fleet.root.join("go"), "").expect("a file");
        let violated = violation(&fleet, 0, "src/lib.rs");
        assert_eq!(violated["message"], "writer may have written src/lib.rs, and holder holds src", "after {after} s");
    }
}

/// What is removed counts no byte that was written.
#[test]
fn a_file_that_another_agent_removes_is_seen() {
    let line = "until qd lock list | grep -q src; do sleep 0.02; done; sleep 0.3; rm src/lib.rs; exec sleep 1000";
    let fleet = fleet("warn", &(printing_holder() + &shell("writer", line, "workspace = \"shared\"")));
    fleet.fact("writer", "agent.started");
    fs::write(fleet.root.join("go"), "").expect("a file");
    let violated = violation(&fleet, 0, "src/lib.rs");
    assert_eq!(violated["message"], "writer may have written src/lib.rs, and holder holds src");
}

/// Of the holder it is known that what it wrote since came out of its terminal.
#[test]
fn a_persons_first_write_into_what_an_agent_holds_is_seen() {
    let fleet = fleet("warn", &printing_holder());
    fleet.fact("holder", "agent.started");
    fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.fact("holder", "lock.granted");
    // Which takes two samples of what agents use: meanwhile the grant is taken in.
    fleet.qd(["ps"]).ok().says("holder");
    fs::write(fleet.root.join("src/lib.rs"), "a person's\n").expect("a file");
    let violated = violation(&fleet, 0, "src/lib.rs");
    assert_eq!(violated["message"], "someone outside the fleet wrote src/lib.rs, and holder holds src", "{violated}");
}

#[test]
fn a_version_of_a_conflict_is_seen_and_taken_in_the_dashboard() {
    let holder = shell("holder", "qd lock acquire src; exec sleep 1000", "workspace = \"shared\"");
    let fleet = fleet("deny", &(holder + &intruder()));
    fleet.fact("holder", "lock.granted");
    fleet.fact("writer", "agent.started");
    let file = fleet.root.join("src/lib.rs");
    let before = fs::read_to_string(&file).expect("a file");
    let kept = fleet.root.join(".quarterdeck/kept/l1/src/lib.rs");
    crate::harness::eventually("the file as it was to be kept", || kept.exists().then_some(()));
    fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.facts(0).first("both versions", |fact| fact["type"] == "lock.conflict_kept");
    let console = Console::open(&fleet, 120, 30, "exec \"$QD\"");
    console.until("holder");
    console.send("4");
    console.until("Conflicts 1");
    // The lock, then the conflict.
    console.send("\x1b[B");
    console.until("versions");
    console.send("\r");
    console.until("+ intruded");
    console.send("b");
    console.until("b again");
    console.answer("b");
    console.until("before is taken");
    assert_eq!(fs::read_to_string(&file).expect("a file"), before);
    // What a person takes is no write into what another holds; what comes after it is.
    let since = fleet.newest();
    fs::write(fleet.root.join("again"), "").expect("a file");
    let intruded = before.clone() + "intruded\n";
    let is_next = |fact: &Value| {
        let place = fact["message"].as_str().and_then(|text| text.rsplit_once(" in ")).map_or("", |(_, place)| place);
        let after = fs::read_to_string(Path::new(place).join("after/src/lib.rs"));
        fact["type"] == "lock.conflict_kept" && after.is_ok_and(|text| text == intruded)
    };
    fleet.facts(since).first("the next write", is_next);
    let listed = fleet.qd(["lock", "conflict", "list"]).ok().text();
    assert_eq!(listed.matches("src/lib.rs").count(), 2, "{listed}");
}
