//! Tests of the view: the states that it shows, and since when.

use crate::common::*;
use quarterdeck_core::command::Command;
use quarterdeck_core::ending::{Exit, Outcome, StopCause, TreeReport};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::{Ending, State};

#[test]
fn a_process_is_shown_while_it_lives_and_its_ending_after() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.prepared("a");
    bench.later(Span(5));
    bench.started("a");
    assert_eq!((bench.agent("a").pid, bench.agent("a").started), (Some(4_000), Some(bench.now)));
    bench.exited("a", Exit::Code(0), 1);
    assert_eq!(bench.agent("a").pid, None, "reaped, though its tree still lives");
    bench.later(Span(5));
    bench.emptied("a");
    let ending = Ending {
        run: bench.run("a"),
        at: bench.now,
        outcome: Outcome::Completed,
        exit: Some(Exit::Code(0)),
        report: TreeReport::default(),
        reason: None,
        barred: None,
    };
    assert_eq!(bench.agent("a").last, Some(ending));
    let agent = bench.id("a");
    let _ = bench.command(Command::Start { agent });
    assert_eq!(bench.agent("a").started, None, "the next run has not started yet");
    assert!(bench.agent("a").last.is_some());
}

#[test]
fn the_age_of_a_state_is_that_of_the_state_and_not_of_its_reason() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy_after("b", &["a"])]);
    let asked = bench.now;
    bench.later(Span(50));
    bench.ready("a");
    assert!(matches!(bench.state("b"), State::Queued { .. }), "now for a place");
    assert_eq!(bench.agent("b").since, asked);
    assert_eq!(bench.agent("a").since, bench.now);
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    let stopped = bench.now;
    bench.later(Span(50));
    let _ = bench.command(Command::Kill { agent });
    assert_eq!(bench.state("a"), &State::Stopping { why: StopCause::Killed });
    assert_eq!(bench.agent("a").since, stopped);
}
