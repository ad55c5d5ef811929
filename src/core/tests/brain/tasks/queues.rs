//! Tests of which agent may take which task: capabilities, bound tasks, queues of agents, stealing.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::fleet::tasks::explain::{Obstacle, TaskReason};
use quarterdeck_core::task::{Held, Placement, Stage, TaskDenied, TaskSpec, When};

fn needing(name: &str, capabilities: &[&str]) -> TaskSpec {
    TaskSpec { required_capabilities: words(capabilities), ..spec(name) }
}

fn preferring(name: &str, agent: &str) -> TaskSpec {
    TaskSpec { placement: Placement::Prefer(agent.into()), ..spec(name) }
}

fn bound(name: &str, agent: &str) -> TaskSpec {
    TaskSpec { placement: Placement::Only(agent.into()), ..spec(name) }
}

fn three() -> Bench {
    let agents = vec![puller("a"), able(puller("b"), &["rust"]), able(puller("c"), &["rust", "review"])];
    let mut bench = Bench::new(agents);
    ["a", "b", "c"].iter().for_each(|name| bench.ready(name));
    bench
}

#[test]
fn a_task_goes_only_to_who_can_do_it() {
    let mut bench = three();
    let task = bench.add(needing("x", &["review", "rust", "rust"]));
    assert_eq!(bench.task(task).spec.required_capabilities, words(&["review", "rust"]));
    for name in ["a", "b"] {
        assert!(bench.claim(name, NOT).is_ok_and(|answer| answer == quarterdeck_core::task::TaskAnswer::Nothing));
    }
    assert_eq!(bench.take_task("c"), task);
}

#[test]
fn what_nobody_can_do_is_held_with_the_reason_until_somebody_can() {
    let mut bench = three();
    let task = bench.add(needing("x", &["rust", "haskell"]));
    assert_eq!(bench.stage(task), &Stage::Held(Held::Nobody { missing: words(&["haskell"]) }));
    let apart = bench.add(needing("y", &["rust"]));
    bench.configure(100, vec![puller("a"), puller("b"), able(puller("c"), &["haskell"])]);
    assert!(matches!(bench.stage(apart), Stage::Queued), "live runs go on as they began");
    bench.exits("b", 0);
    bench.exits("c", 0);
    bench.step(quarterdeck_core::event::Event::TookOver);
    assert_eq!(bench.stage(task), &Stage::Held(Held::Nobody { missing: words(&["haskell"]) }), "nobody can do both");
    let policy = Box::new(able(puller("d"), &["rust", "haskell"]));
    bench.command(quarterdeck_core::command::Command::Spawn { policy }).expect("room");
    assert_eq!(bench.stage(task), &Stage::Queued);
}

#[test]
fn who_can_do_least_chooses_first() {
    let mut bench = Bench::new(vec![able(typist("expert"), &["rust"]), typist("helper")]);
    bench.ready("expert");
    bench.ready("helper");
    let (easy, hard) = (bench.add(spec("easy")), bench.add(needing("hard", &["rust"])));
    assert_eq!(bench.task(easy).agent, Some(bench.id("helper")));
    assert_eq!(bench.task(hard).agent, Some(bench.id("expert")));
}

#[test]
fn who_has_been_idle_longest_is_first() {
    let mut bench = Bench::new(vec![typist("a"), typist("b")]);
    bench.ready("a");
    bench.ready("b");
    let agents: Vec<_> = (0..4)
        .map(|at| {
            let task = bench.add(spec(&format!("n{at}")));
            let agent = bench.task(task).agent;
            let name = if agent == Some(bench.id("a")) { "a" } else { "b" };
            bench.finish(name, task);
            name
        })
        .collect();
    assert_eq!(agents, ["a", "b", "a", "b"]);
}

#[test]
fn a_preferred_agent_gets_its_task_when_it_is_idle_and_a_line_when_not() {
    let mut bench = Bench::new(vec![typist("a"), typist("b")]);
    bench.ready("a");
    let first = bench.add(preferring("one", "a"));
    assert_eq!(bench.task(first).agent, Some(bench.id("a")));
    let second = bench.add(preferring("two", "a"));
    assert_eq!((bench.stage(second), bench.task(second).agent), (&Stage::LinedUp, Some(bench.id("a"))));
    bench.delivered(first);
    bench.finish("a", first);
    assert_eq!((bench.stage(second), bench.task(second).agent), (&Stage::Assigned, Some(bench.id("a"))));
}

#[test]
fn an_idle_agent_takes_from_the_longest_queue_and_never_what_runs() {
    let mut bench = Bench::new(vec![puller("a"), puller("b"), puller("c")]);
    bench.ready("a");
    bench.ready("b");
    bench.ready("c");
    let running = bench.add(preferring("running", "a"));
    assert_eq!(bench.take_task("a"), running);
    let of_b = bench.add(preferring("b1", "b"));
    let of_a = [bench.add(preferring("a1", "a")), bench.add(preferring("a2", "a"))];
    assert_eq!(bench.take_task("c"), of_a[0]);
    assert!(bench.told().iter().any(|told| told == "task.stolen"), "{:?}", bench.told());
    assert_eq!((bench.stage(running), bench.task(running).agent), (&Stage::Running, Some(bench.id("a"))));
    assert_eq!(bench.take_task("b"), of_b, "its own first");
}

#[test]
fn what_is_bound_is_never_stolen() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("b");
    let task = bench.add(bound("x", "a"));
    assert_eq!(bench.stage(task), &Stage::LinedUp);
    assert!(bench.claim("b", NOT).is_ok_and(|answer| answer == quarterdeck_core::task::TaskAnswer::Nothing));
    bench.ready("a");
    assert_eq!(bench.take_task("a"), task);
    assert_eq!(bench.try_add(bound("y", "nobody")), Err(TaskDenied::UnknownAgent { name: "nobody".into() }));
    let beyond = TaskSpec { required_capabilities: words(&["rust"]), ..bound("z", "a") };
    assert!(matches!(bench.try_add(beyond), Err(TaskDenied::NotCapable { .. })));
}

#[test]
fn the_queue_of_an_agent_that_leaves_is_for_others() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    let loose = bench.add(preferring("loose", "a"));
    let only = bench.add(bound("only", "a"));
    bench.exits_before_ready("a");
    bench.configure(100, vec![puller("b")]);
    assert_eq!(bench.stage(loose), &Stage::Queued);
    assert_eq!(bench.stage(only), &Stage::Held(Held::NoAgent { name: "a".into() }));
    bench.configure(100, vec![puller("a"), puller("b")]);
    assert_eq!(bench.stage(only), &Stage::LinedUp, "it is there again");
}

#[test]
fn why_a_task_waits_is_told_down_to_the_root() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    let reasons = |bench: &Bench, task| -> Vec<TaskReason> {
        bench.fleet.explain_task(task, bench.now).chain.into_iter().map(|link| link.reason).collect()
    };
    let able = vec![(bench.id("a"), Obstacle::DoesNotAsk), (bench.id("b"), Obstacle::NotReady)];
    assert_eq!(reasons(&bench, second), [TaskReason::Needs { open: 1 }, TaskReason::NobodyIdle { able }]);
    bench.take_task("a");
    assert_eq!(reasons(&bench, second), [TaskReason::Needs { open: 1 }, TaskReason::Running(bench.id("a"))]);
    let third = bench.add(bound("three", "a"));
    let lined_up = TaskReason::LinedUp { agent: bench.id("a"), obstacle: Obstacle::WorksOn(first), length: 1 };
    assert_eq!(reasons(&bench, third), [lined_up]);
    bench.finish("a", first);
    assert_eq!(reasons(&bench, first), [TaskReason::Ended]);
}
