//! Tests of prompts that are typed into terminals.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::command::Command;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::task::{Held, Stage, TaskEffect, TaskEvent, TaskTimer, Verdict, When};

fn one() -> Bench {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.launch("a");
    bench
}

#[test]
fn a_prompt_is_delivered_to_a_ready_run_and_to_no_other() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    assert_eq!(bench.stage(task), &Stage::Queued, "it is not ready yet");
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    assert!(matches!(bench.asked()[..], [TaskEffect::Deliver { task: asked, attempt: 1, .. }] if asked == task));
    assert_eq!(bench.stage(task), &Stage::Assigned);
    bench.delivered(task);
    assert_eq!(bench.stage(task), &Stage::Running);
    bench.finish("a", task);
}

#[test]
fn inputs_come_before_the_prompt() {
    let mut bench = one();
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    bench.delivered(first);
    bench.finish("a", first);
    assert!(matches!(bench.asked()[..], [TaskEffect::Provide { task, .. }] if task == second));
    bench.provided(second);
    assert!(matches!(bench.asked()[..], [TaskEffect::Deliver { task, .. }] if task == second));
    bench.supervisor_dies();
    assert!(matches!(bench.asked()[..], [TaskEffect::Deliver { .. }]), "asked again from where it was");
}

#[test]
fn silence_is_the_word_where_it_is_configured_to_be() {
    let mut bench = one();
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    bench.step(Event::Task(TaskEvent::TurnEnded { run }));
    let task = bench.add(spec("one"));
    bench.step(Event::Task(TaskEvent::TurnEnded { run }));
    assert_eq!(bench.stage(task), &Stage::Assigned, "silence before the prompt says nothing");
    bench.delivered(task);
    bench.step(Event::Task(TaskEvent::TurnEnded { run }));
    assert_eq!(bench.stage(task), &Stage::Verifying);
    bench.verified(task, Verdict::Unverified);
    assert_eq!(bench.stage(task), &Stage::Done);
}

#[test]
fn a_prompt_that_can_not_be_typed_is_tried_again() {
    let mut bench = one();
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    let task = bench.add(spec("one"));
    let reason = "a person types".to_string();
    bench.step(Event::Task(TaskEvent::DeliveryFailed { task, attempt: 1, reason: reason.clone() }));
    assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })));
    bench.step(Event::Task(TaskEvent::Delivered { task, attempt: 1 }));
    assert!(matches!(bench.stage(task), Stage::Held(_)), "a word that comes late is nothing");
}

#[test]
fn a_run_that_ends_without_a_word_gives_its_task_back() {
    let mut bench = one();
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    let task = bench.add(spec("one"));
    bench.delivered(task);
    bench.exits("a", 0);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 1));
}

#[test]
fn an_agent_that_answers_before_it_is_known_to_be_delivered_is_heard() {
    let mut bench = one();
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    let task = bench.add(spec("one"));
    bench.finish("a", task);
}

/// Returns a typed task that is being worked on, and the run that works on it.
fn delivered(bench: &mut Bench) -> (quarterdeck_core::ids::TaskId, quarterdeck_core::ids::RunId) {
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    let task = bench.add(spec("one"));
    bench.delivered(task);
    (task, run)
}

fn silent(bench: &mut Bench, run: quarterdeck_core::ids::RunId, why: Option<&str>) {
    bench.step(Event::Task(TaskEvent::TurnSilent { run, why: why.map(str::to_owned) }));
}

#[test]
fn a_turn_that_ends_without_a_word_asks_and_is_done_if_nobody_answers() {
    let mut bench = one();
    let (task, run) = delivered(&mut bench);
    let next = bench.add(spec("two"));
    silent(&mut bench, run, None);
    silent(&mut bench, run, None);
    assert_eq!(bench.told(), Vec::<String>::new(), "it is asked once");
    assert!(bench.is_armed(TimerId::Task(TaskTimer::Asks(task))));
    bench.step(Event::Task(TaskEvent::TurnBegun { run }));
    assert!(!bench.is_armed(TimerId::Task(TaskTimer::Asks(task))), "it works on it again");
    silent(&mut bench, run, None);
    bench.supervisor_dies();
    bench.fire(TimerId::Task(TaskTimer::Asks(task)));
    assert_eq!(bench.stage(task), &Stage::Verifying);
    bench.verified(task, Verdict::Unverified);
    assert_eq!(bench.stage(task), &Stage::Done);
    assert_eq!(bench.stage(next), &Stage::Assigned, "its agent's queue goes on");
}

#[test]
fn a_turn_that_ended_in_an_error_has_failed_if_nobody_answers() {
    let mut bench = one();
    let (task, run) = delivered(&mut bench);
    silent(&mut bench, run, Some("429"));
    bench.fire(TimerId::Task(TaskTimer::Asks(task)));
    assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })), "{:?}", bench.stage(task));
}

#[test]
fn what_was_typed_is_not_typed_again_when_its_run_is_ended() {
    let mut bench = one();
    let (task, _) = delivered(&mut bench);
    let agent = bench.id("a");
    bench.ask(Command::Stop { agent });
    bench.exits("a", 0);
    assert_eq!(bench.stage(task), &Stage::Failed, "whether it is done nobody knows");
    let mut bench = one();
    let (task, run) = delivered(&mut bench);
    silent(&mut bench, run, None);
    let agent = bench.id("a");
    bench.ask(Command::Stop { agent });
    bench.exits("a", 0);
    assert_eq!(bench.stage(task), &Stage::Verifying, "its turn was over");
}

#[test]
fn a_frozen_agent_gives_a_person_time() {
    let mut bench = one();
    let (task, run) = delivered(&mut bench);
    silent(&mut bench, run, None);
    let agent = bench.id("a");
    bench.ask(Command::Pause { agent });
    bench.step(Event::Frozen { run, processes: 1 });
    bench.fire(TimerId::Task(TaskTimer::Asks(task)));
    assert_eq!(bench.stage(task), &Stage::Running);
}
