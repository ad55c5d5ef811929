//! Tests of locks: which party gets which scope, in which order, and how leases end.

use crate::common::*;
use quarterdeck_core::command::{Answer, Command, Denied, Settled, WaitId};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::Exit;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::fleet::explain::Reason;
use quarterdeck_core::ids::{LeaseId, RequestId, Token};
use quarterdeck_core::lock::{
    Acquire, Checked, Enforce, Evidence, Grant, Holding, LeaseEnd, LockAnswer, LockCommand, LockDenied, LockEffect,
    LockEvent, LockFact, LockPolicy, LockSettled, LockTimer, Process, Which,
};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{AgentPolicy, Coordination, CoordinationPolicy, FleetPolicy};
use quarterdeck_core::scope::{BadScope, Mode, Resource, Resources, WrittenWant};
use quarterdeck_core::time::Span;

const GPU: Resource = Resource { capacity: 1, first: None };
const PORT: Resource = Resource { capacity: 3, first: Some(4_000) };

pub(crate) fn with_locks(locks: LockPolicy) -> FleetPolicy {
    let coordination = CoordinationPolicy { locks, ..CoordinationPolicy::default() };
    FleetPolicy { coordination, ..FleetPolicy::default() }
}

pub(crate) fn lock_policy() -> LockPolicy {
    let resources = Resources::from([("gpu".to_owned(), GPU), ("port".to_owned(), PORT)]);
    LockPolicy { resources, enforce: Enforce::Warn, ..LockPolicy::default() }
}

/// Makes a fleet of the agents `a`, `b` and `c`, all ready, and the resources `gpu` and `port`.
pub(crate) fn fleet() -> Bench {
    let agents: Vec<AgentPolicy> = ["a", "b", "c"].map(policy).into();
    let mut bench = Bench::new(agents.clone());
    bench.step(Event::Configured { fleet: with_locks(lock_policy()), agents });
    for name in ["a", "b", "c"] {
        bench.ready(name);
    }
    bench
}

/// Makes wanted scopes from texts such as `src`, `shared:docs` and `gpu`.
pub(crate) fn wants(texts: &[&str]) -> Vec<WrittenWant> {
    let want = |text: &&str| match text.strip_prefix("shared:") {
        Some(scope) => WrittenWant { scope: scope.to_owned(), mode: Mode::Shared },
        None => WrittenWant { scope: (*text).to_owned(), mode: Mode::Exclusive },
    };
    texts.iter().map(want).collect()
}

pub(crate) fn acquire(party: &Party, texts: &[&str]) -> Acquire {
    Acquire {
        party: party.clone(),
        scopes: wants(texts),
        wait: None,
        ttl: None,
        key: None,
        purpose: None,
        process: None,
    }
}

pub(crate) fn outside(name: &str) -> Party {
    Party::Outside(name.to_owned())
}

impl Bench {
    pub(crate) fn party(&self, name: &str) -> Party {
        Party::Run(self.run(name))
    }

    pub(crate) fn lock(&mut self, command: LockCommand) -> Result<LockAnswer, LockDenied> {
        match self.ask(Command::Lock(command)) {
            Answer::Lock(answer) => Ok(answer),
            Answer::Denied(Denied::Lock(denied)) => Err(denied),
            other => panic!("not about locks: {other:?}"),
        }
    }

    /// Lets an agent ask for scopes, which it gets at once.
    pub(crate) fn take(&mut self, name: &str, texts: &[&str]) -> Grant {
        let party = self.party(name);
        match self.lock(LockCommand::Acquire(acquire(&party, texts))) {
            Ok(LockAnswer::Granted(grant)) => grant,
            other => panic!("{name} does not get {texts:?}: {other:?}"),
        }
    }

    /// Lets an agent ask for scopes, for which it must wait.
    pub(crate) fn wait_for(&mut self, name: &str, texts: &[&str]) -> RequestId {
        let party = self.party(name);
        match self.lock(LockCommand::Acquire(acquire(&party, texts))) {
            Ok(LockAnswer::Waits { request, .. }) => request,
            other => panic!("{name} does not wait for {texts:?}: {other:?}"),
        }
    }

    pub(crate) fn refused(&mut self, name: &str, texts: &[&str]) -> LockDenied {
        let party = self.party(name);
        self.lock(LockCommand::Acquire(acquire(&party, texts))).expect_err("refused")
    }

    pub(crate) fn give_back(&mut self, name: &str, lease: LeaseId) -> LockAnswer {
        let party = self.party(name);
        self.lock(LockCommand::Release { party, which: Which::Lease(lease) }).expect("given back")
    }

    /// Returns the requests that the newest step settled, in order.
    pub(crate) fn settled(&self) -> Vec<(RequestId, LockSettled)> {
        let of = |effect: &Effect| match effect {
            Effect::Settle { wait: WaitId::Lock(request), settled: Settled::Lock(settled) } => {
                Some((*request, settled.clone()))
            }
            _ => None,
        };
        self.effects.iter().filter_map(of).collect()
    }

    /// Returns the requests that the newest step granted, in order.
    pub(crate) fn granted(&self) -> Vec<RequestId> {
        let is_grant = |(_, settled): &(RequestId, LockSettled)| matches!(settled, LockSettled::Granted(_));
        self.settled().into_iter().filter(is_grant).map(|(request, _)| request).collect()
    }

    fn facts(&self) -> Vec<&Fact> {
        let facts = self.effects.iter().filter_map(|effect| match effect {
            Effect::Record(fact) => Some(fact),
            _ => None,
        });
        facts.collect()
    }

    pub(crate) fn check(&self, text: &str, token: Token) -> Checked {
        self.fleet.view().locks.check(text, token, self.now).expect("a scope")
    }

    pub(crate) fn is_paused(&mut self, name: &str) {
        let (agent, run) = (self.id(name), self.run(name));
        let _ = self.command(Command::Pause { agent });
        self.step(Event::Frozen { run, processes: 1 });
    }

    pub(crate) fn is_resumed(&mut self, name: &str) {
        let (agent, run) = (self.id(name), self.run(name));
        let _ = self.command(Command::Resume { agent });
        self.step(Event::Thawed { run });
    }
}

#[test]
fn a_lock_is_granted_and_given_back() {
    let mut bench = fleet();
    let grant = bench.take("a", &["src"]);
    assert_eq!(bench.told(), ["lock.granted", "Reply"]);
    let fact = bench.facts()[0].clone();
    assert_eq!((fact.agent, fact.run), (Some(bench.id("a")), Some(bench.run("a"))), "it is the holder's");
    assert_eq!((grant.token, grant.expires, grant.waited), (Token(1), None, Span(0)));
    assert_eq!(bench.give_back("a", grant.lease), LockAnswer::Released { leases: vec![grant.lease], granted: 0 });
    assert_eq!(bench.told(), ["lock.released", "Reply"]);
    assert_eq!(bench.take("b", &["src"]).token, Token(2), "a token is never used twice");
}

#[test]
fn a_directory_is_in_the_way_of_what_lies_in_it() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    let request = bench.wait_for("b", &["src/parser/lexer.rs"]);
    let behind = bench.fleet.view().locks.behind(request);
    assert_eq!(behind.len(), 1);
    assert_eq!((&behind[0].who, behind[0].holding), (&bench.party("a"), Holding::Holds));
    bench.take("c", &["srcs"]);
}

#[test]
fn sharers_share_and_a_writer_is_not_overtaken() {
    let mut bench = fleet();
    let reading = bench.take("a", &["shared:src"]);
    let writing = bench.wait_for("b", &["src/a"]);
    let late = bench.wait_for("c", &["shared:src"]);
    bench.give_back("a", reading.lease);
    assert_eq!(bench.granted(), [writing], "the reader that came later waits behind the writer");
    let lease = bench.fleet.view().locks.leases().next().expect("a lease").id;
    bench.give_back("b", lease);
    assert_eq!(bench.granted(), [late]);
}

#[test]
fn a_request_that_conflicts_with_nobody_before_it_does_not_wait() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    bench.take("c", &["docs"]);
    bench.take("c", &["shared:tests"]);
}

#[test]
fn a_set_is_granted_as_a_whole_or_not_at_all() {
    let mut bench = fleet();
    let docs = bench.take("a", &["docs"]);
    let both = bench.wait_for("b", &["src", "docs", "gpu"]);
    assert!(bench.fleet.view().locks.leases().count() == 1, "nothing is held while it waits");
    let behind = bench.wait_for("c", &["gpu"]);
    bench.give_back("a", docs.lease);
    assert_eq!(bench.granted(), [both]);
    let lease = bench.fleet.view().locks.leases().next().expect("a lease").clone();
    assert_eq!(lease.scopes.len(), 3);
    assert_eq!(lease.scopes[2].unit, Some(0));
    bench.give_back("b", lease.id);
    assert_eq!(bench.granted(), [behind]);
}

#[test]
fn a_resource_hands_out_its_numbers_smallest_first() {
    let mut bench = fleet();
    let units = |grant: &Grant| grant.scopes.iter().map(|held| held.unit).collect::<Vec<_>>();
    let two = bench.take("a", &["port", "port"]);
    let third = bench.take("b", &["port"]);
    assert_eq!((units(&two), units(&third)), (vec![Some(4_000), Some(4_001)], vec![Some(4_002)]));
    bench.wait_for("c", &["port"]);
    bench.give_back("a", two.lease);
    assert_eq!(bench.fleet.view().locks.leases().last().expect("a lease").scopes[0].unit, Some(4_000));
    let too_many = LockDenied::TooManyUnits { resource: "gpu".into(), capacity: 1 };
    assert_eq!(bench.refused("a", &["gpu", "gpu"]), too_many);
}

#[test]
fn a_path_named_twice_is_wanted_once() {
    let mut bench = fleet();
    let grant = bench.take("a", &["shared:src", "src/", "./src"]);
    assert_eq!(grant.scopes.len(), 1);
    assert_eq!(grant.scopes[0].want.mode, Mode::Exclusive);
}

#[test]
fn a_request_that_would_close_a_cycle_is_refused_with_the_cycle() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.take("b", &["docs"]);
    bench.take("c", &["gpu"]);
    bench.wait_for("a", &["docs"]);
    bench.wait_for("b", &["gpu"]);
    let LockDenied::Cycle { cycle } = bench.refused("c", &["src/parser"]) else { panic!("no cycle") };
    let names: Vec<_> = cycle.iter().map(|step| (step.who.clone(), step.scope.to_string())).collect();
    let (a, b, c) = (bench.party("a"), bench.party("b"), bench.party("c"));
    assert_eq!(names, [(c, "src".into()), (a, "docs".into()), (b, "gpu".into())]);
    assert_eq!(bench.told(), ["lock.refused_cycle", "Reply"]);
    let locks = &bench.fleet.view().locks;
    assert_eq!((locks.cycles().count(), locks.statistics().cycles_refused), (1, 1));
}

#[test]
fn who_waits_for_itself_is_a_cycle_too() {
    let mut bench = fleet();
    bench.take("a", &["gpu"]);
    let LockDenied::Cycle { cycle } = bench.refused("a", &["gpu"]) else { panic!("no cycle") };
    assert_eq!(cycle.len(), 1);
}

#[test]
fn a_unit_that_another_may_give_back_makes_no_cycle() {
    let mut bench = fleet();
    bench.take("a", &["port", "port"]);
    bench.take("b", &["port"]);
    bench.take("c", &["src"]);
    bench.wait_for("a", &["src"]);
    bench.wait_for("c", &["port"]);
    let LockDenied::Cycle { cycle } = bench.refused("b", &["src"]) else { panic!("now nobody gives one back") };
    assert_eq!(cycle.len(), 2);
}

#[test]
fn a_cycle_through_the_line_is_seen() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.take("b", &["docs"]);
    bench.wait_for("c", &["src", "docs"]);
    let LockDenied::Cycle { cycle } = bench.refused("b", &["src"]) else { panic!("c waits for b, and b behind c") };
    assert_eq!(cycle.iter().map(|step| step.holding).collect::<Vec<_>>(), [Holding::WaitsBefore, Holding::Holds]);
}

#[test]
fn what_one_holds_already_is_granted_again() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    let again = bench.take("a", &["shared:src/parser"]);
    assert!(matches!(bench.refused("a", &["."]), LockDenied::Cycle { .. }), "more than it holds: behind b");
    bench.give_back("a", again.lease);
    assert_eq!(bench.granted(), []);
}

#[test]
fn a_dead_run_holds_nothing_and_waits_for_nothing() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.take("a", &["gpu"]);
    let first = bench.wait_for("b", &["src"]);
    bench.take("c", &["docs"]);
    let of_a = bench.wait_for("a", &["docs"]);
    bench.exits("a", 0);
    let told = bench.told();
    let locks: Vec<&String> = told.iter().filter(|told| told.starts_with("lock.") || *told == "Settle").collect();
    assert_eq!(locks, ["lock.released", "lock.released", "lock.withdrawn", "Settle", "lock.granted", "Settle"]);
    assert_eq!(bench.settled()[0], (of_a, LockSettled::HolderEnded));
    assert_eq!(bench.granted(), [first], "in the same step");
}

#[test]
fn a_run_that_is_lost_holds_until_it_is_proved_gone() {
    let mut bench = fleet();
    let run = bench.run("a");
    bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    bench.step(Event::KeeperLost { run });
    assert_eq!(bench.granted(), []);
    bench.step(Event::Reaped { run, processes: 1 });
    assert_eq!(bench.granted().len(), 1);
}

#[test]
fn a_request_is_given_up_after_its_limit_and_told_who_held_it() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    let waiting = bench.wait_for("b", &["src"]);
    assert!(bench.told().contains(&"Arm Lock 300000".to_owned()));
    let behind = bench.wait_for("c", &["shared:src"]);
    bench.fire(TimerId::Lock(LockTimer::Limit(waiting)));
    let LockSettled::TimedOut { behind: who, waited } = &bench.settled()[0].1 else { panic!("timed out") };
    assert_eq!((who[0].who.clone(), *waited), (bench.party("a"), Span::from_secs(300)));
    assert_eq!(bench.told(), ["lock.timed_out", "Settle"]);
    assert_eq!(bench.fleet.view().locks.statistics().timed_out, 1);
    assert!(bench.fleet.view().locks.request(behind).is_some());
}

#[test]
fn who_waited_behind_one_that_gives_up_goes_on() {
    let mut bench = fleet();
    bench.take("a", &["shared:src"]);
    let writer = bench.wait_for("b", &["src"]);
    let reader = bench.wait_for("c", &["shared:src"]);
    bench.fire(TimerId::Lock(LockTimer::Limit(writer)));
    assert_eq!(bench.granted(), [reader]);
}

#[test]
fn not_to_wait_is_an_answer() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    let party = bench.party("b");
    let at_once = Acquire { wait: Some(Span(0)), ..acquire(&party, &["src"]) };
    let denied = bench.lock(LockCommand::Acquire(at_once)).expect_err("held");
    assert!(matches!(denied, LockDenied::Held { behind } if behind[0].who == bench.party("a")));
    assert_eq!(bench.told(), ["Reply"]);
}

#[test]
fn a_holder_outside_the_fleet_must_renew() {
    let mut bench = fleet();
    let ci = outside("ci");
    let Ok(LockAnswer::Granted(grant)) = bench.lock(LockCommand::Acquire(acquire(&ci, &["src"]))) else {
        panic!("granted")
    };
    assert!(bench.told().contains(&"Arm Lock 60000".to_owned()));
    bench.later(Span::from_secs(50));
    let renew = LockCommand::Renew { party: ci.clone(), lease: grant.lease, ttl: None };
    assert!(bench.lock(renew.clone()).is_ok());
    assert_eq!(bench.told(), ["lock.renewed", "Arm Lock 60000", "Reply"]);
    bench.later(Span::from_secs(50));
    bench.step(Event::TimerFired { timer: TimerId::Lock(LockTimer::Expiry(grant.lease)) });
    assert_eq!(bench.told(), ["Arm Lock 10000"], "a firing from before the renewal is early");
    let waiting = bench.wait_for("a", &["src"]);
    bench.fire(TimerId::Lock(LockTimer::Expiry(grant.lease)));
    assert_eq!(bench.told()[0], "lock.expired");
    assert_eq!(bench.granted(), [waiting]);
    let ended = LockDenied::LeaseEnded { lease: grant.lease, why: LeaseEnd::Expired, at: bench.now };
    assert_eq!(bench.lock(renew), Err(ended));
}

#[test]
fn a_run_may_have_a_time_to_live_too_and_it_is_bounded() {
    let mut bench = fleet();
    let party = bench.party("a");
    let day = lock_policy().ttl_max;
    let with_ttl = Acquire { ttl: Some(Span::from_secs(u64::MAX)), ..acquire(&party, &["src"]) };
    assert!(bench.lock(LockCommand::Acquire(with_ttl)).is_ok());
    assert!(bench.told().contains(&format!("Arm Lock {}", day.0)));
}

#[test]
fn everything_of_a_paused_run_stands_still() {
    let mut bench = fleet();
    let party = bench.party("a");
    let with_ttl = Acquire { ttl: Some(Span(1_000)), ..acquire(&party, &["src"]) };
    let Ok(LockAnswer::Granted(grant)) = bench.lock(LockCommand::Acquire(with_ttl)) else { panic!("granted") };
    bench.take("b", &["docs"]);
    let waiting = bench.wait_for("a", &["docs"]);
    bench.later(Span(400));
    bench.is_paused("a");
    bench.later(Span::from_secs(3_600));
    bench.step(Event::TimerFired { timer: TimerId::Lock(LockTimer::Expiry(grant.lease)) });
    bench.step(Event::TimerFired { timer: TimerId::Lock(LockTimer::Limit(waiting)) });
    assert!(bench.effects.is_empty());
    assert_eq!(bench.check("src", grant.token), Checked::Valid { lease: grant.lease });
    bench.is_resumed("a");
    assert_eq!(bench.told(), ["agent.resumed", "lock.went_on", "Arm Lock 600", "Arm Lock 299600"]);
}

#[test]
fn what_a_paused_run_is_granted_begins_to_expire_when_it_goes_on() {
    let mut bench = fleet();
    let docs = bench.take("b", &["docs"]);
    let party = bench.party("a");
    let with_ttl = Acquire { ttl: Some(Span(1_000)), ..acquire(&party, &["docs"]) };
    assert!(bench.lock(LockCommand::Acquire(with_ttl)).is_ok());
    bench.is_paused("a");
    bench.give_back("b", docs.lease);
    assert_eq!(bench.told(), ["lock.released", "lock.granted", "Settle", "Reply"]);
    bench.later(Span::from_secs(60));
    bench.is_resumed("a");
    assert!(bench.told().contains(&"Arm Lock 1000".to_owned()));
}

#[test]
fn a_pause_without_locks_says_nothing_of_locks() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.is_paused("a");
    bench.is_resumed("a");
    assert_eq!(bench.told(), ["agent.resumed"], "a lease without a deadline has nothing that could stand still");
}

#[test]
fn a_lease_taken_by_force_is_known_as_lost() {
    let mut bench = fleet();
    let grant = bench.take("a", &["src"]);
    let waiting = bench.wait_for("b", &["src"]);
    let force = LockCommand::Force { which: Which::Lease(grant.lease), reason: "a is stuck".into(), by: None };
    let answer = LockAnswer::Released { leases: vec![grant.lease], granted: 1 };
    assert_eq!(bench.lock(force), Ok(answer));
    assert_eq!(bench.told()[..2], ["lock.forced", "message.sent"], "its holder is told");
    assert_eq!(bench.granted(), [waiting]);
    let Checked::Ended { ended, held_now } = bench.check("src/lib.rs", grant.token) else { panic!("stale") };
    assert_eq!(ended.why, LeaseEnd::Forced { reason: "a is stuck".into(), by: None });
    assert_eq!(held_now, Some(LeaseId(2)));
    let party = bench.party("a");
    let late = bench.lock(LockCommand::Release { party, which: Which::Lease(grant.lease) });
    assert!(matches!(late, Err(LockDenied::LeaseEnded { why: LeaseEnd::Forced { .. }, .. })));
}

#[test]
fn force_on_a_scope_takes_every_lease_on_it() {
    let mut bench = fleet();
    bench.take("a", &["shared:src"]);
    bench.take("b", &["shared:src", "docs"]);
    let force = |text: &str| LockCommand::Force { which: Which::Scope(text.into()), reason: "now".into(), by: None };
    assert_eq!(bench.lock(force("src/a")), Err(LockDenied::NothingHeld));
    assert!(matches!(bench.lock(force("./src/")), Ok(LockAnswer::Released { leases, .. }) if leases.len() == 2));
}

#[test]
fn a_token_allows_what_its_lease_covers_while_it_lasts() {
    let mut bench = fleet();
    let old = bench.take("a", &["src"]);
    assert_eq!(bench.check("src/parser/lexer.rs", old.token), Checked::Valid { lease: old.lease });
    assert_eq!(bench.check("docs", old.token), Checked::ElsewhereOnly { lease: old.lease });
    assert_eq!(bench.check(".", old.token), Checked::ElsewhereOnly { lease: old.lease }, "more than it has");
    assert_eq!(bench.check("src", Token(9)), Checked::NeverGranted { held_now: Some(old.lease) });
    assert_eq!(bench.check("src", Token(0)), Checked::NeverGranted { held_now: Some(old.lease) });
    bench.give_back("a", old.lease);
    assert!(matches!(bench.check("src", old.token), Checked::Ended { held_now: None, .. }));
    let new = bench.take("b", &["src"]);
    assert!(matches!(bench.check("src", old.token), Checked::Ended { held_now, .. } if held_now == Some(new.lease)));
}

#[test]
fn a_lease_whose_time_is_over_allows_nothing_even_before_that_is_recorded() {
    let mut bench = fleet();
    let ci = outside("ci");
    let Ok(LockAnswer::Granted(grant)) = bench.lock(LockCommand::Acquire(acquire(&ci, &["src"]))) else {
        panic!("granted")
    };
    bench.later(Span::from_secs(60));
    assert!(matches!(bench.check("src", grant.token), Checked::Ended { .. }));
    let renew = LockCommand::Renew { party: ci, lease: grant.lease, ttl: None };
    assert!(matches!(bench.lock(renew), Err(LockDenied::LeaseEnded { why: LeaseEnd::Expired, .. })));
}

#[test]
fn asking_again_with_the_same_key_does_not_ask_twice() {
    let mut bench = fleet();
    let party = bench.party("a");
    let keyed = |texts: &[&str]| LockCommand::Acquire(Acquire { key: Some("k".into()), ..acquire(&party, texts) });
    let first = bench.lock(keyed(&["src"])).expect("granted");
    assert_eq!(bench.lock(keyed(&["src"])), Ok(first));
    assert_eq!(bench.told(), ["Reply"]);
    assert_eq!(bench.lock(keyed(&["docs"])), Err(LockDenied::KeyTaken));
    bench.take("b", &["gpu"]);
    let party = bench.party("c");
    let keyed = LockCommand::Acquire(Acquire { key: Some("k".into()), ..acquire(&party, &["gpu"]) });
    let Ok(LockAnswer::Waits { request, asking: 1, .. }) = bench.lock(keyed.clone()) else { panic!("waits") };
    let Ok(LockAnswer::Waits { asking: 2, request: again, .. }) = bench.lock(keyed.clone()) else { panic!("waits") };
    assert_eq!(request, again);
    assert_eq!(bench.lock(LockCommand::Withdraw { request, asking: 1 }), Ok(LockAnswer::Withdrawn));
    assert!(bench.fleet.view().locks.request(request).is_some(), "the one that asked again waits on");
    bench.exits("b", 0);
    assert_eq!(bench.granted(), [request]);
    assert!(matches!(bench.lock(keyed), Ok(LockAnswer::Granted(_))));
    assert_eq!(bench.lock(LockCommand::Withdraw { request, asking: 2 }), Ok(LockAnswer::Withdrawn));
    assert_eq!(bench.fleet.view().locks.leases().count(), 2, "it was claimed by the third asking");
}

#[test]
fn what_is_granted_to_nobody_is_given_back() {
    let mut bench = fleet();
    let src = bench.take("a", &["src"]);
    let gone = bench.wait_for("b", &["src"]);
    let next = bench.wait_for("c", &["src"]);
    bench.give_back("a", src.lease);
    assert_eq!(bench.lock(LockCommand::Withdraw { request: gone, asking: 1 }), Ok(LockAnswer::Withdrawn));
    assert_eq!(bench.told(), ["lock.released", "Disarm Lock", "lock.granted", "Settle", "Reply"]);
    assert_eq!(bench.granted(), [next]);
}

#[test]
fn a_client_that_leaves_leaves_the_line() {
    let mut bench = fleet();
    bench.take("a", &["shared:src"]);
    let writer = bench.wait_for("b", &["src"]);
    let reader = bench.wait_for("c", &["shared:src"]);
    let _ = bench.lock(LockCommand::Withdraw { request: writer, asking: 1 });
    assert_eq!(bench.settled()[0], (writer, LockSettled::Withdrawn));
    assert_eq!(bench.granted(), [reader]);
}

#[test]
fn only_its_holder_gives_a_lease_back() {
    let mut bench = fleet();
    let grant = bench.take("a", &["src", "docs"]);
    let of = |party: &Party, which: Which| LockCommand::Release { party: party.clone(), which };
    let (a, b) = (bench.party("a"), bench.party("b"));
    let not_yours = LockDenied::NotYours { lease: grant.lease, holder: a.clone() };
    assert_eq!(bench.lock(of(&b, Which::Lease(grant.lease))), Err(not_yours.clone()));
    assert_eq!(bench.lock(of(&outside("ci"), Which::Lease(grant.lease))), Err(not_yours));
    assert_eq!(bench.lock(of(&b, Which::Scope("src".into()))), Err(LockDenied::NothingHeld));
    let more = LockDenied::HoldsMore { lease: grant.lease };
    assert_eq!(bench.lock(of(&a, Which::Scope("src".into()))), Err(more));
    let unknown = LockDenied::UnknownLease { lease: LeaseId(99) };
    assert_eq!(bench.lock(of(&a, Which::Lease(LeaseId(99)))), Err(unknown));
    let docs = bench.take("b", &["shared:tests"]);
    let released = LockAnswer::Released { leases: vec![docs.lease], granted: 0 };
    assert_eq!(bench.lock(of(&b, Which::Scope("./tests/".into()))), Ok(released));
    let all = LockAnswer::Released { leases: vec![grant.lease], granted: 0 };
    assert_eq!(bench.lock(of(&a, Which::All)), Ok(all));
}

#[test]
fn what_another_outside_holds_takes_force() {
    let mut bench = fleet();
    let taken =
        |bench: &mut Bench, scope: &str| match bench.lock(LockCommand::Acquire(acquire(&outside("ann"), &[scope]))) {
            Ok(LockAnswer::Granted(grant)) => grant,
            other => panic!("not granted: {other:?}"),
        };
    let of = |name: &str, lease| LockCommand::Release { party: outside(name), which: Which::Lease(lease) };
    let (own, anothers) = (taken(&mut bench, "src"), taken(&mut bench, "docs"));
    bench.lock(of("ann", own.lease)).expect("her own");
    let denied = LockDenied::NotYours { lease: anothers.lease, holder: outside("ann") };
    assert_eq!(bench.lock(of("eve", anothers.lease)), Err(denied));
    let ends: Vec<LeaseEnd> = bench.fleet.view().locks.ended().map(|ended| ended.why.clone()).collect();
    assert_eq!(ends, [LeaseEnd::Released]);
    // Journals of older programs contain this variant.
    assert_eq!(LeaseEnd::ReleasedBy { by: outside("eve") }.to_string(), "was released by eve");
    let forced = |by| LeaseEnd::Forced { reason: "now".into(), by }.to_string();
    assert_eq!(forced(Some(outside("ann"))), "was taken by force by ann: now");
    assert_eq!(forced(None), "was taken by force: now");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut bench = fleet();
    let bad = LockDenied::BadScope { text: "../x".into(), why: BadScope::Upwards };
    assert_eq!(bench.refused("a", &["../x"]), bad);
    assert_eq!(bench.refused("a", &[]), LockDenied::NothingAsked);
    let many: Vec<String> = (0..65).map(|at| format!("d{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(bench.refused("a", &many), LockDenied::TooManyScopes { scopes_max: 64 });
    let party = bench.party("a");
    let wordy = Acquire { purpose: Some("x".repeat(201)), ..acquire(&party, &["src"]) };
    assert_eq!(bench.lock(LockCommand::Acquire(wordy)), Err(LockDenied::TooManyWords { bytes_max: 200 }));
    bench.exits("a", 0);
    assert_eq!(bench.lock(LockCommand::Acquire(acquire(&party, &["src"]))), Err(LockDenied::HolderEnded));
}

#[test]
fn a_party_holds_and_waits_within_its_limits() {
    let mut bench = fleet();
    for at in 0..64 {
        bench.take("a", &[&format!("d{at}")]);
    }
    assert_eq!(bench.refused("a", &["one-more"]), LockDenied::TooManyLeases { leases_max: 64 });
    for at in 0..16 {
        bench.wait_for("b", &[&format!("d{at}")]);
    }
    assert_eq!(bench.refused("b", &["d20"]), LockDenied::TooManyWaiting { waiting_max: 16 });
}

#[test]
fn fewer_units_refuse_what_can_no_longer_be_granted() {
    let mut bench = fleet();
    bench.take("a", &["port", "port"]);
    let two = bench.wait_for("b", &["port", "port"]);
    let one = bench.wait_for("c", &["port"]);
    let mut locks = lock_policy();
    locks.resources.insert("port".into(), Resource { capacity: 1, ..PORT });
    let agents: Vec<AgentPolicy> = ["a", "b", "c"].map(policy).into();
    bench.step(Event::Configured { fleet: with_locks(locks), agents });
    let denied = LockDenied::TooManyUnits { resource: "port".into(), capacity: 1 };
    assert_eq!(bench.settled(), [(two, LockSettled::Refused(denied))]);
    bench.exits("a", 0);
    assert_eq!(bench.granted(), [one], "those held under the larger capacity end in peace");
}

#[test]
fn more_units_let_those_that_wait_go() {
    let mut bench = fleet();
    bench.take("a", &["gpu"]);
    let waiting = bench.wait_for("b", &["gpu"]);
    let mut locks = lock_policy();
    locks.resources.insert("gpu".into(), Resource { capacity: 2, first: None });
    let agents: Vec<AgentPolicy> = ["a", "b", "c"].map(policy).into();
    bench.step(Event::Configured { fleet: with_locks(locks), agents });
    assert_eq!(bench.granted(), [waiting]);
    assert_eq!(bench.told()[0], "lock.resources_changed");
}

#[test]
fn a_take_over_drops_who_waited_and_keeps_who_held() {
    let mut bench = fleet();
    let ci = outside("ci");
    assert!(bench.lock(LockCommand::Acquire(acquire(&ci, &["docs"]))).is_ok());
    bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    bench.supervisor_dies();
    assert_eq!(bench.told()[..3], ["system.took_over", "Disarm Lock", "lock.withdrawn"]);
    let locks = &bench.fleet.view().locks;
    assert_eq!((locks.leases().count(), locks.waiting().count()), (2, 0));
    assert_eq!(bench.fleet.armed().count(), 1, "the outsider's lease still has its deadline");
}

#[test]
fn a_write_into_what_another_holds_is_recorded_once_in_a_while() {
    let mut bench = fleet();
    let grant = bench.take("a", &["src"]);
    let (a, b, c) = (bench.run("a"), bench.run("b"), bench.run("c"));
    let wrote = |by: &[quarterdeck_core::ids::RunId], path: &str| {
        Event::Lock(LockEvent::Written { by: by.to_vec(), path: path.into(), evidence: Evidence::Inferred })
    };
    bench.step(wrote(&[b], "src/main.rs"));
    assert_eq!(bench.told()[0], "lock.violated");
    assert!(bench.told()[1..].contains(&"message.sent".to_owned()), "both are told");
    let fact = bench.facts()[0].clone();
    assert_eq!((fact.agent, fact.run), (Some(bench.id("b")), Some(b)), "it is the writer's");
    let FactKind::Lock(LockFact::Violated { lease, evidence, .. }) = &fact.kind else { panic!("{fact:?}") };
    assert_eq!((*lease, *evidence), (grant.lease, Evidence::Inferred), "the fact says how it is known");
    bench.step(wrote(&[b], "src/main.rs"));
    bench.step(wrote(&[a, b], "src/main.rs"));
    bench.step(wrote(&[b, c], "docs/x.md"));
    bench.step(wrote(&[b], "../src/main.rs"));
    assert!(bench.effects.is_empty());
    bench.step(wrote(&[b, c], "src/main.rs"));
    assert_eq!(bench.told()[0], "lock.violated", "someone else");
    bench.later(Span::from_secs(10));
    bench.step(wrote(&[b], "src/main.rs"));
    assert_eq!(bench.told()[0], "lock.violated", "again after a while");
    assert_eq!(bench.fleet.view().locks.statistics().violations, 3);
}

#[test]
fn where_coordination_is_off_every_request_is_refused() {
    let mut bench = fleet();
    let coordination = CoordinationPolicy { mode: Coordination::Off, ..CoordinationPolicy::default() };
    let agents: Vec<AgentPolicy> = ["a", "b", "c"].map(policy).into();
    bench.step(Event::Configured { fleet: FleetPolicy { coordination, ..FleetPolicy::default() }, agents });
    let party = bench.party("a");
    let asked = bench.ask(Command::Lock(LockCommand::Acquire(acquire(&party, &["src"]))));
    assert_eq!(asked, Answer::Denied(Denied::CoordinationOff));
}

#[test]
fn the_memory_of_ended_leases_is_bounded() {
    let mut bench = fleet();
    let first = bench.take("a", &["src"]);
    bench.give_back("a", first.lease);
    for _ in 0..300 {
        let grant = bench.take("a", &["src"]);
        bench.give_back("a", grant.lease);
    }
    assert_eq!(bench.fleet.view().locks.ended().count(), 256);
    assert_eq!(bench.check("src", first.token), Checked::Forgotten { held_now: None });
}

#[test]
fn a_run_killed_while_it_holds_gives_back_when_its_tree_is_empty() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    let waiting = bench.wait_for("b", &["src"]);
    bench.exited("a", Exit::Signal(9), 1);
    assert_eq!(bench.granted(), [], "what remains of it may still write");
    bench.emptied("a");
    assert_eq!(bench.granted(), [waiting]);
}

#[test]
fn who_is_blocked_is_told_by_whom_and_why_that_one_does_not_go_on() {
    let mut bench = fleet();
    bench.take("a", &["docs"]);
    bench.take("b", &["src"]);
    bench.wait_for("b", &["docs"]);
    let request = bench.wait_for("c", &["src/parser"]);
    bench.is_paused("a");
    bench.later(Span::from_secs(7));
    let chain = bench.fleet.explain(bench.id("c"), bench.now).chain;
    let agents: Vec<_> = chain.iter().map(|link| link.agent).collect();
    assert_eq!(agents, ["c", "b", "a"].map(|name| bench.id(name)));
    let Reason::Blocked { request: its, behind, given_up_in, .. } = &chain[0].reason else { panic!("{chain:?}") };
    assert_eq!((*its, &behind[0].who), (request, &bench.party("b")));
    assert_eq!((chain[0].age, *given_up_in), (Span::from_secs(7), Some(Span::from_secs(293))));
    assert_eq!(chain[2].reason, Reason::Paused);
}

#[test]
fn a_lease_ends_with_the_process_that_it_is_bound_to_also_under_the_next_supervisor() {
    let mut bench = fleet();
    let process = Process { pid: 7, start_time_ticks: 70 };
    let bound = Acquire { process: Some(process), ..acquire(&Party::Run(bench.run("a")), &["src"]) };
    let Ok(LockAnswer::Granted(Grant { lease, .. })) = bench.lock(LockCommand::Acquire(bound)) else { panic!("free") };
    let watches = |bench: &Bench| bench.effects.contains(&Effect::Lock(LockEffect::Watch { lease, process }));
    assert!(watches(&bench));
    bench.step(Event::TookOver);
    assert!(watches(&bench), "it is watched anew");
    bench.step(Event::Lock(LockEvent::ProcessEnded { lease }));
    assert!(bench.fleet.view().locks.lease(lease).is_none());
    bench.step(Event::Lock(LockEvent::ProcessEnded { lease }));
    assert!(bench.told().is_empty(), "once");
}
