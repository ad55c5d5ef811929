//! Tests of the dependencies of tasks, and of the effects when a dependency ends.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Held, Need, Stage, TaskDenied, TaskSpec, TaskTimer, When};

fn one() -> Bench {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    bench
}

fn take_provided(bench: &mut Bench, task: TaskId) {
    let _ = bench.claim("a", NOT).expect("there is one");
    bench.provided(task);
    assert_eq!(bench.stage(task), &Stage::Running);
}

#[test]
fn a_task_waits_for_all_it_needs() {
    let mut bench = one();
    let (a, b) = (bench.add(spec("a")), bench.add(spec("b")));
    let c = bench.add_needing("c", &[(a, When::Done), (b, When::Done)]);
    assert_eq!((bench.stage(c), bench.task(c).unmet), (&Stage::Held(Held::Needs), 2));
    bench.do_next("a");
    assert_eq!((bench.stage(c), bench.task(c).unmet), (&Stage::Held(Held::Needs), 1));
    bench.do_next("a");
    assert_eq!((bench.stage(c), bench.task(c).unmet), (&Stage::Queued, 0));
    take_provided(&mut bench, c);
}

#[test]
fn a_failure_skips_what_needs_success_and_starts_what_waits_for_failure() {
    let mut bench = one();
    let build = bench.add(TaskSpec { attempts: Some(1), ..spec("build") });
    let test = bench.add_needing("test", &[(build, When::Done)]);
    let deploy = bench.add_needing("deploy", &[(test, When::Done)]);
    let clean = bench.add_needing("clean", &[(build, When::Failed)]);
    let report = bench.add_needing("report", &[(deploy, When::Settled)]);
    bench.take_task("a");
    bench.say_failed("a", build).expect("its own");
    assert_eq!((bench.stage(test), bench.task(test).skipped_for), (&Stage::Cancelled, Some(build)));
    assert_eq!((bench.stage(deploy), bench.task(deploy).skipped_for), (&Stage::Cancelled, Some(test)));
    assert_eq!((bench.stage(clean), bench.stage(report)), (&Stage::Queued, &Stage::Queued));
}

#[test]
fn what_waits_for_a_failure_is_skipped_by_success() {
    let mut bench = one();
    let build = bench.add(spec("build"));
    let clean = bench.add_needing("clean", &[(build, When::Failed)]);
    bench.do_next("a");
    assert_eq!(bench.stage(clean), &Stage::Cancelled);
}

#[test]
fn a_need_that_has_ended_already_counts_at_once() {
    let mut bench = one();
    let build = bench.add(spec("build"));
    bench.do_next("a");
    let test = bench.add_needing("test", &[(build, When::Done)]);
    assert_eq!(bench.stage(test), &Stage::Queued);
    let clean = bench.add_needing("clean", &[(build, When::Failed)]);
    assert_eq!(bench.stage(clean), &Stage::Cancelled);
}

#[test]
fn a_long_chain_is_skipped_in_one_step() {
    let mut bench = one();
    let first = bench.add(TaskSpec { attempts: Some(1), ..spec("first") });
    let mut last = first;
    for at in 0..300 {
        last = bench.add_needing(&format!("n{at}"), &[(last, When::Done)]);
    }
    bench.take_task("a");
    bench.say_failed("a", first).expect("its own");
    assert_eq!(bench.stage(last), &Stage::Cancelled);
}

#[test]
fn unknown_needs_and_bad_names_are_refused() {
    let mut bench = one();
    let need = Need { task: TaskId(77), when: When::Done };
    let unknown = bench.try_add(TaskSpec { needs: vec![need], ..spec("x") });
    assert_eq!(unknown, Err(TaskDenied::UnknownTask { task: TaskId(77) }));
    let first = bench.add(spec("x"));
    assert_eq!(bench.try_add(spec("x")), Err(TaskDenied::NameTaken { name: "x".into(), task: first }));
    for name in ["t12", "mine", "../x", "a b", ".x", "-x"] {
        assert_eq!(bench.try_add(spec(name)), Err(TaskDenied::BadName { name: name.into() }), "{name}");
    }
    let unnamed = bench.add(spec(""));
    assert_eq!(bench.task(unnamed).spec.name, unnamed.to_string());
    assert_eq!(bench.try_add(TaskSpec { prompt: " \n".into(), ..spec("y") }), Err(TaskDenied::NoPrompt));
    let long = TaskSpec { prompt: "x".repeat(70_000), ..spec("y") };
    assert!(matches!(bench.try_add(long), Err(TaskDenied::TooLong { .. })));
}

#[test]
fn a_task_that_is_tried_again_keeps_those_behind_it_waiting() {
    let mut bench = one();
    let build = bench.add(spec("build"));
    let test = bench.add_needing("test", &[(build, When::Done)]);
    bench.take_task("a");
    bench.say_failed("a", build).expect("its own");
    assert_eq!(bench.stage(test), &Stage::Held(Held::Needs));
    bench.fire_task(TaskTimer::Backoff(build));
    bench.do_next("a");
    assert_eq!(bench.stage(test), &Stage::Queued);
}
