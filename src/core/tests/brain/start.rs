//! Tests of starts: readiness, the order, and the places for live runs.

use crate::common::*;
use quarterdeck_core::ending::{Exit, Outcome};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::RunId;
use quarterdeck_core::policy::{AgentPolicy, Readiness, SILENT_START_MAX};
use quarterdeck_core::start_order::Waiting;
use quarterdeck_core::task::Work;
use quarterdeck_core::time::Span;
use quarterdeck_core::view::State;

#[test]
fn a_run_goes_from_preparing_to_ready_and_every_fact_precedes_its_act() {
    let mut bench = Bench::new(vec![policy("a")]);
    assert_eq!(bench.told(), ["agent.added", "agent.preparing", "Prepare"]);
    bench.prepared("a");
    assert_eq!(bench.told(), ["agent.starting", "Launch"]);
    bench.started("a");
    assert_eq!(bench.told(), ["agent.started", "Arm Readiness 5000"]);
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    assert_eq!(bench.told(), ["Disarm Readiness", "agent.ready"]);
    bench.exits("a", 0);
    assert_eq!(bench.told(), ["agent.ended", "Dismiss"]);
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Completed });
}

#[test]
fn a_program_that_says_nothing_is_ready_once_it_has_run_for_a_while() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.prepared("a");
    bench.started("a");
    assert_eq!(bench.state("a"), &State::Starting);
    let since = bench.now;
    bench.fire(TimerId::Readiness(bench.run("a")));
    assert_eq!((bench.state("a"), bench.now - since), (&State::Ready, SILENT_START_MAX));
    let mut typed = Bench::new(vec![AgentPolicy { work: Work::Typed, ..policy("a") }]);
    typed.prepared("a");
    typed.started("a");
    assert_eq!(typed.told(), ["agent.started"], "prompts are typed only into what has drawn itself");
}

#[test]
fn no_number_of_a_run_that_is_on_disk_is_used_again() {
    let mut bench = Bench::new(vec![]);
    bench.step(Event::RunsFound { newest: RunId(41) });
    bench.step(Event::RunsFound { newest: RunId(7) });
    bench.configure(100, vec![policy("a")]);
    assert_eq!(bench.run("a"), RunId(42));
}

#[test]
fn output_before_the_word_that_it_started_is_not_lost() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.prepared("a");
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    assert!(bench.effects.is_empty());
    bench.started("a");
    assert_eq!(bench.told(), ["agent.started", "agent.ready"]);
}

#[test]
fn a_program_that_is_gone_before_the_word_that_it_started_never_becomes_ready() {
    for readiness in [Readiness::FirstOutput, Readiness::Delay(Span(10)), Readiness::Command { period: Span(10) }] {
        let mut bench = Bench::new(vec![AgentPolicy { readiness, ..policy("a") }]);
        bench.prepared("a");
        let run = bench.run("a");
        bench.step(Event::FirstOutput { run });
        bench.exited("a", Exit::Code(0), 0);
        bench.started("a");
        assert_eq!(bench.told(), ["agent.started"]);
        bench.emptied("a");
        assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Completed });
    }
}

#[test]
fn each_kind_of_readiness_makes_ready_by_its_own_sign_and_by_no_other() {
    let ready_by = |readiness| {
        let mut bench = Bench::new(vec![AgentPolicy { readiness, ..policy("a") }]);
        bench.launch("a");
        bench
    };
    let mut pattern = ready_by(Readiness::Pattern);
    let run = pattern.run("a");
    pattern.step(Event::FirstOutput { run });
    assert_eq!(pattern.state("a"), &State::Starting);
    pattern.step(Event::ReadySeen { run });
    assert_eq!(pattern.state("a"), &State::Ready);

    let mut delay = ready_by(Readiness::Delay(Span(250)));
    assert_eq!(delay.told(), ["agent.started", "Arm Readiness 250"]);
    delay.fire(TimerId::Readiness(run));
    assert_eq!(delay.told(), ["agent.ready"]);

    let mut command = ready_by(Readiness::Command { period: Span(70) });
    assert_eq!(command.told(), ["agent.started", "Probe"]);
    command.step(Event::ProbeFailed { run });
    assert_eq!(command.told(), ["Arm Readiness 70"]);
    command.step(Event::ProbeFailed { run });
    assert!(command.effects.is_empty(), "one probe at a time");
    command.fire(TimerId::Readiness(run));
    assert_eq!(command.told(), ["Probe"]);
    command.step(Event::ReadySeen { run });
    assert_eq!(command.told(), ["agent.ready"]);
}

#[test]
fn an_agent_starts_when_those_it_names_are_ready_or_have_completed() {
    let mut bench = Bench::new(vec![policy_after("c", &["a", "b"]), policy("a"), policy("b")]);
    assert_eq!(bench.state("c"), &State::Queued { why: Waiting::After { agent: bench.id("a") } });
    bench.ready("a");
    assert_eq!(bench.state("c"), &State::Queued { why: Waiting::After { agent: bench.id("b") } });
    bench.launch("b");
    bench.exits("b", 0);
    assert_eq!(bench.state("c"), &State::Preparing);
}

#[test]
fn places_are_given_in_the_order_of_asking() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b"), policy("c")]);
    assert_eq!(bench.state("b"), &State::Queued { why: Waiting::Slot { max_concurrent: 1 } });
    bench.launch("a");
    bench.exits("a", 0);
    assert_eq!(bench.state("b"), &State::Preparing);
    assert!(matches!(bench.state("c"), State::Queued { .. }));
}
