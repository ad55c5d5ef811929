//! Tests of the locks that tasks take.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::scope::Resource;
use quarterdeck_core::task::{Held, Locked, Stage, TaskAnswer, TaskDenied, TaskSpec, Trouble};
use quarterdeck_core::time::Span;

fn locking(name: &str, locks: &[&str]) -> TaskSpec {
    TaskSpec { locks: words(locks), ..spec(name) }
}

fn two() -> Bench {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    bench
}

#[test]
fn locks_are_taken_before_it_starts_and_given_back_after() {
    let mut bench = two();
    let task = bench.add(locking("one", &["src/lexer"]));
    assert_eq!(bench.fleet.view().locks.leases().count(), 0, "nobody could take it yet");
    bench.take_task("a");
    assert_eq!((bench.task(task).locked, bench.fleet.view().locks.leases().count()), (Locked::Held, 1));
    bench.finish("a", task);
    assert_eq!(bench.fleet.view().locks.leases().count(), 0, "in the same step");
}

#[test]
fn a_task_whose_locks_are_held_waits_in_the_line_and_the_next_goes_on() {
    let mut bench = two();
    let first = bench.add(locking("one", &["src"]));
    let second = bench.add(locking("two", &["src/lexer"]));
    let third = bench.add(spec("three"));
    bench.take_task("a");
    assert_eq!(bench.take_task("b"), third);
    assert_eq!(bench.stage(second), &Stage::Held(Held::Locks));
    assert!(!bench.fleet.quiescent());
    bench.finish("b", third);
    let fourth = bench.add(TaskSpec { priority: 99, ..spec("four") });
    bench.finish("a", first);
    assert_eq!((bench.stage(second), bench.task(second).locked), (&Stage::Queued, Locked::Held));
    assert_eq!(bench.take_task("b"), second, "once granted it goes first");
    assert_eq!(bench.take_task("a"), fourth);
}

/// Tests that a run that claims a task does not wait for a lock that it holds itself.
#[test]
fn what_its_own_worker_holds_keeps_no_task_from_its_locks() {
    let mut bench = two();
    let own = bench.take("a", &["src"]).lease;
    let task = bench.add(locking("one", &["src/lexer"]));
    assert_eq!(bench.take_task("a"), task);
    assert_eq!(bench.task(task).locked, Locked::Held);
    bench.finish("a", task);
    assert!(bench.fleet.view().locks.lease(own).is_some(), "its own lease stays");

    // A task that already waits for its locks is taken, too, as soon as no other party is in the way.
    let other = bench.take("b", &["docs"]).lease;
    let task = bench.add(locking("two", &["src", "docs"]));
    let waits = bench.claim("a", Span(u64::MAX));
    assert_eq!(bench.stage(task), &Stage::Held(Held::Locks), "{waits:?}");
    assert_eq!(bench.claim("b", NOT), Ok(TaskAnswer::Nothing), "it is not for who is in the way");
    bench.give_back("b", other);
    assert_eq!(bench.task(task).agent, Some(bench.id("a")));
    bench.finish("a", task);
    assert_eq!(bench.fleet.view().locks.leases().count(), 1);
}

/// Tests that a unit held by a task is not taken twice: its run gets the task's own lease.
#[test]
fn what_a_task_holds_of_a_resource_its_run_has_already() {
    let mut bench = two();
    let mut fleet = FleetPolicy::default();
    for (name, capacity) in [("gpu", 1), ("port", 3)] {
        fleet.coordination.locks.resources.insert(name.into(), Resource { capacity, first: None });
    }
    bench.step(Event::Configured { fleet, agents: vec![puller("a"), puller("b")] });
    let task = bench.add(locking("one", &["gpu", "port", "src"]));
    bench.take_task("a");
    let held = bench.fleet.view().locks.leases().next().expect("the task's lease").grant(Span(0));
    let again = bench.take("a", &["gpu"]);
    assert_eq!((again.lease, again.token, again.scopes.len()), (held.lease, held.token, 1), "only what was asked for");
    assert_eq!(bench.take("a", &["port", "src/lexer"]).lease, held.lease);
    assert_eq!(bench.fleet.view().locks.leases().count(), 1);
    bench.give_back("a", held.lease);
    assert!(bench.fleet.view().locks.lease(held.lease).is_some(), "it goes back with the task");

    let more = bench.take("a", &["port", "port"]);
    let units =
        |grant: &quarterdeck_core::lock::Grant| grant.scopes.iter().filter_map(|held| held.unit).collect::<Vec<_>>();
    assert_eq!((units(&held), units(&more)), (vec![0, 0], vec![1, 2]), "more than it holds are others");
    bench.give_back("a", more.lease);
    let waits = bench.wait_for("b", &["gpu"]);
    assert_eq!(bench.take("a", &["gpu"]).lease, held.lease, "whoever waits");
    bench.finish("a", task);
    assert!(bench.fleet.view().locks.request(waits).is_none(), "granted with the end of the task");
}

#[test]
fn locks_go_back_between_attempts_and_with_the_agent() {
    let mut bench = two();
    let task = bench.add(locking("one", &["src"]));
    bench.take_task("a");
    bench.say_failed("a", task).expect("its own");
    assert_eq!((bench.task(task).locked, bench.fleet.view().locks.leases().count()), (Locked::No, 0));
    bench.retry(task).expect("a person's");
    bench.take_task("a");
    bench.exits("a", 1);
    assert_eq!(bench.fleet.view().locks.leases().count(), 0);
    bench.take_task("b");
    bench.cancel(task).expect("a person's");
    assert_eq!(bench.fleet.view().locks.leases().count(), 0);
}

#[test]
fn a_task_that_waits_for_its_locks_can_be_cancelled() {
    let mut bench = two();
    let _ = bench.add(locking("one", &["src"]));
    let second = bench.add(locking("two", &["src"]));
    bench.take_task("a");
    let _ = bench.claim("b", NOT);
    assert_eq!(bench.stage(second), &Stage::Held(Held::Locks));
    bench.cancel(second).expect("a person's");
    assert_eq!(bench.fleet.view().locks.waiting().count(), 0);
}

#[test]
fn locks_that_can_never_be_had_fail_the_task() {
    let mut bench = two();
    let mut fleet = FleetPolicy::default();
    fleet.coordination.locks.resources.insert("gpu".into(), Resource { capacity: 1, first: None });
    bench.step(Event::Configured { fleet, agents: vec![puller("a"), puller("b")] });
    let task = bench.add(locking("one", &["gpu", "gpu"]));
    let _ = bench.claim("a", NOT);
    assert_eq!(bench.stage(task), &Stage::Failed);
    assert!(matches!(bench.task(task).trouble, Some(Trouble::Locks(_))));
}

#[test]
fn a_lock_that_can_not_be_is_refused_when_the_task_is_added() {
    let mut bench = Bench::new(vec![puller("a")]);
    let spec = TaskSpec { locks: words(&["../etc"]), ..spec("one") };
    assert!(matches!(bench.try_add(spec), Err(TaskDenied::BadLock { .. })));
}
