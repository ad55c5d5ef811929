//! Tests of tasks that are divided into parts.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Held, Need, Stage, TaskDenied, TaskSpec, Trouble, Verdict, When};

fn part(name: &str, parent: TaskId) -> TaskSpec {
    TaskSpec { parent: Some(parent), attempts: Some(1), ..spec(name) }
}

fn one() -> Bench {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    bench
}

#[test]
fn a_parent_is_done_when_its_parts_are() {
    let mut bench = one();
    let parent = bench.add(spec("whole"));
    let after = bench.add_needing("after", &[(parent, When::Done)]);
    let parts = [bench.add(part("p1", parent)), bench.add(part("p2", parent))];
    assert_eq!(bench.stage(parent), &Stage::Held(Held::Parts));
    let counted = |bench: &Bench| bench.fleet.view().tasks.parts_done(bench.task(parent));
    assert_eq!(counted(&bench), Some((0, 2)));
    for task in parts {
        assert_eq!(bench.take_task("a"), task, "the parent itself is nobody's");
        bench.say_done("a", task).expect("its own");
        bench.verified(task, Verdict::Verified);
    }
    assert_eq!((bench.stage(parent), counted(&bench)), (&Stage::Done, Some((2, 2))));
    assert_eq!(bench.task(parent).verdict, Some(Verdict::Verified));
    assert_eq!(bench.stage(after), &Stage::Queued);
}

#[test]
fn a_part_that_fails_fails_its_parent_and_a_retry_mends_both() {
    let mut bench = one();
    let parent = bench.add(spec("whole"));
    let parts = [bench.add(part("p1", parent)), bench.add(part("p2", parent))];
    bench.take_task("a");
    bench.say_failed("a", parts[0]).expect("its own");
    assert_eq!(bench.stage(parent), &Stage::Held(Held::Parts), "the other goes on");
    bench.do_next("a");
    assert_eq!(
        (bench.stage(parent), &bench.task(parent).trouble),
        (&Stage::Failed, &Some(Trouble::Parts { failed: 1 }))
    );
    bench.retry(parent).expect("a person's");
    assert_eq!((bench.stage(parent), bench.stage(parts[0])), (&Stage::Held(Held::Parts), &Stage::Queued));
    assert_eq!(bench.stage(parts[1]), &Stage::Done, "what is done stays so");
    bench.do_next("a");
    assert_eq!(bench.stage(parent), &Stage::Done);
}

#[test]
fn an_agent_may_divide_what_it_works_on() {
    let mut bench = one();
    let parent = bench.add(spec("whole"));
    bench.take_task("a");
    let only = bench.add(part("p1", parent));
    assert_eq!(bench.stage(parent), &Stage::Running);
    bench.say_done("a", parent).expect("its own");
    assert_eq!(bench.stage(parent), &Stage::Held(Held::Parts), "and a is free");
    assert_eq!(bench.do_next("a"), only);
    assert_eq!(bench.stage(parent), &Stage::Done);
    assert_eq!(bench.try_add(part("late", parent)), Err(TaskDenied::ParentEnded { parent }));
}

#[test]
fn a_part_waits_for_what_its_parent_waits_for_and_never_for_its_parent() {
    let mut bench = one();
    let before = bench.add(spec("before"));
    let parent = bench.add_needing("whole", &[(before, When::Done)]);
    let only = bench.add(part("p1", parent));
    assert_eq!(bench.stage(only), &Stage::Held(Held::Needs));
    let after = bench.add_needing("after", &[(parent, When::Done)]);
    let circle = TaskSpec { needs: vec![Need { task: after, when: When::Done }], ..part("p2", parent) };
    assert_eq!(bench.try_add(circle), Err(TaskDenied::Circle { tasks: vec![after, parent] }));
}

#[test]
fn cancelling_a_parent_cancels_its_parts() {
    let mut bench = one();
    let parent = bench.add(spec("whole"));
    let parts = [bench.add(part("p1", parent)), bench.add(part("p2", parent))];
    bench.take_task("a");
    bench.cancel(parent).expect("a person's");
    for task in [parent, parts[0], parts[1]] {
        assert_eq!(bench.stage(task), &Stage::Cancelled);
    }
}
