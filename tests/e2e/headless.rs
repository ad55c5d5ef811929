//! The same fleet to its end without a screen: lines, exit codes, nothing left.

use crate::harness::config::shell;
use crate::harness::repository::{agent_branches, git};
use crate::harness::{DEADLINE, Fleet, command, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

/// The repository that this build was made from.
const OURS: &str = env!("CARGO_MANIFEST_DIR");

/// The demonstration fleet's work: each agent completed, on a branch of its own, with a commit that adds something.
#[track_caller]
fn assert_demo_worked(fleet: &Fleet, said: &str) {
    let branches = agent_branches(&fleet.root);
    assert!(branches.len() >= 3, "{branches:?}");
    for branch in &branches {
        let ahead: u32 =
            git(&fleet.root, &["rev-list", "--count", &format!("HEAD..{branch}")]).parse().expect("a number");
        assert!(ahead >= 1, "{branch} has no commit of its own");
        let changed = git(&fleet.root, &["diff", "--stat", "HEAD", branch]);
        assert!(!changed.is_empty(), "{branch} changes nothing");
        assert!(said.contains(branch.as_str()), "where the results are is not said: {branch}\n{said}");
    }
    assert_eq!(git(&fleet.root, &["status", "--porcelain", "--untracked-files=no"]), "", "the checkout was touched");
    fleet.until_gone();
}

#[test]
fn the_default_fleet_does_real_work_in_a_fresh_clone_of_this_repository() {
    let fleet = Fleet::new("");
    fs::remove_dir_all(&fleet.root).expect("gone");
    let root = fleet.root.display().to_string();
    git(fleet.base(), &["clone", "--quiet", OURS, &root]);
    if !fleet.root.join("agents.toml").exists() {
        panic!("the repository has no agents.toml of its own at its top");
    }
    let ran = fleet.qd(["run", "--headless", "--timeout", "80s"]).ok();
    assert_demo_worked(&fleet, &ran.text());
}

#[test]
fn the_default_fleet_works_in_a_foreign_repository_and_without_a_terminal_qd_is_headless() {
    let fleet = Fleet::in_repository("");
    fs::copy(Path::new(OURS).join("agents.toml"), fleet.root.join("agents.toml")).expect("a file");
    let copied = fleet.surround("cp").args(["-r", &format!("{OURS}/assets"), "."]).status();
    assert!(copied.is_ok_and(|status| status.success()));
    crate::harness::repository::commit(&fleet.root, "Take the fleet");
    let ran = fleet.qd([]).ok();
    assert_demo_worked(&fleet, &ran.text());
}

#[test]
fn a_fleet_that_succeeds_ends_with_0_and_a_line_per_fact() {
    let fleet = Fleet::new(&(shell("a", "echo one", "") + &shell("b", "echo two", "after = [\"a\"]")));
    let ran = fleet.qd(["run", "--headless"]).ok();
    let text = ran.text();
    assert!(text.contains("a ") && text.contains("b ") && text.contains("started"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    fleet.until_gone();
}

#[test]
fn lines_of_json_end_with_the_result() {
    let fleet = Fleet::new(&(shell("a", "echo one", "") + &shell("b", "exit 3", "restart = \"never\"")));
    let ran = fleet.qd(["run", "--headless", "--json"]).code(5);
    let lines: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["v"] == 1), "each line has its version");
    assert_eq!(lines.last().map(|line| line["type"].clone()), Some("result".into()), "{lines:?}");
    assert!(lines.iter().any(|line| line["type"] == "agent.ended" && line["agent"] == "b"));
}

#[test]
fn an_agent_that_fails_makes_the_code_5() {
    let fleet =
        Fleet::new(&(shell("good", "echo fine", "") + &shell("bad", "echo cause; exit 3", "restart = \"never\"")));
    let ran = fleet.qd(["run", "--headless"]).code(5);
    assert!(ran.text().contains("exit 3"), "{}", ran.text());
}

#[test]
fn an_agent_that_gives_up_makes_the_code_5() {
    let fleet = Fleet::new(&shell("bad", "exit 3", "restart = { delay = \"10ms\", budget = 1 }"));
    fleet.qd(["run", "--headless"]).code(5).says("gave up");
}

#[test]
fn a_dependency_that_failed_does_not_hang_the_run() {
    let fleet = Fleet::new(&(shell("a", "exit 1", "restart = \"never\"") + &shell("b", "echo two", "after = [\"a\"]")));
    fleet.qd(["run", "--headless", "--timeout", "60s"]).code(5);
}

#[test]
fn a_timeout_makes_the_code_124_and_leaves_nothing() {
    let line = "setsid sleep 1001 & echo up; exec sleep 1002";
    let fleet = Fleet::new(&shell("a", line, ""));
    fleet.qd(["run", "--headless", "--timeout", "1s"]).code(124);
    fleet.until_gone();
}

/// Starts a headless run and waits until its agent is up.
fn begin(fleet: &Fleet) -> Child {
    let mut run = fleet.command(["run", "--headless"]);
    let output = fs::File::create(fleet.base().join("output")).expect("a file");
    run.stdin(Stdio::null()).stdout(output.try_clone().expect("a file")).stderr(output);
    let child = run.spawn().expect("a process");
    fleet.until_file(&fleet.root.join("up"));
    child
}

const STAYS: &str =
    "trap 'echo bye > bye; exit 0' TERM; setsid sleep 1001 & echo up > up; while :; do sleep 0.05; done";

#[test]
fn signals_end_the_fleet_in_good_order_with_their_codes() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let fleet = Fleet::new(&shell("a", STAYS, "workspace = \"shared\"\nstop_grace = \"30s\""));
        let mut run = begin(&fleet);
        processes::kill(run.id(), signal);
        let handle = processes::handle(run.id());
        assert!(processes::gone_within(handle.as_ref(), DEADLINE), "{signal} ends nothing");
        assert_eq!(run.wait().expect("a status").code(), Some(code));
        assert!(fleet.root.join("bye").exists(), "the agent was asked");
        fleet.until_gone();
    }
}

#[test]
fn a_second_interrupt_waits_for_no_grace() {
    let line = "trap '' TERM; echo up > up; while :; do sleep 1000; done";
    let fleet = Fleet::new(&shell("a", line, "workspace = \"shared\"\nstop_grace = \"10m\""));
    let mut run = begin(&fleet);
    processes::kill(run.id(), Signal::SIGINT);
    fleet.fact("a", "agent.signal_sent");
    processes::kill(run.id(), Signal::SIGINT);
    let handle = processes::handle(run.id());
    assert!(processes::gone_within(handle.as_ref(), DEADLINE), "still waiting for the grace");
    assert_eq!(run.wait().expect("a status").code(), Some(130));
    fleet.until_gone();
}

#[test]
fn whoever_kills_a_headless_run_leaves_no_agent() {
    let fleet = Fleet::new(&shell("a", STAYS, "workspace = \"shared\""));
    let mut run = begin(&fleet);
    let supervisor = fleet.supervisor();
    processes::end(supervisor);
    let handle = processes::handle(run.id());
    assert!(processes::gone_within(handle.as_ref(), DEADLINE), "the run outlives its supervisor");
    assert_ne!(run.wait().expect("a status").code(), Some(0));
    fleet.until_gone();
}

#[test]
fn a_headless_run_that_is_killed_leaves_nothing() {
    let fleet = Fleet::new(&shell("a", STAYS, "workspace = \"shared\""));
    let mut run = begin(&fleet);
    processes::end(run.id());
    run.wait().expect("a status");
    fleet.until_gone();
}

#[test]
fn a_fleet_that_runs_already_is_not_run_twice() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    let pid = fleet.pid("a");
    assert_ne!(fleet.qd(["run", "--headless"]).code, Some(0));
    assert_eq!(fleet.pid("a"), pid, "the running fleet is left alone");
}

#[test]
fn a_configuration_that_is_wrong_ends_with_2_before_anything_is_started() {
    let fleet = Fleet::new("[agents.a]\nshel = \"true\"\n");
    fleet.qd(["run", "--headless"]).code(2).says("shell");
    assert_eq!(fleet.processes(), []);
}

#[test]
fn output_that_nobody_reads_any_more_does_not_leave_a_fleet() {
    let fleet =
        Fleet::new(&shell("a", "i=0; while [ $i -lt 50 ]; do i=$((i+1)); echo $i; done; sleep 0.3", "count = 3"));
    let mut shell = fleet.surround("sh");
    shell.args(["-c", "\"$QD\" run --headless | head -n 1"]).env("QD", env!("CARGO_BIN_EXE_qd"));
    command::finish(shell, b"").ok();
    fleet.until_gone();
}
