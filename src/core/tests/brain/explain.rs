//! Tests of the explanations why an agent or a task is not running, and whether it still waits for something.

use crate::common::*;
use quarterdeck_core::command::{Command, ShutdownMode};
use quarterdeck_core::ending::{GiveUp, Outcome, StopCause};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fleet::explain::Reason;
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::policy::{AgentPolicy, Autostart, Readiness, RestartPolicy, RestartWhen};
use quarterdeck_core::time::Span;

fn reasons(bench: &Bench, name: &str) -> Vec<Reason> {
    let chain = bench.fleet.explain(bench.id(name), bench.now).chain;
    chain.into_iter().map(|link| link.reason).collect()
}

fn quiet(name: &str) -> AgentPolicy {
    AgentPolicy { autostart: Autostart::OnRequest, ..policy(name) }
}

fn once(policy: AgentPolicy) -> AgentPolicy {
    let restart = RestartPolicy { when: RestartWhen::Never, ..policy.restart };
    AgentPolicy { restart, ..policy }
}

#[test]
fn each_state_has_its_reason() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b"), policy("c"), quiet("d")]);
    let agent = bench.id("a");
    assert_eq!(reasons(&bench, "a"), [Reason::Preparing]);
    assert_eq!(reasons(&bench, "c"), [Reason::NoPlace { max_concurrent: 1, ahead: 1 }]);
    assert_eq!(reasons(&bench, "d"), [Reason::NotAsked]);
    bench.prepared("a");
    assert_eq!(reasons(&bench, "a"), [Reason::Launching]);
    bench.started("a");
    assert_eq!(reasons(&bench, "a"), [Reason::NotReady(Readiness::FirstOutput)]);
    let run = bench.run("a");
    bench.step(Event::FirstOutput { run });
    assert_eq!(reasons(&bench, "a"), [Reason::Ready]);
    let _ = bench.command(Command::Pause { agent });
    assert_eq!(reasons(&bench, "a"), [Reason::Paused]);
    let _ = bench.command(Command::Stop { agent });
    bench.later(Span(4_000));
    let stopping = Reason::Stopping { why: StopCause::Requested, kill_in: Some(Span(6_000)) };
    assert_eq!(reasons(&bench, "a"), [stopping]);
    bench.exits("a", 0);
    assert_eq!(reasons(&bench, "a"), [Reason::Ended(Outcome::Terminated)]);
    bench.launch("b");
    bench.exits("b", 125);
    assert_eq!(reasons(&bench, "b"), [Reason::GaveUp(GiveUp::PermanentCode { code: 125 })]);
    bench.launch("c");
    bench.exits("c", 1);
    bench.later(Span(100));
    assert!(matches!(
        reasons(&bench, "c")[..],
        [Reason::BackingOff { left: Span(300..=500), failures: 1, barred: None }]
    ));
    let _ = bench.command(Command::Shutdown { mode: ShutdownMode::Graceful });
    assert_eq!(reasons(&bench, "d"), [Reason::ShuttingDown]);
    assert!(bench.fleet.explain(AgentId(99), bench.now).chain.is_empty());
}

#[test]
fn the_chain_leads_to_the_root() {
    let mut bench = Bench::new(vec![once(policy("a")), policy_after("b", &["a"]), policy_after("c", &["b"])]);
    assert_eq!(reasons(&bench, "c"), [Reason::Behind, Reason::Behind, Reason::Preparing]);
    bench.launch("a");
    bench.exits("a", 1);
    let failed = Reason::Ended(Outcome::Failed);
    assert_eq!(reasons(&bench, "c"), [Reason::BehindSettled, Reason::BehindSettled, failed]);
}

#[test]
fn a_fleet_is_quiescent_when_nothing_goes_on_by_itself() {
    let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"]), quiet("c"), policy_after("d", &["c"])]);
    let agent = bench.id("a");
    assert!(!bench.fleet.quiescent());
    bench.launch("a");
    bench.exits("a", 1);
    assert!(!bench.fleet.quiescent(), "a backoff is to come");
    bench.fire(TimerId::Backoff(agent));
    bench.launch("a");
    bench.exits("a", 0);
    assert!(!bench.fleet.quiescent(), "b runs now");
    bench.launch("b");
    bench.exits("b", 0);
    assert!(bench.fleet.quiescent(), "d waits for what nobody will start");
    assert_eq!(reasons(&bench, "d"), [Reason::BehindSettled, Reason::NotAsked]);
}
