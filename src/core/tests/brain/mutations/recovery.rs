//! Tests that a violation is recorded once with its evidence, and that leases of dead parties are freed.

use super::Subject;
use super::rule::Rule;
use quarterdeck_core::Fleet;
use quarterdeck_core::command::Command;
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::Event;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::ids::{AgentId, LeaseId, ReplyId, RunId};
use quarterdeck_core::lock::{Acquire, LockCommand};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{FleetPolicy, Recovery, SafetyPolicy};
use quarterdeck_core::scope::{Mode, WrittenWant};
use quarterdeck_core::time::Time;
use quarterdeck_core::violation::Violation;

const NOW: Time = Time(1_000);

fn step(fleet: &mut Fleet, event: Event) -> Vec<Effect> {
    fleet.step(event, NOW)
}

fn facts(effects: &[Effect]) -> Vec<(&str, &FactKind)> {
    let facts = effects.iter().filter_map(|effect| match effect {
        Effect::Record(fact) => Some((fact.kind.type_name(), &fact.kind)),
        _ => None,
    });
    facts.collect()
}

/// Makes a fleet whose arbiter forgets to end the leases of dead runs, and a dead run that holds `src`.
fn with_a_dead_holder(recovery: Recovery) -> Fleet {
    let mut fleet = Subject::without(Rule::TheDeadHoldNothing);
    let safety = SafetyPolicy { recovery, ..SafetyPolicy::default() };
    let policy = FleetPolicy { safety, ..FleetPolicy::default() };
    fleet.step(Event::Configured { fleet: policy, agents: vec![crate::traffic::policy("a")] }, NOW);
    let run = RunId(1);
    fleet.step(Event::Prepared { run }, NOW);
    fleet.step(Event::Started { run, pid: 1 }, NOW);
    let scopes = vec![WrittenWant { scope: "src".to_owned(), mode: Mode::Exclusive }];
    let acquire =
        Acquire { party: Party::Run(run), scopes, wait: None, ttl: None, key: None, purpose: None, process: None };
    fleet.step(Event::Command { reply: ReplyId(1), command: Command::Lock(LockCommand::Acquire(acquire)) }, NOW);
    assert!(fleet.safety_is_as_shown());
    fleet.step(Event::Exited { run, exit: Exit::Code(1), left: 0 }, NOW);
    fleet.step(Event::Emptied { run, report: TreeReport::default() }, NOW);
    assert_eq!(fleet.agent_of(run), None);
    assert_eq!(fleet.find("a"), Some(AgentId(1)));
    assert!(!fleet.safety_is_as_shown());
    fleet.into_fleet()
}

#[test]
fn what_a_dead_run_holds_is_freed_and_recorded() {
    let mut fleet = with_a_dead_holder(Recovery::Automatic);
    let effects = step(&mut fleet, Event::SafetyDiffers);
    let facts = facts(&effects);
    let names: Vec<&str> = facts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["system.invariant_violated", "lock.released", "system.invariants_restored"]);
    let FactKind::InvariantViolated { violation, evidence } = facts[0].1 else { panic!("{facts:?}") };
    assert_eq!(*violation, Violation::HolderGone(LeaseId(1)));
    assert_eq!(violation.number(), Some(1));
    assert_eq!(*evidence, String::from("l1 of r1 on src with token 1 since 1000, without a deadline"));
    assert_eq!(fleet.check_invariants(), Ok(()));
    assert!(fleet.safety_is_as_shown());
    assert!(step(&mut fleet, Event::SafetyDiffers).is_empty());
}

#[test]
fn without_recovery_it_is_recorded_once_and_stays() {
    let mut fleet = with_a_dead_holder(Recovery::ByHand);
    let effects = step(&mut fleet, Event::SafetyDiffers);
    assert_eq!(facts(&effects).len(), 1);
    assert!(fleet.safety_is_as_shown(), "nothing new is to be said of it");
    assert!(step(&mut fleet, Event::SafetyDiffers).is_empty());
    assert_eq!(fleet.view().violation, Some(Violation::HolderGone(LeaseId(1))));
    assert_eq!(fleet.view().locks.leases().count(), 1);
}
