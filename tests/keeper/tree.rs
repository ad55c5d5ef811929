//! The whole tree is signalled, frozen and killed, whoever tried to get away.

use crate::harness::{Run, Said, identity, pid_in, stat, until, until_gone};
use quarterdeck::process::{Cgroup, ProcessState, tree};
use quarterdeck::wire::ToKeeper;
use quarterdeck_core::ending::Exit;
use std::time::{Duration, Instant};

/// Four ways to get away from a supervisor, and one that stays.
const STRAGGLERS: &str = "nohup sleep 7791 >/dev/null 2>&1 & setsid sleep 7791 & \
     (setsid sh -c '(sleep 7791; :) & sleep 7791; :' &) ; env -i setsid nohup sleep 7791 >/dev/null 2>&1 & \
     echo ready; wait; sleep 7791";

fn count_below(run: &Run) -> usize {
    tree(run.keeper_pid()).iter().filter(|process| process.is_alive()).count()
}

#[test]
fn nobody_gets_away() {
    let mut run = Run::shell(STRAGGLERS);
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    until("all are there", || (count_below(&run) >= 8).then_some(()));
    let victims: Vec<_> = tree(run.keeper_pid()).iter().map(|process| identity(process.pid)).collect();
    supervisor.say(ToKeeper::KillTree);
    assert_eq!(supervisor.until_exited().0, Exit::Signal(libc::SIGKILL));
    let report = supervisor.until_emptied();
    assert!(report.killed as usize >= victims.len(), "{report:?} of {}", victims.len());
    assert_eq!(report.left_on_signal, 0);
    assert!(victims.iter().all(|victim| !victim.is_alive()));
}

#[test]
fn a_tree_of_twenty_sessions_is_gone_in_no_time() {
    let mut run = Run::shell("for i in 1 2 3 4 5 6 7 8 9 10; do setsid sh -c 'sleep 7791; :' & done; echo ready; wait");
    let mut supervisor = run.started();
    until("all are there", || (count_below(&run) >= 21).then_some(()));
    let begun = Instant::now();
    supervisor.say(ToKeeper::KillTree);
    assert!(supervisor.until_emptied().killed >= 21);
    let took = begun.elapsed();
    println!("from KillTree to the proof, 21 processes in 11 sessions: {took:?}");
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn a_stop_signal_reaches_every_group_and_those_who_leave_are_counted() {
    // The inner shell speaks when its own child is there: a count alone would take setsid(1), which forks, for one.
    let mut run = Run::shell("set -m; sleep 7791 & setsid sh -c 'sleep 7791 & echo ready; wait' & wait");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    until("only they are there", || (count_below(&run) == 4).then_some(()));
    supervisor.say(ToKeeper::Signal { signal: libc::SIGTERM });
    let report = supervisor.until_emptied();
    assert_eq!((report.left_on_signal, report.killed), (4, 0));
}

#[test]
fn the_deaf_are_killed_after_all() {
    let mut run = Run::shell("trap '' TERM; (sleep 7791; :) & echo ready; while :; do wait; sleep 0.01; done");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    supervisor.say(ToKeeper::Signal { signal: libc::SIGTERM });
    supervisor.say(ToKeeper::Input(b"still there\r"));
    supervisor.until_output("still there");
    supervisor.say(ToKeeper::KillTree);
    assert_eq!(supervisor.until_exited().0, Exit::Signal(libc::SIGKILL));
    assert!(supervisor.until_emptied().killed >= 2);
}

#[test]
fn a_stopped_process_gets_its_signal() {
    let mut run = Run::shell("trap 'exit 6' TERM; echo ready; kill -STOP $$; while :; do sleep 0.01; done");
    let mut supervisor = run.started();
    let pid = supervisor.until_started();
    until("it stopped", || (stat(pid).state == ProcessState::Stopped).then_some(()));
    supervisor.say(ToKeeper::Signal { signal: libc::SIGTERM });
    assert_eq!(supervisor.until_exited().0, Exit::Code(6));
}

/// Ten families that live by forking and dying: no process of theirs is old.
#[test]
fn a_fork_storm_is_put_down() {
    let family = "f() { (f) & exit; }; for i in 1 2 3 4 5 6 7 8 9 10; do (f) & done; echo ready; sleep 7791";
    let mut run = Run::shell(family);
    run.launch.limits.processes = Some(4000);
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    until("it storms", || (count_below(&run) >= 5).then_some(()));
    supervisor.say(ToKeeper::KillTree);
    let report = supervisor.until_emptied();
    assert!(report.killed >= 1, "{report:?}");
    assert_eq!(count_below(&run), 0);
}

fn freeze_and_thaw(run: &mut Run) {
    let mut supervisor = run.started();
    let grandchild = pid_in(&run.path("grandchild"));
    until("it counts", || (pid_in(&run.path("count")) > 3).then_some(()));
    supervisor.say(ToKeeper::Freeze);
    let processes = supervisor.until(|said| if let Said::Frozen(processes) = said { Some(*processes) } else { None });
    let mut below = tree(run.keeper_pid());
    below.retain(|process| process.is_alive());
    assert_eq!(processes as usize, below.len(), "{below:?}");
    assert!(below.iter().any(|process| process.pid == grandchild && process.session == grandchild));
    let ticks = |run: &Run| tree(run.keeper_pid()).iter().map(|process| process.own_ticks).sum::<u64>();
    let (count, spent) = (pid_in(&run.path("count")), ticks(run));
    let mut other = Run::shell("sleep 0.2");
    other.started().until_exited();
    assert_eq!((pid_in(&run.path("count")), ticks(run)), (count, spent), "somebody goes on");
    if run.launch.cgroup.is_none() {
        assert!(below.iter().all(|process| process.state == ProcessState::Stopped), "{below:?}");
    }

    // A supervisor that comes now is told.
    let mut second = run.supervise();
    second.until_said(Said::Frozen(processes));
    second.say(ToKeeper::Thaw);
    second.until_said(Said::Thawed);
    until("it counts again", || (pid_in(&run.path("count")) > count).then_some(()));
    second.say(ToKeeper::KillTree);
    second.until_emptied();
}

const COUNTING: &str = "setsid sh -c 'echo $$ >grandchild; while :; do :; done' & \
    i=0; while :; do i=$((i+1)); echo $i >next; mv next count; done";

#[test]
fn a_freeze_is_the_kernels_word_and_a_thaw_undoes_it() {
    freeze_and_thaw(&mut Run::shell(COUNTING));
}

#[test]
fn a_cgroup_freezes_and_kills_where_there_is_one() {
    let mut run = Run::shell(COUNTING);
    // Not every system lets us have one; the test above is the one for those.
    let Some(Ok(cgroup)) = Cgroup::own().map(|own| own.create_child(&format!("qd-{}", run.launch.mark))) else {
        return;
    };
    run.launch.cgroup = Some(cgroup.path().to_owned());
    freeze_and_thaw(&mut run);
    assert!(!cgroup.path().exists(), "the keeper removes it");
}

#[test]
fn who_was_stopped_by_others_stays_stopped() {
    let mut run = Run::shell("sh -c 'echo $$ >stopped; kill -STOP $$; sleep 7791' & sleep 7791");
    let mut supervisor = run.started();
    let stopped = pid_in(&run.path("stopped"));
    until("it stopped", || (stat(stopped).state == ProcessState::Stopped).then_some(()));
    supervisor.say(ToKeeper::Freeze);
    supervisor.until(|said| matches!(said, Said::Frozen(_)).then_some(()));
    supervisor.say(ToKeeper::Thaw);
    supervisor.until_said(Said::Thawed);
    assert_eq!(stat(stopped).state, ProcessState::Stopped);
}

#[test]
fn a_frozen_tree_is_killed_and_a_frozen_one_that_is_signalled_goes_on() {
    let mut run = Run::shell("trap 'exit 8' TERM; echo ready; while :; do sleep 0.01; done");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    supervisor.say(ToKeeper::Freeze);
    supervisor.until(|said| matches!(said, Said::Frozen(_)).then_some(()));
    supervisor.say(ToKeeper::Signal { signal: libc::SIGTERM });
    supervisor.until_said(Said::Thawed);
    assert_eq!(supervisor.until_exited().0, Exit::Code(8));

    let mut run = Run::shell("echo ready; sleep 7791");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    let pid = identity(stat(run.keeper_pid()).pid);
    supervisor.say(ToKeeper::Freeze);
    supervisor.until(|said| matches!(said, Said::Frozen(_)).then_some(()));
    supervisor.say(ToKeeper::KillTree);
    supervisor.until_emptied();
    supervisor.say(ToKeeper::Dismiss);
    run.keeper_ended();
    until_gone(&pid);
}
