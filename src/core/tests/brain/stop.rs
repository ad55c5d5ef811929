//! Tests of the stopping of a run: stages, second requests, remaining processes, and requests that come before there is
//! a process.

use crate::common::*;
use quarterdeck_core::command::{Command, Denied};
use quarterdeck_core::ending::{Exit, Outcome, StopCause, TreeReport};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::policy::{AgentPolicy, StopPolicy};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::{Pause, State};

fn ready() -> Bench {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    bench
}

#[test]
fn a_stop_goes_from_keys_to_signal_to_kill_and_ends_when_the_tree_is_empty() {
    let stop = StopPolicy { keys_wait: Some(Span(300)), signal: 2, grace: Span(5_000) };
    let mut bench = Bench::new(vec![AgentPolicy { stop, ..policy("a") }]);
    bench.ready("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    assert_eq!(bench.command(Command::Stop { agent }), Ok(Some(agent)));
    assert_eq!(bench.told(), ["agent.stopping", "TypeStopKeys", "Arm StopKeys 300", "Reply"]);
    bench.fire(TimerId::StopKeys(run));
    assert_eq!(bench.told(), ["agent.signal_sent", "Signal 2", "Arm StopGrace 5000"]);
    bench.fire(TimerId::StopGrace(run));
    assert_eq!(bench.told(), ["agent.kill_sent", "KillTree"]);
    let report = TreeReport { left_on_signal: 1, killed: 3 };
    bench.step(Event::Emptied { run, report });
    assert!(bench.effects.is_empty(), "the exit is still to come");
    bench.exited("a", Exit::Signal(9), 0);
    assert_eq!(bench.told(), ["agent.exited", "agent.ended", "Dismiss"]);
    let last = bench.agent("a").last.clone().expect("an ending");
    assert_eq!((last.outcome, last.exit, last.report), (Outcome::Terminated, Some(Exit::Signal(9)), report));
}

#[test]
fn a_second_stop_or_a_kill_skips_what_is_left_of_the_grace() {
    for second in [|agent| Command::Stop { agent }, |agent| Command::Kill { agent }] {
        let mut bench = ready();
        let agent = bench.id("a");
        let _ = bench.command(Command::Stop { agent });
        assert_eq!(bench.told(), ["agent.stopping", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000", "Reply"]);
        assert_eq!(bench.command(second(agent)), Ok(Some(agent)));
        let told = bench.told();
        assert!(
            told.ends_with(&["Disarm StopGrace", "agent.kill_sent", "KillTree", "Reply"].map(String::from)),
            "{told:?}"
        );
        assert!(!bench.is_armed(TimerId::StopGrace(bench.run("a"))));
        assert_eq!(bench.command(second(agent)), Ok(Some(agent)));
        assert_eq!(bench.told().last().map(String::as_str), Some("Reply"), "killed once");
    }
}

#[test]
fn leftovers_of_a_process_that_exited_are_ended_and_the_ending_stays_its_own() {
    for (code, outcome) in [(0, Outcome::Completed), (3, Outcome::Failed)] {
        let mut bench = ready();
        let run = bench.run("a");
        bench.exited("a", Exit::Code(code), 2);
        assert_eq!(
            bench.told(),
            ["agent.exited", "agent.stopping", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000"]
        );
        assert_eq!(bench.state("a"), &State::Stopping { why: StopCause::LeftBehind });
        bench.fire(TimerId::StopGrace(run));
        assert_eq!(bench.told(), ["agent.kill_sent", "KillTree"]);
        bench.emptied("a");
        assert_eq!(bench.agent("a").last.as_ref().map(|last| last.outcome), Some(outcome));
    }
}

#[test]
fn a_stop_while_leftovers_are_ended_cancels_the_restart_and_goes_on() {
    let mut bench = ready();
    let agent = bench.id("a");
    bench.exited("a", Exit::Code(3), 2);
    let _ = bench.command(Command::Stop { agent });
    assert_eq!(bench.told(), ["agent.stopping", "Reply"]);
    bench.emptied("a");
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Terminated });
}

#[test]
fn keys_that_ended_the_process_but_not_its_children_are_followed_by_the_signal_at_once() {
    let stop = StopPolicy { keys_wait: Some(Span(300)), ..StopPolicy::default() };
    let mut bench = Bench::new(vec![AgentPolicy { stop, ..policy("a") }]);
    bench.ready("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    bench.exited("a", Exit::Code(0), 1);
    assert_eq!(
        bench.told(),
        ["agent.exited", "Disarm StopKeys", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000"]
    );
}

#[test]
fn a_stop_while_preparing_launches_nothing() {
    let failed = |run| Event::PrepareFailed { run, reason: "no".into() };
    for answer in [|run| Event::Prepared { run }, failed] {
        let mut bench = Bench::new(vec![policy("a")]);
        let (agent, run) = (bench.id("a"), bench.run("a"));
        let _ = bench.command(Command::Stop { agent });
        assert_eq!(bench.told(), ["agent.stopping", "AbandonPreparation", "Reply"]);
        bench.step(answer(run));
        assert_eq!(bench.told(), ["agent.ended", "Dismiss"]);
        assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Terminated });
    }
}

#[test]
fn a_stop_while_launching_begins_when_the_process_runs() {
    let stop: fn(AgentId) -> Command = |agent| Command::Stop { agent };
    let kill: fn(AgentId) -> Command = |agent| Command::Kill { agent };
    let in_order = ["agent.started", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000"];
    let at_once = ["agent.started", "agent.kill_sent", "KillTree"];
    let table = [(vec![stop], &in_order[..]), (vec![stop, stop], &at_once), (vec![kill], &at_once)];
    for (commands, then) in table {
        let mut bench = Bench::new(vec![policy("a")]);
        let agent = bench.id("a");
        bench.prepared("a");
        for command in commands {
            assert_eq!(bench.command(command(agent)), Ok(Some(agent)));
            assert_eq!(bench.told().last().map(String::as_str), Some("Reply"));
        }
        bench.started("a");
        assert_eq!(bench.told(), then);
    }
}

#[test]
fn a_stop_of_what_is_only_planned_takes_it_out_of_the_line() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b")]);
    let (a, b) = (bench.id("a"), bench.id("b"));
    assert_eq!(bench.command(Command::Stop { agent: b }), Ok(Some(b)));
    assert_eq!(bench.told(), ["agent.dequeued", "Reply"]);
    assert_eq!(bench.command(Command::Stop { agent: b }), Err(Denied::NotRunning));
    bench.launch("a");
    bench.exits("a", 7);
    assert!(matches!(bench.state("a"), State::Backoff { .. }));
    let _ = bench.command(Command::Stop { agent: a });
    assert_eq!(bench.told(), ["Disarm Backoff", "agent.dequeued", "Reply"]);
    assert_eq!(bench.state("a"), &State::Off);
}

#[test]
fn a_stop_thaws_a_frozen_tree_first_and_a_kill_does_not_need_to() {
    let mut bench = ready();
    let agent = bench.id("a");
    let _ = bench.command(Command::Pause { agent });
    let _ = bench.command(Command::Stop { agent });
    assert_eq!(
        bench.told(),
        ["agent.stopping", "Thaw", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000", "Reply"]
    );
    assert_eq!(bench.agent("a").pause, Pause::Running);

    let mut bench = ready();
    let agent = bench.id("a");
    let _ = bench.command(Command::Pause { agent });
    let _ = bench.command(Command::Kill { agent });
    assert_eq!(bench.told(), ["agent.stopping", "agent.kill_sent", "KillTree", "Reply"]);
}

#[test]
fn late_and_doubled_words_change_nothing() {
    let mut bench = ready();
    let run = bench.run("a");
    for event in [
        Event::Prepared { run },
        Event::Started { run, pid: 1 },
        Event::StartFailed { run, reason: "late".into() },
        Event::FirstOutput { run },
        Event::Frozen { run, processes: 1 },
        Event::Thawed { run },
        Event::Reaped { run, processes: 1 },
        Event::TimerFired { timer: TimerId::StopGrace(run) },
        Event::TimerFired { timer: TimerId::Backoff(bench.id("a")) },
    ] {
        assert!(bench.step(event.clone()).is_empty(), "{event:?}");
    }
    bench.exited("a", Exit::Code(0), 0);
    bench.exited("a", Exit::Code(9), 4);
    assert!(bench.effects.is_empty());
    bench.emptied("a");
    bench.emptied("a");
    bench.exited("a", Exit::Code(9), 0);
    bench.step(Event::KeeperLost { run });
    assert!(bench.effects.is_empty(), "an ended run hears nothing");
    assert_eq!(bench.agent("a").last.as_ref().and_then(|last| last.exit), Some(Exit::Code(0)));
}

#[test]
fn a_timer_that_fires_before_its_time_is_armed_again_with_what_is_left() {
    let mut bench = ready();
    let (agent, run) = (bench.id("a"), bench.run("a"));
    let _ = bench.command(Command::Stop { agent });
    bench.later(Span(9_999));
    bench.step(Event::TimerFired { timer: TimerId::StopGrace(run) });
    assert_eq!(bench.told(), ["Arm StopGrace 1"]);
}
