//! Tests of pausing: the tree is frozen, and with it the run's timers and the agent's restart window.

use crate::common::*;
use quarterdeck_core::command::{Command, Denied};
use quarterdeck_core::ending::{Exit, GiveUp};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::policy::{AgentPolicy, Readiness, RestartPolicy};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::{Pause, State};

#[test]
fn a_pause_is_confirmed_by_the_kernel_and_a_resume_too() {
    let mut bench = Bench::new(vec![policy("a")]);
    let agent = bench.id("a");
    assert_eq!(bench.command(Command::Pause { agent }), Err(Denied::NotPausable));
    bench.ready("a");
    let run = bench.run("a");
    assert_eq!(bench.command(Command::Resume { agent }), Err(Denied::NotPaused));
    assert_eq!(bench.command(Command::Pause { agent }), Ok(Some(agent)));
    assert_eq!(bench.told(), ["agent.pausing", "Freeze", "Reply"]);
    assert_eq!(bench.command(Command::Pause { agent }), Err(Denied::AlreadyPaused));
    bench.step(Event::Frozen { run, processes: 4 });
    assert_eq!(bench.told(), ["agent.paused"]);
    assert_eq!(bench.agent("a").pause, Pause::Paused);
    assert_eq!(bench.command(Command::Resume { agent }), Ok(Some(agent)));
    assert_eq!(bench.told(), ["Thaw", "Reply"]);
    bench.step(Event::Thawed { run });
    assert_eq!(bench.told(), ["agent.resumed"]);
    assert_eq!(bench.agent("a").pause, Pause::Running);
    bench.exits("a", 0);
    assert_eq!(bench.command(Command::Pause { agent }), Err(Denied::NotRunning));
}

#[test]
fn a_freeze_that_failed_says_so_and_the_run_goes_on() {
    let readiness = Readiness::Delay(Span(100));
    let mut bench = Bench::new(vec![AgentPolicy { readiness, ..policy("a") }]);
    bench.launch("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    bench.later(Span(30));
    let _ = bench.command(Command::Pause { agent });
    assert_eq!(bench.told(), ["agent.pausing", "Disarm Readiness", "Freeze", "Reply"]);
    bench.later(Span(5));
    bench.step(Event::FreezeFailed { run, reason: "zombie".into() });
    assert_eq!(bench.told(), ["agent.pause_failed", "Arm Readiness 70"]);
}

#[test]
fn timers_stand_still_and_get_exactly_what_was_left() {
    let readiness = Readiness::Delay(Span(100));
    let mut bench = Bench::new(vec![AgentPolicy { readiness, ..policy("a") }]);
    bench.launch("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    bench.later(Span(40));
    let _ = bench.command(Command::Pause { agent });
    bench.step(Event::Frozen { run, processes: 1 });
    bench.later(Span::from_secs(3_600));
    bench.step(Event::TimerFired { timer: TimerId::Readiness(run) });
    assert!(bench.effects.is_empty(), "a firing under way when the pause came is late");
    let _ = bench.command(Command::Resume { agent });
    bench.later(Span(7));
    bench.step(Event::Thawed { run });
    assert_eq!(bench.told(), ["agent.resumed", "Arm Readiness 60"]);
}

#[test]
fn a_timer_wanted_while_frozen_begins_when_the_tree_runs_again() {
    let mut bench = Bench::new(vec![AgentPolicy { readiness: Readiness::Command { period: Span(50) }, ..policy("a") }]);
    bench.launch("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    let _ = bench.command(Command::Pause { agent });
    bench.step(Event::ProbeFailed { run });
    assert!(bench.effects.is_empty());
    let _ = bench.command(Command::Resume { agent });
    bench.step(Event::Thawed { run });
    assert_eq!(bench.told(), ["agent.resumed", "Arm Readiness 50"]);
}

#[test]
fn the_restart_window_does_not_count_time_spent_frozen() {
    let paused_hour = |bench: &mut Bench| {
        let (agent, run) = (bench.id("a"), bench.run("a"));
        let _ = bench.command(Command::Pause { agent });
        bench.step(Event::Frozen { run, processes: 1 });
        bench.later(Span::from_secs(3_600));
        let _ = bench.command(Command::Resume { agent });
        bench.step(Event::Thawed { run });
    };
    let waiting_hour = |bench: &mut Bench| bench.later(Span::from_secs(3_600));
    let after_two_failures_with = |between: &dyn Fn(&mut Bench)| {
        let restart = RestartPolicy { budget: 1, ..RestartPolicy::default() };
        let mut bench = Bench::new(vec![AgentPolicy { restart, ..policy("a") }]);
        bench.ready("a");
        bench.exits("a", 1);
        let agent = bench.id("a");
        bench.fire(TimerId::Backoff(agent));
        bench.ready("a");
        between(&mut bench);
        bench.exits("a", 1);
        bench.state("a").clone()
    };
    let spent = GiveUp::BudgetSpent { restarts: 1, window: Span::from_secs(600) };
    assert_eq!(after_two_failures_with(&paused_hour), State::GaveUp { why: spent });
    assert!(matches!(after_two_failures_with(&waiting_hour), State::Backoff { .. }));
}

#[test]
fn a_tree_that_dies_while_frozen_ends_as_any_other() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    let _ = bench.command(Command::Pause { agent });
    bench.step(Event::Frozen { run, processes: 2 });
    bench.exited("a", Exit::Signal(9), 1);
    assert_eq!(
        bench.told(),
        ["agent.exited", "agent.stopping", "Thaw", "agent.signal_sent", "Signal 15", "Arm StopGrace 10000"]
    );
    bench.emptied("a");
    assert!(matches!(bench.state("a"), State::Backoff { .. }));
    assert_eq!(bench.agent("a").pause, Pause::Running);
}

#[test]
fn a_resume_before_the_freeze_is_confirmed_wins() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    let _ = bench.command(Command::Pause { agent });
    let _ = bench.command(Command::Resume { agent });
    bench.step(Event::Frozen { run, processes: 2 });
    assert!(bench.effects.is_empty());
    assert_eq!(bench.command(Command::Pause { agent }), Err(Denied::AlreadyPaused));
    bench.step(Event::Thawed { run });
    assert_eq!(bench.told(), ["agent.resumed"]);
}
