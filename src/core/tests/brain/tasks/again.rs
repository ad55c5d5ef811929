//! Tests of tasks that are cancelled, and of tasks that are tried again.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{
    Held, Stage, TaskCommand, TaskDenied, TaskEffect, TaskSpec, TaskTimer, Trouble, Verdict, When,
};

fn one() -> Bench {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    bench
}

fn fails(bench: &mut Bench, name: &str) -> quarterdeck_core::ids::TaskId {
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec(name) });
    bench.take_task("a");
    bench.say_failed("a", task).expect("its own");
    assert_eq!(bench.stage(task), &Stage::Failed);
    task
}

#[test]
fn a_cancelled_task_is_taken_from_its_agent_who_is_told() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    bench.take_task("a");
    bench.cancel(task).expect("a person's");
    assert_eq!(bench.stage(task), &Stage::Cancelled);
    assert_eq!(bench.cancelled(), [(task, Some(person()))]);
    assert!(bench.told().iter().any(|told| told == "message.sent"), "{:?}", bench.told());
    assert!(bench.asked().contains(&TaskEffect::Abandon { task, attempt: 1 }));
    assert_eq!(bench.cancel(task), Err(TaskDenied::Ended { task }));
    let next = bench.add(spec("two"));
    assert_eq!(bench.take_task("a"), next, "its agent goes on");
}

#[test]
fn a_verification_is_cut_short_by_cancelling() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    bench.take_task("a");
    bench.say_done("a", task).expect("its own");
    bench.cancel(task).expect("a person's");
    bench.verified(task, Verdict::Verified);
    assert_eq!(bench.stage(task), &Stage::Cancelled, "a word that comes late is nothing");
}

#[test]
fn only_persons_cancel_and_retry() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    let by = Party::Run(bench.run("a"));
    let cancel = TaskCommand::Cancel { task, by: by.clone(), reason: None };
    assert_eq!(bench.task_command(cancel), Err(TaskDenied::PersonsOnly));
    assert_eq!(bench.task_command(TaskCommand::Retry { task, by, reason: None }), Err(TaskDenied::PersonsOnly));
    assert_eq!(bench.retry(task), Err(TaskDenied::NotEnded { task }));
}

#[test]
fn a_failed_task_that_is_retried_gets_as_many_attempts_again_and_those_skipped_wait_for_it() {
    let mut bench = one();
    let failed = bench.add(TaskSpec { attempts: Some(1), ..spec("build") });
    let behind = bench.add_needing("test", &[(failed, When::Done)]);
    let further = bench.add_needing("deploy", &[(behind, When::Done)]);
    bench.take_task("a");
    bench.say_failed("a", failed).expect("its own");
    assert_eq!(bench.stage(further), &Stage::Cancelled);
    assert_eq!(bench.retry(behind), Err(TaskDenied::NeedEnded { task: behind, need: failed }));
    bench.retry(failed).expect("a person's");
    assert_eq!((bench.task(failed).attempts_spent(), bench.task(failed).attempts_max), (1, 2));
    assert_eq!(bench.stage(behind), &Stage::Held(Held::Needs));
    assert_eq!(bench.stage(further), &Stage::Held(Held::Needs));
    bench.do_next("a");
    assert_eq!(bench.stage(behind), &Stage::Queued);
}

#[test]
fn what_waits_in_a_line_goes_back_when_a_need_is_to_be_done_again() {
    let mut bench = one();
    let failed = fails(&mut bench, "build");
    let clean = bench.add_needing("clean", &[(failed, When::Failed)]);
    assert_eq!(bench.stage(clean), &Stage::Queued);
    bench.retry(failed).expect("a person's");
    assert_eq!(bench.stage(clean), &Stage::Held(Held::Needs));
    bench.do_next("a");
    assert_eq!(bench.stage(clean), &Stage::Cancelled, "it is done after all");
}

#[test]
fn a_task_in_backoff_is_retried_at_once() {
    let mut bench = one();
    let task = bench.add(spec("one"));
    bench.take_task("a");
    bench.say_failed("a", task).expect("its own");
    bench.retry(task).expect("a person's");
    assert_eq!(bench.stage(task), &Stage::Queued);
    assert!(!bench.is_armed(quarterdeck_core::event::TimerId::Task(TaskTimer::Backoff(task))));
}

#[test]
fn a_refuted_task_is_tried_again_and_fails_in_the_end() {
    let mut bench = one();
    let task = bench.add(TaskSpec { attempts: Some(2), verify: Some("false".into()), ..spec("one") });
    for _ in 0..2 {
        bench.take_task("a");
        bench.say_done("a", task).expect("its own");
        bench.verified(task, Verdict::Refuted);
        if bench.stage(task) != &Stage::Failed {
            bench.fire_task(TaskTimer::Backoff(task));
        }
    }
    assert_eq!((bench.stage(task), bench.task(task).verdict), (&Stage::Failed, Some(Verdict::Refuted)));
    assert_eq!(bench.task(task).trouble, Some(Trouble::Refuted));
}
