//! Tests of the time limits of tasks, and of time that is suspended.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::command::Command;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::task::{Clock, Held, Stage, TaskSpec, TaskTimer, Trouble};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::State;

fn limited() -> TaskSpec {
    TaskSpec { timeout: Some(Span(30_000)), attempts: Some(2), ..spec("one") }
}

#[test]
fn a_task_that_takes_too_long_is_taken_from_its_agent() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let task = bench.add(limited());
    bench.take_task("a");
    bench.fire_task(TaskTimer::Timeout(task));
    assert_eq!(bench.task(task).trouble, Some(Trouble::TimedOut(Span(30_000))));
    assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })));
    assert!(bench.told().iter().any(|told| told == "message.sent"), "its agent is told: {:?}", bench.told());
    assert!(bench.say_done("a", task).is_err(), "it is no longer its own");
    bench.fire_task(TaskTimer::Backoff(task));
    bench.take_task("a");
    bench.fire_task(TaskTimer::Timeout(task));
    assert_eq!(bench.stage(task), &Stage::Failed);
}

#[test]
fn a_one_shot_run_that_takes_too_long_is_stopped_first() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let task = bench.add(limited());
    bench.launch("a");
    bench.fire_task(TaskTimer::Timeout(task));
    assert!(matches!(bench.state("a"), State::Stopping { .. }));
    assert_eq!(bench.stage(task), &Stage::Running, "it may still write");
    bench.exits("a", 0);
    assert_eq!(bench.task(task).trouble, Some(Trouble::TimedOut(Span(30_000))));
    assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })));
}

#[test]
fn time_stands_still_while_the_run_is_frozen() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let task = bench.add(limited());
    bench.take_task("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    bench.later(Span(10_000));
    let _ = bench.command(Command::Pause { agent });
    assert_eq!(bench.task(task).clock, Clock::Left(Span(20_000)));
    assert!(!bench.is_armed(TimerId::Task(TaskTimer::Timeout(task))));
    bench.step(Event::Frozen { run, processes: 1 });
    bench.later(Span(3_600_000));
    bench.step(Event::TimerFired { timer: TimerId::Task(TaskTimer::Timeout(task)) });
    assert_eq!(bench.stage(task), &Stage::Running);
    let _ = bench.command(Command::Resume { agent });
    bench.step(Event::Thawed { run });
    assert_eq!(bench.task(task).clock, Clock::Due(bench.now + Span(20_000)));
    bench.supervisor_dies();
    assert!(bench.is_armed(TimerId::Task(TaskTimer::Timeout(task))), "the next supervisor arms it");
}

#[test]
fn the_task_says_how_long_then_its_agent_then_the_fleet() {
    let mut agent = puller("a");
    agent.task_timeout = Some(Span(7_000));
    let mut bench = Bench::new(vec![agent]);
    bench.ready("a");
    let own = bench.add(limited());
    let general = bench.add(spec("two"));
    assert_eq!(bench.take_task("a"), own);
    assert_eq!(bench.task(own).clock, Clock::Due(bench.now + Span(30_000)));
    bench.finish("a", own);
    assert_eq!(bench.take_task("a"), general);
    assert_eq!(bench.task(general).clock, Clock::Due(bench.now + Span(7_000)));
}

#[test]
fn a_task_that_waits_for_its_parts_has_no_time_limit() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let whole = bench.add(limited());
    bench.take_task("a");
    bench.add(TaskSpec { parent: Some(whole), ..spec("part") });
    bench.say_done("a", whole).expect("a works on it");
    assert_eq!(bench.task(whole).clock, Clock::Off);
    bench.supervisor_dies();
    assert!(!bench.is_armed(TimerId::Task(TaskTimer::Timeout(whole))), "nobody works on it");
}

#[test]
fn a_timer_that_comes_early_is_armed_again() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let task = bench.add(limited());
    bench.take_task("a");
    bench.later(Span(29_000));
    bench.step(Event::TimerFired { timer: TimerId::Task(TaskTimer::Timeout(task)) });
    assert_eq!(bench.told(), ["Arm Task 1000"]);
}
