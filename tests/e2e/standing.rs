//! Which fleet one stands in: within a fleet's workspace `qd` means that fleet, also from a shell that has none of its
//! variables, and starts no other one silently. `agents.toml` is committed, so every worktree has a copy of it.

use crate::harness::command::{Finished, finish};
use crate::harness::config::shell;
use crate::harness::{Fleet, eventually};
use std::fs;
use std::path::Path;
use std::process::Command;

/// `qd` with these words in this directory.
fn at(fleet: &Fleet, directory: &Path, words: &[&str]) -> Finished {
    let mut command = fleet.command(words.iter().copied());
    command.current_dir(directory);
    finish(command, b"")
}

fn idle(workspace: &str) -> String {
    shell("a", "echo up; exec sleep 1000", workspace)
}

#[test]
fn in_a_fleets_workspace_qd_means_that_fleet_and_up_starts_no_other() {
    let fleet =
        Fleet::up_in_repository(&(idle("") + &shell("d", "echo up; exec sleep 1000", "workspace = \"directory\"")));
    fleet.fact("a", "agent.ready");
    fleet.fact("d", "agent.ready");
    let inside = fleet.workspace("a");
    assert!(inside.join("agents.toml").is_file(), "the worktree has its copy");
    let within = inside.join("deep");
    fs::create_dir(&within).expect("a directory");
    for directory in [&inside, &within, &fleet.workspace("d")] {
        assert!(at(&fleet, directory, &["ps"]).ok().text().contains("a"), "{}", directory.display());
        at(&fleet, directory, &["up"]).ok().says("runs already");
        at(&fleet, directory, &["screen", "a"]).ok().says("up");
        at(&fleet, directory, &["spawn", "new", "--", "true"]).ok();
        at(&fleet, directory, &["remove", "new"]);
        at(&fleet, directory, &["run", "--headless"]).code(4).says("runs already");
        at(&fleet, directory, &["init"]).code(4).says("can't hold another fleet");
        assert!(!directory.join(".quarterdeck").exists(), "{}", directory.display());
    }
    let said = at(&fleet, &inside, &["up"]).ok();
    let root = fleet.root.display();
    assert!(said.stderr.contains(&format!("this is the workspace a of the fleet in {root}")), "{}", said.stderr);
    assert!(said.stderr.contains("--config"), "it says how the other one is meant: {}", said.stderr);
    assert_eq!(at(&fleet, &fleet.root, &["up"]).ok().stderr, "");

    // A fleet that is down is started from there, and it is the outer one.
    fleet.qd(["down"]).ok();
    at(&fleet, &inside, &["ps"]).code(3).says(&format!("no supervisor runs for {root}"));
    at(&fleet, &inside, &["up"]).ok().says("is up");
    assert_eq!(fleet.hello()["config_path"], fleet.root.join("agents.toml").display().to_string());
    assert!(!inside.join(".quarterdeck").exists());

    // Whoever names the nested one means it.
    at(&fleet, &inside, &["--config", ".", "ps"]).code(3).says(&inside.display().to_string());
}

#[test]
fn a_tasks_own_workspace_belongs_to_the_fleet_too() {
    let text = "[agents.a]\ntasks = \"argument\"\ncommand = \"sh\"\nargs = [\"-c\", \"{prompt}\"]\n\
        [coordination]\nmax_block = \"20s\"\n";
    let fleet = Fleet::up_in_repository(text);
    let line = "pwd > ../../where.new; env -i PATH=$PATH qd ps > ../../said 2>&1; echo $? >> ../../said; \
        mv ../../where.new ../../where; sleep 1000";
    fleet.qd(["task", "add", line, "--name", "job", "--workspace", "fresh"]).ok();
    let place = fleet.until_file(&fleet.root.join("where"));
    assert!(place.trim().ends_with("workspaces/task+job"), "{place}");
    let said = fs::read_to_string(fleet.root.join("said")).expect("said");
    assert!(said.contains("a ") && said.ends_with("\n0\n"), "{said}");
    at(&fleet, Path::new(place.trim()), &["task", "list"]).ok().says("job");
}

/// No variable of the fleet, nor of the session: the mark leads to the fleet, and its record to its sockets.
#[test]
fn a_shell_without_variables_finds_the_fleet_and_its_sockets() {
    let fleet = Fleet::up_in_repository(&idle(""));
    fleet.fact("a", "agent.ready");
    let inside = fleet.workspace("a");
    let bare = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(words).env_clear().env("HOME", &fleet.home).current_dir(&inside);
        finish(command, b"")
    };
    bare(&["ps"]).ok().says("a");
    bare(&["up"]).ok().says("runs already");
    let mut chosen = fleet.command(["ps"]);
    chosen.env("QD_RUNTIME_DIR", fleet.base().join("elsewhere"));
    finish(chosen, b"").code(3).says("no supervisor runs");

    // A supervisor that was killed is replaced where it listened, and keeps its agents.
    crate::harness::processes::end(fleet.supervisor());
    bare(&["up"]).ok().says("adopted 1");
    eventually("the sockets are where they were", || fleet.socket().exists().then_some(()));
    fleet.qd(["ps"]).ok().says("a");
}

/// A stash or another branch takes the file away while the fleet runs.
#[test]
fn a_fleet_that_lives_obeys_without_its_configuration() {
    let fleet = Fleet::up(&idle(""));
    fleet.fact("a", "agent.ready");
    let config = fleet.root.join("agents.toml");
    fs::rename(&config, fleet.root.join("away")).expect("moved");
    at(&fleet, &fleet.root, &["ps"]).ok().says("a ");
    at(&fleet, &fleet.root, &["stop", "a"]).ok();
    let root = fleet.root.display().to_string();
    at(&fleet, Path::new("/"), &["--config", &root, "ps"]).ok().says("a ");
    at(&fleet, &fleet.root, &["down"]).ok().says("is down");
    at(&fleet, &fleet.root, &["ps"]).code(2).says("no agents.toml");
    fs::rename(fleet.root.join("away"), &config).expect("moved back");
}
