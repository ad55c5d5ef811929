//! Tests of agents that have one run for each task.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::command::{Command, ShutdownMode};
use quarterdeck_core::ending::Outcome;
use quarterdeck_core::event::Event;
use quarterdeck_core::task::{Held, Hope, Stage, TaskEffect, TaskEvent, TaskSpec, TaskTimer, Trouble, Verdict};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::State;

fn one() -> Bench {
    Bench::new(vec![one_shot("a")])
}

#[test]
fn a_run_begins_for_each_task_and_its_end_is_the_word() {
    let mut bench = one();
    assert_eq!(bench.state("a"), &State::Off, "it does not start with the fleet");
    assert!(bench.fleet.quiescent());
    let first = bench.add(spec("one"));
    let second = bench.add(spec("two"));
    assert_eq!(bench.of_run(bench.run("a")), Some(first), "the shell finds it by the run");
    assert_eq!((bench.stage(first), bench.stage(second)), (&Stage::Assigned, &Stage::Queued));
    bench.launch("a");
    assert_eq!(bench.stage(first), &Stage::Running);
    bench.exits("a", 0);
    assert_eq!(bench.stage(first), &Stage::Verifying);
    assert_eq!(bench.stage(second), &Stage::Queued, "the workspace is in use");
    assert!(matches!(bench.asked()[..], [TaskEffect::Verify { task, .. }] if task == first));
    assert!(!bench.fleet.quiescent(), "the verification goes on");
    bench.verified(first, Verdict::Verified);
    assert_eq!(bench.of_run(bench.run("a")), Some(second));
    bench.launch("a");
    bench.exits("a", 0);
    bench.verified(second, Verdict::Unverified);
    assert!(bench.fleet.quiescent());
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Completed });
}

#[test]
fn a_run_that_fails_is_not_restarted_but_its_task_is_tried_again() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    for (attempt, wait) in [(1, 2_000), (2, 4_000)] {
        bench.launch("a");
        bench.exits("a", 3);
        assert!(!matches!(bench.state("a"), State::Backoff { .. }), "the task's retry decides");
        let until = bench.now + Span(wait);
        assert_eq!((bench.stage(task), bench.task(task).attempt), (&Stage::Held(Held::Backoff { until }), attempt));
        assert!(!bench.fleet.quiescent(), "an attempt is to come");
        bench.fire_task(TaskTimer::Backoff(task));
    }
    bench.launch("a");
    bench.exits("a", 3);
    assert_eq!(bench.stage(task), &Stage::Failed);
    assert!(matches!(bench.task(task).trouble, Some(Trouble::RunEnded { .. })));
    assert!(bench.fleet.quiescent());
}

#[test]
fn waits_double_up_to_the_longest() {
    let policy = quarterdeck_core::task::TaskPolicy::default();
    let waits: Vec<u64> = [1, 2, 3, 4, 90, u32::MAX].map(|failed| policy.retry_wait(failed).0).into();
    assert_eq!(waits, [2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
}

#[test]
fn what_the_agent_says_goes_before_how_its_process_ends() {
    let mut bench = one();
    let (first, second) = (bench.add(spec("one")), bench.add(TaskSpec { attempts: Some(1), ..spec("two") }));
    bench.launch("a");
    bench.say_done("a", first).expect("its own");
    assert_eq!(bench.stage(first), &Stage::Running, "its process may still write");
    bench.exits("a", 9);
    bench.verified(first, Verdict::Unverified);
    assert_eq!(bench.stage(first), &Stage::Done);
    bench.launch("a");
    bench.say_failed("a", second).expect("its own");
    bench.exits("a", 0);
    assert_eq!(bench.task(second).trouble, Some(Trouble::Said(Some("no".into()))));
    assert_eq!(bench.stage(second), &Stage::Failed);
}

#[test]
fn a_cancelled_task_ends_when_nothing_of_its_run_is_left() {
    let mut bench = one();
    let (first, second) = (bench.add(spec("one")), bench.add(spec("two")));
    bench.launch("a");
    bench.cancel(first).expect("a person's");
    assert!(matches!(bench.state("a"), State::Stopping { .. }));
    assert_eq!((bench.stage(first), bench.stage(second)), (&Stage::Running, &Stage::Queued));
    bench.exits("a", 0);
    assert_eq!(bench.stage(first), &Stage::Cancelled);
    assert_eq!(bench.cancelled(), [(first, Some(person()))], "whoever wanted it is still named");
    assert_eq!(bench.stage(second), &Stage::Assigned, "it goes on with the next");
}

#[test]
fn an_agent_that_a_person_stops_takes_no_task_until_it_is_started() {
    let mut bench = one();
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    bench.launch("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    bench.exits("a", 0);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
    assert!(bench.fleet.quiescent(), "a person is needed");
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.stage(task), &Stage::Assigned);
}

#[test]
fn started_by_hand_without_a_task_it_does_nothing() {
    let mut bench = one();
    let agent = bench.id("a");
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.state("a"), &State::Off);
    assert_eq!(bench.command(Command::Restart { agent }), Ok(Some(agent)));
    assert_eq!(bench.state("a"), &State::Off);
}

#[test]
fn a_task_waits_for_a_place_and_not_in_the_hand_of_who_has_none() {
    let mut bench = Bench::with_slots(1, vec![puller("busy"), one_shot("a"), one_shot("b")]);
    bench.ready("busy");
    let task = bench.add(spec("one"));
    assert_eq!(bench.stage(task), &Stage::Queued);
    bench.exits("busy", 0);
    assert_eq!(bench.stage(task), &Stage::Assigned);
}

#[test]
fn after_a_shutdown_the_next_supervisor_goes_on_where_it_was() {
    let mut bench = one();
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    bench.launch("a");
    let _ = bench.command(Command::Shutdown { mode: ShutdownMode::Graceful });
    bench.exits("a", 0);
    assert!(bench.fleet.is_shut_down());
    assert_eq!(bench.stage(task), &Stage::Queued);
    bench.supervisor_dies();
    bench.configure(100, vec![one_shot("a")]);
    assert_eq!(bench.stage(task), &Stage::Assigned, "and no attempt is used up");
}

#[test]
fn a_verification_that_a_supervisor_left_is_asked_for_again() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    bench.launch("a");
    bench.exits("a", 0);
    bench.supervisor_dies();
    assert!(matches!(bench.asked()[..], [TaskEffect::Verify { task: asked, attempt: 1, .. }] if asked == task));
    bench.verified(task, Verdict::Unverified);
    assert_eq!(bench.stage(task), &Stage::Done);
}

#[test]
fn a_workspace_that_can_not_be_made_fails_the_attempt() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    let run = bench.run("a");
    bench.step(quarterdeck_core::event::Event::PrepareFailed { run, reason: "conflict in a.rs".into() });
    assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })));
}

#[test]
fn what_can_never_be_laid_ready_fails_once_its_run_has_ended() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    let reason = "both change a.txt".to_string();
    let told = TaskEvent::ProvideFailed { task, attempt: 1, reason: reason.clone(), hope: Hope::Never };
    bench.step(Event::Task(told));
    assert_eq!(bench.stage(task), &Stage::Assigned, "its run is still there");
    let run = bench.run("a");
    bench.step(Event::PrepareFailed { run, reason });
    assert_eq!(bench.stage(task), &Stage::Failed, "though attempts are left");
    assert!(matches!(bench.task(task).trouble, Some(Trouble::NotProvided(_))));
}

/// Tests that a client that starts such an agent is told at once that it starts with its next task, because no run
/// begins that the client could wait for.
#[test]
fn starting_it_says_that_it_takes_tasks() {
    let mut bench = one();
    let agent = bench.id("a");
    for _ in 0..2 {
        bench.ask(Command::Start { agent });
        assert_eq!(bench.told(), ["agent.takes_tasks", "Reply"]);
        let _ = bench.command(Command::Stop { agent });
    }
}
