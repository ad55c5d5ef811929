//! Tests of the limits on kept tasks: which tasks are forgotten, and which are not.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::task::{Stage, TaskDenied, TaskSpec, When};

fn small() -> Bench {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let mut fleet = FleetPolicy::default();
    fleet.coordination.tasks.ended_max = 3;
    fleet.coordination.tasks.open_max = 4;
    bench.step(Event::Configured { fleet, agents: vec![puller("a")] });
    bench
}

#[test]
fn the_oldest_that_ended_are_forgotten_but_not_what_something_open_needs() {
    let mut bench = small();
    let needed = bench.add(spec("needed"));
    bench.do_next("a");
    let open = bench.add_needing("open", &[(needed, When::Done)]);
    bench.cancel(open).expect("a person's");
    let waits = bench.add_needing("waits", &[(needed, When::Done)]);
    for at in 0..5 {
        let task = bench.add(TaskSpec { priority: 9, ..spec(&format!("n{at}")) });
        assert_eq!(bench.do_next("a"), task);
    }
    let tasks = &bench.fleet.view().tasks;
    assert!(tasks.get(needed).is_some() && tasks.get(waits).is_some() && tasks.get(open).is_none());
    assert_eq!(tasks.ended_count(), 3, "the needed one and the two newest");
    assert_eq!(tasks.find("n0"), None);
    let again = bench.add(spec("n0"));
    assert_eq!(bench.stage(again), &Stage::Queued, "its name is free");
}

#[test]
fn no_more_are_open_than_may_be() {
    let mut bench = small();
    for at in 0..4 {
        bench.add(spec(&format!("n{at}")));
    }
    assert_eq!(bench.try_add(spec("more")), Err(TaskDenied::BoardFull { open_max: 4 }));
}

#[test]
fn parts_are_forgotten_with_their_parent() {
    let mut bench = small();
    let parent = bench.add(spec("whole"));
    let part = bench.add(TaskSpec { parent: Some(parent), ..spec("part") });
    bench.do_next("a");
    assert_eq!(bench.stage(parent), &Stage::Done);
    for at in 0..3 {
        bench.add(spec(&format!("n{at}")));
        bench.do_next("a");
    }
    let tasks = &bench.fleet.view().tasks;
    assert!(tasks.get(parent).is_none() && tasks.get(part).is_none());
}

#[test]
fn a_board_goes_through_the_journal_as_it_is() {
    let mut bench = small();
    let first = bench.add(TaskSpec { required_capabilities: words(&["none"]), ..spec("one") });
    let _ = bench.add_needing("two", &[(first, When::Done)]);
    bench.add(spec("three"));
    bench.take_task("a");
    bench.supervisor_dies();
}
