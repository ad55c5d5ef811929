//! One run from its start to its end: what it is asked to end with, and what its ending says.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{Fleet, facts};
use std::time::{Duration, Instant};

/// Writes a word, then continues whatever SIGTERM says.
const DEAF: &str = r#"trap '' TERM; echo deaf; while :; do sleep 1000; done"#;

#[test]
fn an_agent_that_ignores_sigterm_is_killed_after_its_grace() {
    let fleet = Fleet::up(&shell("deaf", DEAF, "stop_grace = \"1s\""));
    fleet.fact("deaf", "agent.ready");
    let began = Instant::now();
    fleet.qd(["stop", "deaf"]).ok().says("stopped deaf");
    assert!(began.elapsed() >= Duration::from_secs(1), "the grace was cut short: {:?}", began.elapsed());
    fleet.fact("deaf", "agent.signal_sent");
    fleet.fact("deaf", "agent.kill_sent");
    let ended = fleet.fact("deaf", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "terminated", "{ended}");
    assert!(ended["data"]["report"]["killed"].as_u64() >= Some(1), "{ended}");
    assert_eq!(fleet.agent("deaf")["state"], "terminated");
}

#[test]
fn a_second_stop_skips_the_grace() {
    let fleet = Fleet::up(&shell("deaf", DEAF, "stop_grace = \"10m\""));
    fleet.fact("deaf", "agent.ready");
    fleet.qd(["stop", "deaf", "--no-wait"]).ok();
    fleet.fact("deaf", "agent.signal_sent");
    fleet.qd(["stop", "deaf"]).ok();
    let ended = fleet.fact("deaf", "agent.ended");
    assert!(ended["data"]["report"]["killed"].as_u64() >= Some(1), "{ended}");
}

#[test]
fn a_grace_ends_when_the_tree_is_empty_and_not_later() {
    let line = "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let fleet = Fleet::up(&shell("quick", line, "stop_grace = \"10m\""));
    fleet.fact("quick", "agent.ready");
    fleet.qd(["stop", "quick"]).ok();
    let ended = fleet.fact("quick", "agent.ended");
    assert_eq!(ended["data"]["report"]["killed"], 0, "{ended}");
    assert!(fleet.history_of("quick", "agent.kill_sent").is_empty(), "nothing was left to kill");
}

#[test]
fn a_stop_types_its_keys_first_and_they_can_be_enough() {
    let line = r#"stty -echo; echo up; while read word; do [ "$word" = quit ] && { echo bye; exit 0; }; done"#;
    let keys = "stop_keys = [\"quit\", \"enter\"]\nstop_keys_wait = \"60s\"";
    let fleet = Fleet::up(&shell("polite", line, keys));
    fleet.fact("polite", "agent.ready");
    fleet.qd(["stop", "polite"]).ok();
    fleet.fact("polite", "agent.ended");
    assert!(fleet.history_of("polite", "agent.signal_sent").is_empty(), "the keys were enough");
    let typed = &fleet.history_of("polite", "agent.typed")[0]["message"];
    assert_eq!(typed, "typed through `qd`: a text, enter, by the fleet (stop_keys)");
    assert!(fleet.screen("polite").ends_with("bye"), "{}", fleet.screen("polite"));
}

#[test]
fn stop_keys_reach_the_program_as_the_bytes_of_the_keys() {
    let line = "stty raw -echo; echo up; dd bs=1 count=2 2>/dev/null | od -An -tx1; exit 0";
    let fleet = Fleet::up(&shell("keyed", line, "stop_keys = [\"ctrl-c\", \"esc\"]\nstop_keys_wait = \"60s\""));
    fleet.fact("keyed", "agent.ready");
    fleet.qd(["stop", "keyed"]).ok();
    assert!(fleet.screen("keyed").contains("03 1b"), "{}", fleet.screen("keyed"));
}

#[test]
fn the_configured_signal_is_the_one_that_is_sent() {
    let line = "trap 'echo interrupted; exit 7' INT; trap '' TERM; echo up; while :; do sleep 0.05; done";
    let fleet = Fleet::up(&shell("int", line, "stop_signal = \"SIGINT\"\nstop_grace = \"60s\""));
    fleet.fact("int", "agent.ready");
    fleet.qd(["stop", "int"]).ok();
    let agent = fleet.agent("int");
    assert_eq!((&agent["state"], &agent["exit_code"]), (&"terminated".into(), &7.into()), "{agent}");
    assert!(fleet.screen("int").contains("interrupted"), "{}", fleet.screen("int"));
}

#[test]
fn an_agent_that_exits_with_3_at_once_says_so() {
    let fleet = Fleet::up(&shell("boom", "echo no key >&2; exit 3", "restart = \"never\""));
    let ended = fleet.fact("boom", "agent.ended");
    assert!(ended["message"].as_str().is_some_and(|message| message.contains("exit 3")), "{ended}");
    let agent = fleet.agent("boom");
    assert_eq!((&agent["state"], &agent["exit_code"]), (&"failed".into(), &3.into()), "{agent}");
    assert_eq!(agent["last_line"], "no key", "{agent}");
    let row = fleet.qd(["ps"]).ok().says("exit 3").text();
    assert!(!row.contains("starting"), "{row}");
}

#[test]
fn an_agent_that_ends_well_is_completed_and_is_not_started_again() {
    let fleet = Fleet::up(&shell("done", "echo made it", ""));
    let ended = fleet.fact("done", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "completed", "{ended}");
    let agent = fleet.agent("done");
    assert_eq!((&agent["state"], &agent["exit_code"]), (&"completed".into(), &0.into()), "{agent}");
    assert!(fleet.history_of("done", "agent.backed_off").is_empty());
}

#[test]
fn a_signal_that_nobody_here_sent_is_told_by_its_name() {
    let fleet = Fleet::up(&shell("shot", "kill -SEGV $$", "restart = \"never\""));
    fleet.fact("shot", "agent.ended");
    let agent = fleet.agent("shot");
    assert_eq!((&agent["state"], &agent["exit_signal"]), (&"failed".into(), &11.into()), "{agent}");
    assert!(agent["summary"].as_str().is_some_and(|summary| summary.contains("SIGSEGV")), "{agent}");
}

#[test]
fn a_program_that_is_not_there_is_named_at_once() {
    let fleet = Fleet::up("[agents.ghost]\ncommand = \"no-such-program-here\"\nrestart = \"never\"\n");
    let ended = fleet.fact("ghost", "agent.ended");
    let reason = fleet.agent("ghost")["reason"].as_str().unwrap_or_default().to_owned();
    for part in ["exec", "no such file", "no-such-program-here", "PATH"] {
        assert!(reason.contains(part), "{part:?} is missing in {reason:?} ({ended})");
    }
    fleet.qd(["ps"]).ok().says("no-such-program-here");
}

#[test]
fn a_program_that_may_not_be_executed_is_an_error_of_its_own() {
    let fleet = Fleet::new("[agents.locked]\ncommand = \"./locked\"\nworkspace = \"shared\"\nrestart = \"never\"\n");
    std::fs::write(fleet.root.join("locked"), "#!/bin/sh\n").expect("a file");
    fleet.qd(["up"]).ok();
    fleet.fact("locked", "agent.ended");
    let reason = fleet.agent("locked")["reason"].as_str().unwrap_or_default().to_lowercase();
    assert!(reason.contains("permission"), "{reason:?}");
}

#[test]
fn a_working_directory_that_is_not_there_is_an_error_and_never_home() {
    let more = "cwd = \"not/there\"\nrestart = \"never\"";
    let fleet = Fleet::up(&shell("lost", "pwd > \"$HOME/was-here\"; pwd", more));
    fleet.fact("lost", "agent.ended");
    let agent = fleet.agent("lost");
    assert_eq!(agent["state"], "failed", "{agent}");
    assert!(agent["reason"].as_str().is_some_and(|reason| reason.contains("not/there")), "{agent}");
    assert!(!fleet.home.join("was-here").exists(), "the agent ran somewhere");
}

#[test]
fn kill_ends_a_run_at_once_and_counts_as_stopped() {
    let fleet = Fleet::up(&shell("deaf", DEAF, "stop_grace = \"10m\"\nrestart = \"always\""));
    fleet.fact("deaf", "agent.ready");
    fleet.qd(["kill", "deaf"]).ok();
    let ended = fleet.fact("deaf", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "terminated", "{ended}");
    assert_eq!(fleet.agent("deaf")["state"], "terminated", "what a person killed is not started again");
}

#[test]
fn a_restart_is_a_new_run_and_a_new_process() {
    let fleet = Fleet::up(&shell("again", "echo up; sleep 1000", ""));
    let first = fleet.fact("again", "agent.ready");
    let before = fleet.pid("again");
    fleet.qd(["restart", "again"]).ok();
    let second = fleet.fact_after(seq(&first), "again", "agent.ready");
    assert_ne!(first["run"], second["run"]);
    assert_ne!(before, fleet.pid("again"));
    assert_eq!(fleet.agent("again")["failures"], 0, "a restart that was asked for is no failure");
}

#[test]
fn a_run_begins_only_after_the_one_before_it_has_ended() {
    let fleet = Fleet::up(&shell("again", DEAF, "stop_grace = \"300ms\""));
    fleet.fact("again", "agent.ready");
    fleet.qd(["restart", "again"]).ok();
    let history = fleet.history();
    let place = |kind: &str, run: &str| {
        let found = history.iter().find(|fact| facts::is(fact, "again", kind) && fact["run"] == run);
        found.map(seq).unwrap_or_else(|| panic!("no {kind} of {run}"))
    };
    assert!(place("agent.ended", "r1") < place("agent.preparing", "r2"));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let fleet = Fleet::up(&(shell("on", "echo up; sleep 1000", "") + &shell("off", "echo up", "autostart = false")));
    fleet.fact("on", "agent.ready");
    fleet.qd(["start", "on"]).code(4).says("runs already");
    fleet.qd(["stop", "off"]).code(4).says("does not run");
    fleet.qd(["resume", "on"]).code(4).says("not paused");
    fleet.qd(["pause", "off"]).code(4);
    fleet.qd(["stop", "nobody"]).code(4).says("nobody");
    assert_eq!(fleet.agent("off")["state"], "off", "autostart = false starts nothing");
}

/// Few bytes of output can cost its picture much: the exit is told behind the output, but an ending does not wait for
/// it.
#[test]
fn an_ending_does_not_wait_for_what_is_not_drawn_yet() {
    let line = r#"echo up; yes "$(printf 'A\033[65535bA\033[65535b\033#8\033#8')""#;
    let other = shell("b", "echo up; exec sleep 1000", "");
    let fleet = Fleet::up(&(shell("a", line, "stop_grace = \"10s\"") + &other));
    fleet.fact("a", "agent.ready");
    let began = Instant::now();
    fleet.screen("a");
    fleet.screen("b");
    assert!(began.elapsed() < Duration::from_secs(5), "screens are shown meanwhile: {:?}", began.elapsed());
    let began = Instant::now();
    fleet.qd(["stop", "a"]).ok().says("stopped a");
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    let said = fleet.screen("a");
    assert!(said.contains("bytes are not shown"), "{said}");
    fleet.qd(["down"]).ok();
}

/// An agent can stop its own keeper, and so can a debugger; it must be ended all the same, within its grace.
#[test]
fn a_stopped_keeper_keeps_no_agent_from_being_ended() {
    use crate::harness::processes;
    use nix::sys::signal::Signal;
    let stubborn = "echo up; (while :; do kill -STOP $PPID; sleep 0.01; done)";
    let fleet = Fleet::up(
        &(shell("a", "echo up; exec sleep 1000", "")
            + &shell("b", "echo up; exec sleep 1000", "")
            + &shell("c", stubborn, "")),
    );
    let keepers = ["a", "b"].map(|name| {
        fleet.fact(name, "agent.ready");
        fleet.keeper(name)
    });
    fleet.fact("c", "agent.preparing");
    // A look that comes in between lets them continue.
    crate::harness::eventually("health to say so", || {
        keepers.iter().for_each(|keeper| processes::kill(*keeper, Signal::SIGSTOP));
        let health = fleet.ask("GET", "/health", None).expect(200).to_string();
        health.contains("stopped by a signal or a debugger: a, b").then_some(())
    });
    fleet.qd(["stop", "a"]).ok().says("stopped a");
    fleet.qd(["kill", "b"]).ok();
    fleet.qd(["kill", "c"]).ok();
    fleet.fact("c", "agent.ended");
    fleet.qd(["down"]).ok();
}

#[test]
fn start_and_restart_never_say_started_of_what_ended_at_once() {
    let fails = shell("fails", "echo no key for you; exit 3", "restart = \"never\"\nworkspace = \"shared\"");
    let done = shell("done", "echo all is well", "restart = \"never\"\nworkspace = \"shared\"");
    let stays = shell("stays", "exec sleep 1000", "workspace = \"shared\"");
    let fleet = Fleet::up(&[fails, done, stays].concat());
    fleet.fact("fails", "agent.ended");
    fleet.fact("done", "agent.ended");
    for verb in ["start", "restart"] {
        let failed = fleet.qd([verb, "fails"]).code(5);
        assert!(!failed.text().contains("started") && failed.stderr.contains("ended at once"), "{failed:?}");
        assert!(failed.stderr.contains("exit 3") && failed.stderr.contains("no key for you"), "{failed:?}");
        let done = fleet.qd([verb, "done"]).ok().text();
        assert!(!done.contains("started") && done.contains("exit 0"), "{done}");
    }
    assert_eq!(fleet.qd(["restart", "stays"]).ok().text(), "started stays\n");
    // Whoever gives it less time than that is told what is so far.
    assert_eq!(fleet.qd(["restart", "stays", "--timeout", "900ms"]).ok().text(), "started stays\n");
}

#[test]
fn down_is_a_line_for_each_agent_and_a_sum() {
    let fleet = Fleet::up(&shell("w", "sleep 1000 & echo up; exec sleep 1000", "count = 3\nworkspace = \"shared\""));
    for number in 1..=3 {
        fleet.fact(&format!("w-{number}"), "agent.ready");
    }
    let told = fleet.qd(["down"]).ok().text();
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.contains("2 processes ended") && told.contains("is down: 3 ended, 0 killed"), "{told}");
    assert!(!told.contains("left"), "{told}");
}
