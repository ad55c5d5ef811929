//! Where agents work: worktrees and directories, made whole or not at all, and removed only with proof.

use crate::harness::config::shell;
use crate::harness::repository::{agent_branches, commit, git, worktrees};
use crate::harness::{Fleet, eventually, processes};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// Writes a word and stays.
const STAYS: &str = "pwd; exec sleep 1000";

#[test]
fn each_agent_works_in_a_worktree_of_its_own_on_a_branch_of_its_own() {
    let line = "echo work > result; git add result; git commit --quiet --message 'Work of '$QD_AGENT; echo done; exec sleep 1000";
    let fleet = Fleet::up_in_repository(&shell("w", line, "count = 3"));
    for number in 1..=3 {
        let name = format!("w-{number}");
        fleet.until_screen(&name, "done");
        let agent = fleet.agent(&name);
        assert_eq!(agent["branch"], format!("qd/{name}"), "{agent}");
        let workspace = fleet.workspace(&name);
        assert_eq!(workspace, fleet.root.join("workspaces").join(&name));
        assert_eq!(fs::metadata(&workspace).expect("a directory").permissions().mode() & 0o777, 0o700);
        let subject = git(&fleet.root, &["log", "-1", "--format=%s", &format!("qd/{name}")]);
        assert_eq!(subject, format!("Work of {name}"));
    }
    assert_eq!(agent_branches(&fleet.root), ["qd/w-1", "qd/w-2", "qd/w-3"]);
    assert_eq!(git(&fleet.root, &["status", "--porcelain", "--", "src", "README.md"]), "");
}

#[test]
fn twenty_worktrees_at_once_all_come_about() {
    let fleet = Fleet::up_in_repository(&shell("w", "echo up; exec sleep 1000", "count = 20"));
    for number in 1..=20 {
        fleet.fact(&format!("w-{number}"), "agent.ready");
    }
    assert_eq!(agent_branches(&fleet.root).len(), 20);
    assert_eq!(worktrees(&fleet.root).len(), 20);
}

#[test]
fn a_worktree_that_cannot_be_made_leaves_nothing_behind() {
    let fleet = Fleet::in_repository(&shell("a", STAYS, "base = \"no-such-branch\"\nrestart = \"never\""));
    fleet.qd(["up"]).ok();
    let ended = fleet.fact("a", "agent.ended");
    let reason = fleet.agent("a")["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("no-such-branch"), "{reason:?} ({ended})");
    assert_eq!(agent_branches(&fleet.root), [] as [&str; 0]);
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    assert!(!fleet.root.join("workspaces/a").exists());
}

/// Makes git run a hook in each new worktree, which says that it runs and never ends.
fn hang_checkout(fleet: &Fleet) {
    let hook = fleet.root.join(".git/hooks/post-checkout");
    let says = fleet.root.join("hooks");
    fs::write(&hook, format!("#!/bin/sh\necho $$ >> '{}'\nsleep 1000\n", says.display())).expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("the mode");
}

fn hooks_that_run(fleet: &Fleet) -> Vec<u32> {
    let said = fs::read_to_string(fleet.root.join("hooks")).unwrap_or_default();
    said.lines().map(|pid| pid.parse().expect("a pid")).collect()
}

#[test]
fn agents_that_hooks_of_git_hold_up_are_stopped_at_once_and_leave_nothing() {
    let fleet = Fleet::in_repository(&shell("a", STAYS, "count = 30"));
    hang_checkout(&fleet);
    fleet.qd(["up"]).ok();
    let hooks = eventually("a hook", || Some(hooks_that_run(&fleet)).filter(|hooks| !hooks.is_empty()));
    // More agents than worktrees are made at a time: some wait behind others.
    fleet.qd(["stop", "--all"]).ok();
    for number in 1..=30 {
        assert_eq!(fleet.agent(&format!("a-{number}"))["state"], "terminated");
    }
    assert!(hooks.into_iter().all(|hook| processes::look(hook).is_none()), "a hook was left");
    assert_eq!(agent_branches(&fleet.root), [] as [&str; 0]);
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    fs::remove_file(fleet.root.join(".git/hooks/post-checkout")).expect("removed");
    fleet.qd(["start", "a-7"]).ok();
    fleet.until_screen("a-7", "workspaces/a-7");
}

#[test]
fn a_time_limit_holds_while_a_hook_of_git_runs() {
    let fleet = Fleet::in_repository(&shell("a", "exit 0", "restart = \"never\""));
    hang_checkout(&fleet);
    fleet.qd(["run", "--headless", "--timeout", "1s"]).code(124);
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    assert!(hooks_that_run(&fleet).into_iter().all(|hook| processes::look(hook).is_none()), "a hook was left");
}

#[test]
fn a_directory_that_is_in_the_way_is_not_taken_over() {
    let fleet = Fleet::in_repository(&shell("a", STAYS, "restart = \"never\""));
    fs::create_dir_all(fleet.root.join("workspaces/a")).expect("a directory");
    fs::write(fleet.root.join("workspaces/a/mine"), "mine").expect("a file");
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ended");
    assert_eq!(fleet.agent("a")["state"], "failed");
    assert_eq!(fs::read_to_string(fleet.root.join("workspaces/a/mine")).expect("untouched"), "mine");
    assert_eq!(agent_branches(&fleet.root), [] as [&str; 0]);
}

#[test]
fn a_workspace_is_found_again_by_the_next_run_and_the_next_fleet() {
    let fleet = Fleet::up_in_repository(&shell("a", "echo run >> log; wc -l < log; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["restart", "a"]).ok();
    fleet.until_screen("a", "2");
    fleet.qd(["down"]).ok();
    fleet.qd(["up"]).ok();
    fleet.until_screen("a", "3");
}

#[test]
fn files_that_git_does_not_track_are_brought_along() {
    let fleet = Fleet::in_repository(&shell(
        "a",
        "cat local.secret deep/other.secret; echo end; exec sleep 1000",
        "copy = [\"deep/*.secret\"]",
    ));
    fs::create_dir(fleet.root.join("deep")).expect("a directory");
    fs::write(fleet.root.join("deep/other.secret"), "from the list\n").expect("a file");
    fs::write(fleet.root.join("local.secret"), "from the file\n").expect("a file");
    fs::write(fleet.root.join(".worktreeinclude"), "local.secret\n").expect("a file");
    commit(&fleet.root, "Name what is to be included");
    fleet.qd(["up"]).ok();
    let screen = fleet.until_screen("a", "end");
    assert!(screen.contains("from the file") && screen.contains("from the list"), "{screen}");
}

#[test]
fn setup_commands_run_once_where_the_user_sees_them() {
    let fleet = Fleet::up_in_repository(&shell(
        "a",
        "echo main; exec sleep 1000",
        "setup = [\"echo setting up; echo x >> times\"]",
    ));
    let screen = fleet.until_screen("a", "main");
    assert!(screen.contains("setting up"), "{screen}");
    fleet.qd(["restart", "a"]).ok();
    fleet.until_screen("a", "main");
    assert_eq!(fs::read_to_string(fleet.workspace("a").join("times")).expect("a file"), "x\n", "once per workspace");
}

#[test]
fn a_setup_that_fails_is_the_runs_failure_and_is_tried_again() {
    let more = "setup = [\"test -e ../../allowed\"]\nrestart = \"never\"";
    let fleet = Fleet::up_in_repository(&shell("a", "echo main; exec sleep 1000", more));
    fleet.fact("a", "agent.ended");
    assert_eq!(fleet.agent("a")["state"], "failed");
    fs::write(fleet.root.join("allowed"), "").expect("a file");
    fleet.qd(["start", "a"]).ok();
    fleet.until_screen("a", "main");
}

#[test]
fn a_workspace_with_work_in_it_is_not_removed() {
    let fleet = Fleet::up_in_repository(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let workspace = fleet.workspace("a");
    fleet.qd(["remove", "a", "--workspace", "remove"]).code(4).says("still runs");
    fleet.qd(["stop", "a"]).ok();

    fs::write(workspace.join("untracked"), "work").expect("a file");
    fleet.qd(["remove", "a", "--workspace", "remove"]).code(4).says("untracked");
    assert!(workspace.join("untracked").exists());
    fs::remove_file(workspace.join("untracked")).expect("gone");

    fs::write(workspace.join("README.md"), "changed").expect("a file");
    fleet.qd(["remove", "a", "--workspace", "remove"]).code(4);
    assert_eq!(fs::read_to_string(workspace.join("README.md")).expect("a file"), "changed");
    git(&workspace, &["checkout", "--quiet", "README.md"]);

    git(&workspace, &["checkout", "--quiet", "--detach"]);
    commit(&workspace, "Work that no branch holds");
    fleet.qd(["remove", "a", "--workspace", "remove"]).code(4);
    assert!(workspace.exists());
}

#[test]
fn a_branch_with_work_on_it_outlives_its_workspace() {
    let fleet = Fleet::up_in_repository(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["stop", "a"]).ok();
    commit(&fleet.workspace("a"), "Work that is nowhere else");
    let work = git(&fleet.root, &["rev-parse", "qd/a"]);
    fleet.qd(["remove", "a", "--workspace", "remove"]).ok();
    assert!(!fleet.root.join("workspaces/a").exists());
    assert_eq!(git(&fleet.root, &["rev-parse", "qd/a"]), work, "the branch holds the work");
}

#[test]
fn a_workspace_that_holds_nothing_of_its_own_is_removed_with_its_branch() {
    let fleet = Fleet::up_in_repository(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["stop", "a"]).ok();
    fleet.qd(["remove", "a", "--workspace", "remove"]).ok();
    assert!(!fleet.root.join("workspaces/a").exists());
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    assert_eq!(agent_branches(&fleet.root), [] as [&str; 0]);
}

#[test]
fn parking_keeps_on_a_ref_what_a_removal_would_lose() {
    let fleet = Fleet::up_in_repository(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let workspace = fleet.workspace("a");
    fleet.qd(["stop", "a"]).ok();
    fs::write(workspace.join("committed"), "committed work").expect("a file");
    commit(&workspace, "Work");
    fs::write(workspace.join("untracked"), "untracked work").expect("a file");
    fleet.qd(["remove", "a", "--workspace", "park"]).ok();
    assert!(!workspace.exists());
    let refs = git(&fleet.root, &["for-each-ref", "--format=%(refname)"]);
    let kept = |path: &str, text: &str| {
        refs.lines().any(|name| {
            let show = std::process::Command::new("git")
                .current_dir(&fleet.root)
                .args(["show", &format!("{name}:{path}")])
                .output();
            show.is_ok_and(|shown| shown.status.success() && shown.stdout == text.as_bytes())
        })
    };
    assert!(kept("committed", "committed work") && kept("untracked", "untracked work"), "{refs}");
}

#[test]
fn a_workspace_with_a_process_in_it_is_not_removed() {
    let fleet = Fleet::up_in_repository(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["stop", "a"]).ok();
    let mut visitor =
        std::process::Command::new("sleep").arg("1000").current_dir(fleet.workspace("a")).spawn().expect("a process");
    let refused = fleet.qd(["remove", "a", "--workspace", "remove"]);
    visitor.kill().and_then(|()| visitor.wait()).expect("ended");
    refused.code(4).says(&visitor.id().to_string());
    assert!(fleet.root.join("workspaces/a").exists());
}

#[test]
fn paths_that_lead_out_are_refused_where_they_are_written() {
    for (key, value) in
        [("cwd", "\"../..\""), ("cwd", "\"/etc\""), ("copy", "[\"../other\"]"), ("cwd", "\"a/../../b\"")]
    {
        let fleet = Fleet::new(&shell("a", STAYS, &format!("{key} = {value}")));
        let refused = fleet.qd(["up"]).code(2);
        assert!(refused.stderr.contains("agents.toml:") && refused.stderr.contains(key), "{}", refused.stderr);
        assert!(fleet.socket_directory().is_none_or(|directory| !directory.join("control.sock").exists()));
    }
    for value in ["../outside", "/tmp/outside", ".quarterdeck/x", ".git/x"] {
        let fleet = Fleet::new(&format!("[fleet]\nworkspaces = \"{value}\"\n\n{}", shell("a", STAYS, "")));
        fleet.qd(["check"]).code(2).says("workspaces");
    }
}

#[test]
fn symlinks_that_lead_out_are_not_followed() {
    // The workspaces directory itself, a workspace, and a directory inside one.
    let outside = tempfile::tempdir().expect("a directory");
    let begin = |text: String| Fleet::in_repository(&text);
    let never = "restart = \"never\"";

    let fleet = begin(shell("a", STAYS, never));
    symlink(outside.path(), fleet.root.join("workspaces")).expect("a link");
    fleet.qd(["up"]);
    eventually("the refusal", || (fleet.agent("a")["state"] == "failed").then_some(()));

    let fleet = begin(shell("a", STAYS, &format!("{never}\nworkspace = \"directory\"")));
    fs::create_dir(fleet.root.join("workspaces")).expect("a directory");
    symlink(outside.path(), fleet.root.join("workspaces/a")).expect("a link");
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ended");
    assert_eq!(fleet.agent("a")["state"], "failed");

    let fleet = begin(shell("a", STAYS, &format!("{never}\nworkspace = \"shared\"\ncwd = \"inside\"")));
    symlink(outside.path(), fleet.root.join("inside")).expect("a link");
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ended");
    assert_eq!(fleet.agent("a")["state"], "failed", "a cwd that leads out");
    assert_eq!(fs::read_dir(outside.path()).expect("a directory").count(), 0, "something was written outside");
}

#[test]
fn submodules_are_there() {
    let fleet = Fleet::in_repository(&shell("a", "cat inner/file; exec sleep 1000", ""));
    let inner = fleet.base().join("inner");
    fs::create_dir(&inner).expect("a directory");
    git(&inner, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(inner.join("file"), "from the submodule\n").expect("a file");
    commit(&inner, "Begin");
    let url = inner.display().to_string();
    git(&fleet.root, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "inner"]);
    commit(&fleet.root, "Add a submodule");
    // Cloning from a path is off by default (CVE-2022-39253); a user's submodules come from elsewhere.
    let mut up = fleet.command(["up"]);
    up.envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "protocol.file.allow"), ("GIT_CONFIG_VALUE_0", "always")]);
    crate::harness::command::finish(up, b"").ok();
    fleet.until_screen("a", "from the submodule");
}

#[test]
fn without_a_repository_agents_work_in_directories() {
    let fleet = Fleet::up(&(shell("own", STAYS, "") + &shell("shared", STAYS, "workspace = \"shared\"")));
    fleet.until_screen("own", &fleet.root.join("workspaces/own").display().to_string());
    let screen = fleet.until_screen("shared", "fleet");
    assert_eq!(screen, fleet.root.display().to_string());
    let fleet = Fleet::new(&shell("a", STAYS, "workspace = \"worktree\"\nrestart = \"never\""));
    let up = fleet.qd(["up"]);
    if up.code == Some(0) {
        fleet.fact("a", "agent.ended");
        assert!(fleet.agent("a")["reason"].as_str().is_some_and(|reason| reason.contains("git")));
    } else {
        assert!(up.stderr.contains("git"), "{}", up.stderr);
    }
}
