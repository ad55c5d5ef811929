//! Tests of the order of tasks: priority, raised with age.

use super::desk::*;
use crate::common::*;
use proptest::prelude::*;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::TaskSpec;
use quarterdeck_core::task::line::rank;
use quarterdeck_core::time::{Span, Time};

const AGEING: Span = Span(60_000);

fn at(bench: &mut Bench, name: &str, priority: i32) -> TaskId {
    bench.add(TaskSpec { priority, ..spec(name) })
}

#[test]
fn priority_goes_first_and_age_decides_between_equals() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let (low, first, second, high) =
        (at(&mut bench, "low", -1), at(&mut bench, "first", 0), at(&mut bench, "second", 0), at(&mut bench, "high", 2));
    let done: Vec<TaskId> = (0..4).map(|_| bench.do_next("a")).collect();
    assert_eq!(done, [high, first, second, low]);
}

#[test]
fn age_raises_a_task_above_those_of_higher_priority_that_came_later() {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    let old = at(&mut bench, "old", 0);
    bench.later(Span(2 * AGEING.0 + 1));
    let young = at(&mut bench, "young", 2);
    assert_eq!([bench.do_next("a"), bench.do_next("a")], [old, young]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Tests that the order given when tasks are added is the order of `priority + waited / ageing` at every later
    /// instant.
    #[test]
    fn the_rank_is_the_formula(
        tasks in proptest::collection::vec((0u64..10_000_000, -50i32..50), 2..20),
        later in 0u64..100_000_000,
        ageing in 1u64..1_000_000,
    ) {
        let now = 10_000_000 + later;
        let counts = |(added, priority): (u64, i32)| {
            i128::from(priority) * i128::from(ageing) + i128::from(now - added)
        };
        for one in &tasks {
            for other in &tasks {
                let by_rank = rank(Time(one.0), one.1, Span(ageing)).cmp(&rank(Time(other.0), other.1, Span(ageing)));
                prop_assert_eq!(by_rank, counts(*other).cmp(&counts(*one)));
            }
        }
    }

    /// Tests that no task waits longer than the formula says, however many tasks of higher priority keep coming.
    #[test]
    fn nothing_starves(priorities in proptest::collection::vec(0i32..6, 40..80), each in 1_000u64..30_000) {
        let mut bench = Bench::new(vec![puller("a")]);
        bench.ready("a");
        let poor = at(&mut bench, "poor", 0);
        let added = bench.now;
        let mut done_at = None;
        for (number, priority) in priorities.iter().enumerate() {
            // Two tasks are added for each one that is done.
            at(&mut bench, &format!("x{number}"), *priority);
            at(&mut bench, &format!("y{number}"), 5);
            let task = bench.do_next("a");
            if task == poor {
                done_at = Some(bench.now);
            }
            bench.later(Span(each));
        }
        let overtakers = 2 * (5 * AGEING.0 / each + 1);
        if let Some(done_at) = done_at {
            prop_assert!((done_at - added).0 <= (overtakers + 1) * each);
        } else {
            prop_assert!(priorities.len() as u64 <= overtakers, "it had its turn");
        }
    }
}
