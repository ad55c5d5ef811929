//! A pause freezes the whole tree, wherever its members went, and the clocks that belong to it.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{Fleet, eventually, processes};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;

/// Counts in a file for ever.
fn counter(file: &str) -> String {
    format!("i=0; while :; do i=$((i+1)); echo $i > {file}.new; mv {file}.new {file}; sleep 0.01; done")
}

/// Counts in one file, a grandchild in a session of its own in another.
fn family() -> String {
    format!("setsid sh -c '{}' & echo up; {}", counter("grandchild").replace('\'', ""), counter("leader"))
}

fn count(path: &Path) -> u64 {
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Waits until a counter has continued by more than a little.
#[track_caller]
fn until_counted(path: &Path) -> u64 {
    let from = count(path);
    eventually(&format!("{} to go on", path.display()), || Some(count(path)).filter(|now| *now > from + 3))
}

#[test]
fn a_pause_freezes_grandchildren_in_sessions_of_their_own() {
    let yardstick = shell("yardstick", &counter("yardstick"), "workspace = \"shared\"\nready = { delay = \"1ms\" }");
    let fleet = Fleet::up(&(shell("family", &family(), "workspace = \"shared\"") + &yardstick));
    fleet.fact("family", "agent.ready");
    let [leader, grandchild, yard] = ["leader", "grandchild", "yardstick"].map(|name| fleet.root.join(name));
    for path in [&leader, &grandchild, &yard] {
        until_counted(path);
    }
    fleet.qd(["pause", "family"]).ok().says("paused family");
    let paused = fleet.fact("family", "agent.paused");
    assert!(paused["data"]["processes"].as_u64() >= Some(2), "{paused}");
    let frozen = (count(&leader), count(&grandchild));
    // The yardstick measures the time in which the others could have continued, on this machine, under this load.
    (0..5).for_each(|_| _ = until_counted(&yard));
    assert_eq!((count(&leader), count(&grandchild)), frozen, "something went on while frozen");
    let awake: Vec<_> = fleet.tree("family").into_iter().filter(|process| process.state == 'R').collect();
    assert_eq!(awake, [], "a frozen tree runs");
    let agent = fleet.agent("family");
    assert_eq!((&agent["status"], &agent["attention"]), (&"paused".into(), &"paused".into()), "{agent}");

    fleet.qd(["resume", "family"]).ok();
    until_counted(&leader);
    until_counted(&grandchild);
}

/// As `systemd-run --scope` and containers do. Where there is no cgroup to leave, it stays in the tree.
#[test]
fn a_pause_freezes_what_left_the_cgroup() {
    let leaves = "for mount in /sys/fs/cgroup /sys/fs/cgroup/unified; do \
        own=$(sed -n s/^0:://p /proc/self/cgroup); above=$mount$(dirname $own)/cgroup.procs; \
        [ -w $above ] && echo 0 > $above; done 2>/dev/null";
    let inner = format!("{leaves}; {}", counter("away"));
    let line = format!("(setsid sh -c '{inner}') & echo up; {}", counter("leader"));
    let yardstick = shell("yardstick", &counter("yardstick"), "workspace = \"shared\"\nready = { delay = \"1ms\" }");
    let fleet = Fleet::up(&(shell("family", &line, "workspace = \"shared\"") + &yardstick));
    fleet.fact("family", "agent.ready");
    let [leader, away, yard] = ["leader", "away", "yardstick"].map(|name| fleet.root.join(name));
    for path in [&leader, &away, &yard] {
        until_counted(path);
    }
    fleet.qd(["pause", "family"]).ok().says("paused family");
    let frozen = (count(&leader), count(&away));
    (0..5).for_each(|_| _ = until_counted(&yard));
    assert_eq!((count(&leader), count(&away)), frozen, "something went on while frozen");
    fleet.qd(["resume", "family"]).ok();
    until_counted(&leader);
    until_counted(&away);
}

#[test]
fn a_readiness_delay_stands_still_while_paused() {
    let slow = shell("slow", "exec sleep 1000", "ready = { delay = \"1500ms\" }");
    let clock = shell("clock", "sleep 2.5", "restart = \"never\"\nautostart = false");
    let fleet = Fleet::up(&(slow + &clock));
    fleet.fact("slow", "agent.started");
    fleet.qd(["pause", "slow"]).ok();
    fleet.qd(["start", "clock", "--no-wait"]).ok();
    fleet.fact("clock", "agent.ended");
    assert!(fleet.history_of("slow", "agent.ready").is_empty(), "its clock went on while it was frozen");
    fleet.qd(["resume", "slow"]).ok();
    fleet.fact("slow", "agent.ready");
}

#[test]
fn pausing_twice_and_resuming_twice_are_refused() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["pause", "a"]).ok();
    fleet.qd(["pause", "a"]).code(4).says("paused already");
    fleet.qd(["resume", "a"]).ok();
    fleet.qd(["resume", "a"]).code(4).says("not paused");
}

#[test]
fn a_paused_agent_can_be_stopped_by_its_signal() {
    let line = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let fleet = Fleet::up(&shell("a", line, "stop_grace = \"60s\""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["pause", "a"]).ok();
    fleet.qd(["stop", "a"]).ok();
    assert!(fleet.history_of("a", "agent.kill_sent").is_empty(), "SIGCONT goes with the signal");
    assert!(fleet.screen("a").contains("bye"), "{}", fleet.screen("a"));
}

#[test]
fn a_paused_tree_can_be_killed() {
    let fleet = Fleet::up(&shell("family", &family(), "workspace = \"shared\""));
    fleet.fact("family", "agent.ready");
    fleet.qd(["pause", "family"]).ok();
    fleet.qd(["kill", "family"]).ok();
    assert_eq!(fleet.tree("family"), []);
}

#[test]
fn a_pause_outlives_the_supervisor() {
    let fleet = Fleet::up(&shell("family", &family(), "workspace = \"shared\""));
    fleet.fact("family", "agent.ready");
    fleet.qd(["pause", "family"]).ok();
    let frozen = count(&fleet.root.join("leader"));
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 1");
    let agent = fleet.agent("family");
    assert_eq!(agent["status"], "paused", "{agent}");
    assert_eq!(count(&fleet.root.join("leader")), frozen);
    fleet.qd(["resume", "family"]).ok();
    until_counted(&fleet.root.join("leader"));
}

#[test]
fn a_keeper_that_dies_with_a_frozen_tree_leaves_nothing() {
    let fleet = Fleet::up(&shell("family", &family(), "workspace = \"shared\"\nrestart = \"never\""));
    fleet.fact("family", "agent.ready");
    fleet.qd(["pause", "family"]).ok();
    let since = fleet.newest();
    processes::kill(fleet.keeper("family"), Signal::SIGKILL);
    let lost = fleet.fact_after(since, "family", "agent.lost");
    fleet.fact_after(seq(&lost), "family", "agent.ended");
    assert_eq!(fleet.tree("family"), []);
}

#[test]
fn an_agent_that_was_stopped_by_someone_else_is_not_called_paused() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    processes::kill(fleet.pid("a"), Signal::SIGSTOP);
    assert_ne!(fleet.agent("a")["status"], "paused");
    fleet.qd(["stop", "a"]).ok();
}
