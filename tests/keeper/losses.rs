//! When somebody is gone: the supervisor, or the keeper itself. And what silence costs.

use crate::harness::{Run, Said, identity, pid_in, until, until_gone};
use quarterdeck::process::{Also, sweep_by_mark};
use quarterdeck::wire::launch::OnLoss;
use quarterdeck::wire::record::Ending;
use quarterdeck::wire::{ToKeeper, record::KeeperRecord};
use quarterdeck_core::ending::Exit;
use std::time::{Duration, Instant};

#[test]
fn a_lost_supervisor_kills_when_told_so() {
    let mut run = Run::shell("trap '' TERM HUP; setsid sleep 7781 & echo ready; wait; sleep 7781");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    drop(supervisor);
    until("the tree is gone", || run.exit_record().filter(|record| record.emptied.is_some()));
    let mut late = run.supervise();
    assert_eq!(late.until_exited().0, Exit::Signal(libc::SIGKILL));
    assert!(late.until_emptied().killed >= 2);
}

#[test]
fn a_lost_supervisor_stops_when_told_so() {
    let mut run = Run::shell("trap 'exit 12' USR1; echo ready; while :; do sleep 0.01; done");
    run.launch.on_loss = OnLoss::Stop;
    run.launch.stop_signal = libc::SIGUSR1;
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    drop(supervisor);
    let record = until("the tree is gone", || run.exit_record().filter(|record| record.emptied.is_some()));
    assert_eq!(record.ending, Ending::Exited(Exit::Code(12)));
}

#[test]
fn a_supervisor_that_returns_finds_the_run_going_on() {
    let mut run = Run::shell("echo ready; read x; exit 13");
    run.launch.on_loss = OnLoss::Keep(Duration::from_secs(3600));
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    drop(supervisor);
    let mut second = run.supervise();
    second.until_output("ready");
    second.say(ToKeeper::Input(b"\r"));
    assert_eq!(second.until_exited().0, Exit::Code(13));
}

#[test]
fn a_keeper_that_is_asked_to_end_stops_its_run_first() {
    let mut run = Run::shell("trap 'exit 14' TERM; echo ready; while :; do sleep 0.01; done");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    let keeper = nix::unistd::Pid::from_raw(run.keeper_pid() as i32);
    nix::sys::signal::kill(keeper, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(supervisor.until_exited().0, Exit::Code(14));
    supervisor.until_emptied();
}

#[test]
fn nothing_of_a_killed_keeper_is_left_within_a_second() {
    let mut run = Run::shell(
        "trap '' HUP; nohup sleep 7781 & setsid sleep 7781 & setsid sh -c 'echo $$ >far; sleep 7781; :' & echo ready; while :; do wait; sleep 0.01; done",
    );
    let mut supervisor = run.started();
    let agent = identity(supervisor.until_started());
    supervisor.until_output("ready");
    let far = identity(pid_in(&run.path("far")));
    let record = KeeperRecord::read(&run.launch.directory).unwrap().unwrap();
    assert!(record.identity.is_alive());
    let begun = Instant::now();
    run.kill_keeper();
    until_gone(&agent);
    let also = Also { session: Some(agent.pid), cgroup: None };
    let swept = sweep_by_mark(&run.launch.mark, also, Duration::from_secs(1)).unwrap();
    assert!(swept.emptied && swept.killed >= 2, "{swept:?}");
    assert!(!far.is_alive() && !record.identity.is_alive());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    supervisor.until_said(Said::Closed);
    assert_eq!(run.exit_record(), None);
}

fn wake_ups(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let count = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    count("voluntary_ctxt_switches:") + count("nonvoluntary_ctxt_switches:")
}

/// While something else happens for a second, the keeper of this run does not run at all. What it still has to tell, it may
/// tell before.
fn assert_asleep(run: &Run) {
    let state = || std::fs::read_to_string(format!("/proc/{}/wchan", run.keeper_pid())).unwrap();
    until("the keeper waits", || state().contains("poll").then_some(()));
    let sleeps = |_: &u32| {
        let before = wake_ups(run.keeper_pid());
        let mut other = Run::shell("sleep 1");
        other.started().until_emptied();
        assert!(wake_ups(other.keeper_pid()) > 0);
        wake_ups(run.keeper_pid()) == before
    };
    assert!((0..2).any(|round| sleeps(&round)), "it wakes again and again");
}

#[test]
fn silence_wakes_nobody() {
    let mut run = Run::shell("echo ready; exec sleep 7781");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    assert_asleep(&run);
}

#[test]
fn input_that_nobody_reads_wakes_nobody() {
    let mut run = Run::shell("stty raw -echo; echo ready; exec sleep 7781");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    supervisor.say(ToKeeper::Input(&[b'x'; 200 * 1024]));
    supervisor.until(|said| matches!(said, Said::InputTaken(_)).then_some(()));
    // All of the input has come when what was said behind it is answered.
    supervisor.say(ToKeeper::Thaw);
    supervisor.until_said(Said::Thawed);
    assert_asleep(&run);
}
