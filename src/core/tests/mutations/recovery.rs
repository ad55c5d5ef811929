//! Tests that a violation is recorded once with its evidence, and that leases of dead parties are freed.

use crate::Fleet;
use crate::command::Command;
use crate::effect::Effect;
use crate::ending::{Exit, TreeReport};
use crate::event::Event;
use crate::fact::FactKind;
use crate::ids::{AgentId, LeaseId, ReplyId, RunId};
use crate::lock::{Acquire, LockCommand, Rule, Rules};
use crate::party::Party;
use crate::policy::{FleetPolicy, Recovery, SafetyPolicy};
use crate::scope::{Mode, WrittenWant};
use crate::time::Time;
use crate::violation::Violation;
use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

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
    let mut fleet = Fleet::new().with_rules(Rules::without(Rule::TheDeadHoldNothing));
    let safety = SafetyPolicy { recovery, ..SafetyPolicy::default() };
    let policy = FleetPolicy { safety, ..FleetPolicy::default() };
    step(&mut fleet, Event::Configured { fleet: policy, agents: vec![super::traffic::policy("a")] });
    let run = RunId(1);
    step(&mut fleet, Event::Prepared { run });
    step(&mut fleet, Event::Started { run, pid: 1 });
    let scopes = vec![WrittenWant { scope: "src".to_owned(), mode: Mode::Exclusive }];
    let acquire =
        Acquire { party: Party::Run(run), scopes, wait: None, ttl: None, key: None, purpose: None, process: None };
    step(&mut fleet, Event::Command { reply: ReplyId(1), command: Command::Lock(LockCommand::Acquire(acquire)) });
    assert!(fleet.safety_is_as_shown());
    step(&mut fleet, Event::Exited { run, exit: Exit::Code(1), left: 0 });
    step(&mut fleet, Event::Emptied { run, report: TreeReport::default() });
    assert_eq!(fleet.agent_of(run), None);
    assert_eq!(fleet.find("a"), Some(AgentId(1)));
    assert!(!fleet.safety_is_as_shown());
    fleet
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
