//! Tests of shared state: versions, conflicts, and which party may set which value.

use crate::common::{Bench, policy};
use proptest::prelude::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::shared::{Entry, Owner, SharedAnswer, SharedCommand, SharedDenied, SharedFact, SharedPolicy};

fn person() -> Party {
    Party::Outside("person".into())
}

impl Bench {
    fn shared(&mut self, command: SharedCommand) -> Result<SharedAnswer, SharedDenied> {
        match self.ask(Command::Shared(command)) {
            Answer::Shared(answer) => Ok(answer),
            Answer::Denied(Denied::Shared(denied)) => Err(denied),
            other => panic!("another answer: {other:?}"),
        }
    }

    /// Sets a value, and returns its new version.
    fn set_value(
        &mut self,
        by: Party,
        owner: Owner,
        (key, value): (&str, &str),
        version: Option<u64>,
    ) -> Result<u64, SharedDenied> {
        let set = SharedCommand::Set { by, owner, key: key.into(), value: value.into(), version };
        match self.shared(set)? {
            SharedAnswer::Set(entry) => Ok(entry.version),
            other => panic!("not set: {other:?}"),
        }
    }

    fn clear_value(&mut self, by: Party, owner: Owner, key: Option<&str>) -> Result<u32, SharedDenied> {
        match self.shared(SharedCommand::Clear { by, owner, key: key.map(str::to_owned) })? {
            SharedAnswer::Cleared { cleared } => Ok(cleared),
            other => panic!("not cleared: {other:?}"),
        }
    }

    fn shared_value(&self, owner: Owner, key: &str) -> Option<&Entry> {
        self.fleet.view().shared.get(owner, key)
    }

    fn with_shared_policy(shared: SharedPolicy) -> Bench {
        let mut bench = Bench::new(Vec::new());
        let mut fleet = FleetPolicy::default();
        fleet.coordination.shared = shared;
        bench.step(Event::Configured { fleet, agents: Vec::new() });
        bench
    }
}

#[test]
fn a_value_is_one_fact_and_survives_the_supervisor() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let (by, owner) = (Party::Run(bench.run("a")), Owner::Agent(bench.id("a")));
    assert_eq!(bench.set_value(by.clone(), owner, ("progress", "40"), None), Ok(1));
    assert_eq!(bench.told(), ["state.set", "Reply"]);
    assert_eq!(bench.set_value(by, owner, ("progress", "50"), None), Ok(2));
    bench.exits("a", 0);
    bench.supervisor_dies();
    let entry = bench.shared_value(owner, "progress").expect("it outlives the run");
    assert_eq!((entry.value.as_str(), entry.version, entry.by.as_str()), ("50", 2, "a"));
}

#[test]
fn a_conflict_is_refused_and_recorded_with_both_sides() {
    let mut bench = Bench::new(Vec::new());
    let fleet = Owner::Fleet;
    assert_eq!(bench.set_value(person(), fleet, ("base", "\"main\""), Some(0)), Ok(1), "there is none yet");
    assert_eq!(bench.set_value(person(), fleet, ("base", "\"next\""), Some(1)), Ok(2));
    let refused = bench.set_value(Party::Outside("other".into()), fleet, ("base", "\"mine\""), Some(1));
    let current = bench.shared_value(fleet, "base").cloned().expect("a value");
    assert_eq!(refused, Err(SharedDenied::Conflict { expected: 1, current: Some(Box::new(current.clone())) }));
    let recorded = bench.effects.iter().find_map(|effect| match effect {
        Effect::Record(fact) => match &fact.kind {
            FactKind::State(SharedFact::Conflict { refused, current, .. }) => Some((refused.clone(), current.clone())),
            _ => None,
        },
        _ => None,
    });
    let (theirs, ours) = recorded.expect("a fact");
    assert_eq!((theirs.value.as_str(), theirs.version, theirs.by.as_str()), ("\"mine\"", 1, "other"));
    assert_eq!(ours, Some(current));
    assert_eq!(bench.fleet.view().shared.conflicts(), 1);
    assert_eq!(
        bench.set_value(person(), fleet, ("new", "1"), Some(3)),
        Err(SharedDenied::Conflict { expected: 3, current: None })
    );
}

#[test]
fn a_run_sets_its_own_and_single_values_of_the_fleet() {
    let mut bench = Bench::new(vec![policy("a"), policy("b")]);
    bench.ready("a");
    let run = Party::Run(bench.run("a"));
    let (own, other) = (Owner::Agent(bench.id("a")), Owner::Agent(bench.id("b")));
    assert_eq!(bench.set_value(run.clone(), Owner::Fleet, ("x", "1"), None), Ok(1));
    assert_eq!(bench.set_value(run.clone(), own, ("x", "1"), None), Ok(1));
    assert_eq!(bench.set_value(run.clone(), other, ("x", "1"), None), Err(SharedDenied::NotYours));
    assert_eq!(bench.set_value(person(), other, ("x", "1"), None), Ok(1), "a person may");
    assert_eq!(bench.clear_value(run.clone(), other, Some("x")), Err(SharedDenied::NotYours));
    assert_eq!(bench.clear_value(run.clone(), Owner::Fleet, None), Err(SharedDenied::NotYours));
    assert_eq!(bench.clear_value(run.clone(), Owner::Fleet, Some("x")), Ok(1));
    assert_eq!(bench.clear_value(run.clone(), own, None), Ok(1));
    bench.exits("a", 0);
    assert_eq!(bench.set_value(run, own, ("x", "1"), None), Err(SharedDenied::RunEnded));
}

#[test]
fn a_version_never_comes_back() {
    let mut bench = Bench::new(Vec::new());
    let fleet = Owner::Fleet;
    bench.set_value(person(), fleet, ("x", "1"), None).expect("set");
    bench.set_value(person(), fleet, ("x", "2"), None).expect("set");
    assert_eq!(bench.clear_value(person(), fleet, Some("x")), Ok(1));
    assert_eq!(bench.clear_value(person(), fleet, Some("x")), Err(SharedDenied::UnknownKey { key: "x".into() }));
    assert_eq!(bench.set_value(person(), fleet, ("x", "3"), Some(0)), Ok(3));
    assert_eq!(bench.clear_value(person(), fleet, None), Ok(1));
    assert_eq!(bench.set_value(person(), fleet, ("x", "4"), None), Ok(4));
}

#[test]
fn an_agent_that_is_forgotten_takes_its_values_along() {
    let mut bench = Bench::new(vec![policy("a")]);
    let owner = Owner::Agent(bench.id("a"));
    bench.set_value(person(), owner, ("x", "1"), None).expect("set");
    bench.ready("a");
    bench.exits("a", 0);
    bench.configure(1, Vec::new());
    assert!(bench.shared_value(owner, "x").is_none());
    assert_eq!(bench.fleet.view().shared.total_bytes(), 0);
    assert_eq!(bench.set_value(person(), owner, ("x", "1"), None), Err(SharedDenied::UnknownAgent));
}

#[test]
fn values_are_bounded() {
    let small = SharedPolicy { value_bytes_max: 4, keys_max: 2, total_bytes_max: 9 };
    let mut bench = Bench::with_shared_policy(small);
    let fleet = Owner::Fleet;
    assert_eq!(
        bench.set_value(person(), fleet, ("a", "12345"), None),
        Err(SharedDenied::ValueTooLong { value_bytes_max: 4 })
    );
    bench.set_value(person(), fleet, ("a", "1234"), None).expect("room");
    assert_eq!(
        bench.set_value(person(), fleet, ("b", "1234"), None),
        Err(SharedDenied::StateFull { total_bytes_max: 9 })
    );
    bench.set_value(person(), fleet, ("b", "1"), None).expect("room");
    assert_eq!(bench.set_value(person(), fleet, ("c", "1"), None), Err(SharedDenied::KeysFull { keys_max: 2 }));
    assert_eq!(bench.set_value(person(), fleet, ("a", "4321"), None), Ok(2), "in place of the other");
    for key in ["", "a/b", "a b", "\u{e9}", &"x".repeat(200)] {
        assert_eq!(bench.set_value(person(), fleet, (key, "1"), None), Err(SharedDenied::BadKey), "{key:?}");
    }
}

/// A random command about a few keys.
#[derive(Clone, Debug)]
enum Asked {
    Set { key: usize, version: Option<u64> },
    Clear(Option<usize>),
    Dies,
}

fn asked() -> impl Strategy<Value = Asked> {
    let key = || 0..KEYS.len();
    prop_oneof![
        (key(), proptest::option::of(0..8_u64)).prop_map(|(key, version)| Asked::Set { key, version }),
        proptest::option::of(key()).prop_map(Asked::Clear),
        Just(Asked::Dies),
    ]
}

const KEYS: [&str; 3] = ["x", "y", "z"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// **Invariant:** the versions of a key only grow, and compare and set succeeds only on the current version.
    #[test]
    fn versions_only_grow(story in proptest::collection::vec(asked(), 1..80)) {
        let mut bench = Bench::new(Vec::new());
        let mut newest = [0_u64; KEYS.len()];
        for asked in story {
            match asked {
                Asked::Set { key, version } => {
                    let current = bench.shared_value(Owner::Fleet, KEYS[key]).map_or(0, |entry| entry.version);
                    let set = bench.set_value(person(), Owner::Fleet, (KEYS[key], "1"), version);
                    prop_assert_eq!(set.is_ok(), version.is_none_or(|version| version == current));
                    if let Ok(version) = set {
                        prop_assert!(version > newest[key], "{} after {}", version, newest[key]);
                        prop_assert!(current == 0 || version == current + 1);
                        newest[key] = version;
                    }
                }
                Asked::Clear(key) => drop(bench.clear_value(person(), Owner::Fleet, key.map(|key| KEYS[key]))),
                Asked::Dies => bench.supervisor_dies(),
            }
            let bytes: usize = bench.fleet.view().shared.of(Owner::Fleet).map(|(key, entry)| key.len() + entry.value.len()).sum();
            prop_assert_eq!(bench.fleet.view().shared.total_bytes(), bytes as u64);
        }
    }
}
