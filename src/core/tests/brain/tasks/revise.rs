//! Tests of tasks that are revised after they were added, and of tasks that are made of their parts.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::policy::AgentPolicy;
use quarterdeck_core::task::{Held, Need, Placement, Stage, TaskAnswer, TaskCommand, TaskDenied, TaskSpec, When};

fn with(agent: AgentPolicy) -> Bench {
    let mut bench = Bench::new(vec![agent]);
    bench.ready("a");
    bench
}

impl Bench {
    fn revise(&mut self, task: TaskId, spec: TaskSpec) -> Result<TaskAnswer, TaskDenied> {
        self.task_command(TaskCommand::Revise { task, spec: Box::new(spec), by: person() })
    }
}

#[test]
fn a_task_that_waits_becomes_another_and_stands_where_that_belongs() {
    let mut bench = with(able(puller("a"), &["rust"]));
    let first = bench.add(spec("first"));
    let second = bench.add(spec("second"));
    bench.revise(second, TaskSpec { priority: 9, prompt: "do it well".into(), ..spec("second") }).expect("revised");
    assert_eq!(bench.take_task("a"), second, "it goes first now");
    assert_eq!(bench.task(second).spec.prompt, "do it well");
    bench.revise(first, TaskSpec { required_capabilities: words(&["sql"]), ..spec("first") }).expect("revised");
    assert!(matches!(bench.stage(first), Stage::Held(Held::Nobody { .. })));
    let needs = vec![Need { task: second, when: When::Done }];
    bench.revise(first, TaskSpec { needs, ..spec("first") }).expect("revised");
    assert_eq!((bench.stage(first), bench.task(first).unmet), (&Stage::Held(Held::Needs), 1));
    bench.revise(first, spec("first")).expect("revised");
    assert_eq!((bench.stage(first), bench.task(second).needed_by.as_slice()), (&Stage::Queued, &[][..]));
}

#[test]
fn a_task_in_hand_or_done_stays_what_it_is_and_a_circle_is_refused() {
    let mut bench = with(puller("a"));
    let one = bench.add(spec("one"));
    let two = bench.add_needing("two", &[(one, When::Done)]);
    let circle = TaskSpec { needs: vec![Need { task: two, when: When::Done }], ..spec("one") };
    assert!(matches!(bench.revise(one, circle), Err(TaskDenied::Circle { .. })));
    bench.take_task("a");
    assert!(matches!(bench.revise(one, spec("one")), Err(TaskDenied::Taken { .. })));
    bench.finish("a", one);
    assert!(matches!(bench.revise(one, spec("one")), Err(TaskDenied::Ended { .. })));
    assert!(matches!(bench.revise(TaskId(99), spec("x")), Err(TaskDenied::UnknownTask { .. })));
}

#[test]
fn a_task_that_failed_becomes_another_and_is_done_once_more_when_that_is_asked_for() {
    let mut bench = with(puller("a"));
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    bench.take_task("a");
    bench.say_failed("a", task).expect("failed");
    assert_eq!(bench.stage(task), &Stage::Failed);
    bench.revise(task, TaskSpec { prompt: "do it well".into(), ..spec("one") }).expect("revised");
    assert_eq!(bench.stage(task), &Stage::Failed, "that alone does not do it once more");
    bench.retry(task).expect("once more");
    assert_eq!(bench.take_task("a"), task);
    assert_eq!(bench.task(task).spec.prompt, "do it well");
}

#[test]
fn a_whole_that_is_divided_goes_to_nobody_and_is_done_with_the_last_of_its_parts() {
    let mut bench = with(puller("a"));
    let whole = bench.add(TaskSpec { placement: Placement::Parts(2), ..spec("whole") });
    assert_eq!(bench.stage(whole), &Stage::Held(Held::Parts), "though it has none yet");
    let run = bench.run("a");
    let asked = TaskCommand::Claim { run, task: Some(whole), wait: NOT };
    assert_eq!(bench.task_command(asked), Err(TaskDenied::HasParts { task: whole }));
    for part in ["part1", "part2"] {
        let part = bench.add(TaskSpec { parent: Some(whole), ..spec(part) });
        assert_eq!(bench.take_task("a"), part);
        assert_eq!(bench.stage(whole), &Stage::Held(Held::Parts));
        bench.finish("a", part);
    }
    assert_eq!(bench.stage(whole), &Stage::Done);
}

#[test]
fn a_task_that_waits_is_divided() {
    let mut bench = with(puller("a"));
    let whole = bench.add(spec("whole"));
    bench.revise(whole, TaskSpec { placement: Placement::Parts(1), ..spec("whole") }).expect("revised");
    assert_eq!(bench.stage(whole), &Stage::Held(Held::Parts));
    let part = bench.add(TaskSpec { parent: Some(whole), ..spec("part") });
    bench.revise(part, TaskSpec { priority: 3, parent: None, ..spec("part") }).expect("revised");
    assert_eq!(bench.task(part).spec.parent, Some(whole), "its parent stays");
    bench.cancel(part).expect("cancelled");
    assert_eq!(bench.stage(whole), &Stage::Failed);
}
