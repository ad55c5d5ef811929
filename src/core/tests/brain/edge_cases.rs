//! Tests of the edge cases that coordination specifications name, each under its name, as far as the core decides them.
//! The cases about files, repositories and processes are in `tests/e2e`.

use crate::common::*;
use crate::locks::{acquire, fleet, outside};
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::Token;
use quarterdeck_core::lock::{Acquire, Checked, LockAnswer, LockCommand, LockDenied, LockSettled, LockTimer, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::sync::{Priority, Standing, SyncAnswer, SyncCommand};
use quarterdeck_core::time::Span;

fn start(by: &Party, scope: &str, needs: &[&str]) -> Command {
    let needs = Some(needs.iter().map(|need| need.to_string()).collect());
    Command::Sync(SyncCommand::Start { by: by.clone(), scope: scope.into(), needs, priority: Priority::Normal })
}

fn complete(by: &Party, scope: &str) -> Command {
    Command::Sync(SyncCommand::Complete { by: by.clone(), scope: scope.into() })
}

fn standing<'a>(bench: &'a Bench, scope: &str) -> &'a Standing {
    &bench.fleet.view().sync.get(scope).expect("a known scope").standing
}

fn granted(answer: Result<LockAnswer, LockDenied>) -> bool {
    matches!(answer, Ok(LockAnswer::Granted(_)))
}

#[test]
fn empty_repository() {
    let mut bench = Bench::new(Vec::new());
    assert!(bench.fleet.quiescent());
    assert!(granted(bench.lock(LockCommand::Acquire(acquire(&outside("ci"), &["."])))), "there is still a whole of it");
    assert!(matches!(bench.ask(start(&outside("ci"), "nothing", &[])), Answer::Sync(SyncAnswer::Started)));
}

#[test]
fn single_scope() {
    let mut bench = fleet();
    let first = bench.take("a", &["."]);
    let (second, third) = (bench.wait_for("b", &["src"]), bench.wait_for("c", &["docs"]));
    bench.give_back("a", first.lease);
    assert_eq!(bench.granted(), [second, third], "both lie beneath it, and not in each other's way");
}

#[test]
fn single_agent() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let party = bench.party("a");
    for text in ["src", "src/a", ".", "shared:docs"] {
        assert!(
            granted(bench.lock(LockCommand::Acquire(acquire(&party, &[text])))),
            "nobody is in its own way: {text}"
        );
    }
}

#[test]
fn circular_dependency() {
    let mut bench = fleet();
    let party = bench.party("a");
    bench.ask(start(&party, "b", &["a"]));
    bench.ask(start(&party, "c", &["b"]));
    assert!(matches!(bench.ask(start(&party, "a", &["c"])), Answer::Denied(Denied::Sync(_))));
}

#[test]
fn self_dependency() {
    let mut bench = fleet();
    let party = bench.party("a");
    assert!(matches!(bench.ask(start(&party, "a", &["a"])), Answer::Denied(Denied::Sync(_))));
}

#[test]
fn circular_wait() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.take("b", &["docs"]);
    bench.wait_for("a", &["docs"]);
    assert!(matches!(bench.refused("b", &["src"]), LockDenied::Cycle { cycle } if cycle.len() == 2));
}

#[test]
fn dangling_reference() {
    let mut bench = fleet();
    let party = bench.party("a");
    assert!(matches!(bench.ask(start(&party, "top", &["missing"])), Answer::Sync(SyncAnswer::Queued)));
    assert_eq!(standing(&bench, "missing"), &Standing::Idle, "what nobody has heard of is not completed");
    bench.ask(start(&party, "missing", &[]));
    bench.ask(complete(&party, "missing"));
    assert!(matches!(standing(&bench, "top"), Standing::Syncing { .. }));
}

#[test]
fn crash_while_holding() {
    let mut bench = fleet();
    bench.take("a", &["src", "gpu"]);
    let waiting = bench.wait_for("b", &["gpu"]);
    bench.exits("a", 1);
    assert_eq!(bench.granted(), [waiting]);
}

#[test]
fn crash_while_waiting() {
    let mut bench = fleet();
    let held = bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    let next = bench.wait_for("c", &["src"]);
    bench.exits("b", 1);
    bench.give_back("a", held.lease);
    assert_eq!(bench.granted(), [next]);
}

#[test]
fn crash_while_syncing() {
    let mut bench = fleet();
    let party = bench.party("a");
    bench.ask(start(&party, "one", &[]));
    bench.exits("a", 1);
    assert!(matches!(standing(&bench, "one"), Standing::Failed { .. }));
}

#[test]
fn all_agents_blocked() {
    let mut bench = fleet();
    let ci = outside("ci");
    let Ok(LockAnswer::Granted(grant)) = bench.lock(LockCommand::Acquire(acquire(&ci, &["."]))) else {
        panic!("granted")
    };
    let blocked = ["a", "b", "c"].map(|name| bench.wait_for(name, &["src"]));
    bench.fire(TimerId::Lock(LockTimer::Expiry(grant.lease)));
    assert_eq!(bench.granted(), [blocked[0]], "whoever does not renew does not block them for ever");
}

#[test]
fn all_agents_paused() {
    let mut bench = fleet();
    let held = bench.take("a", &["src"]);
    let waiting = bench.wait_for("b", &["src"]);
    ["a", "b", "c"].into_iter().for_each(|name| bench.is_paused(name));
    bench.later(Span::from_secs(100_000));
    assert_eq!(bench.fleet.armed().count(), 0, "nothing passes for anyone");
    ["a", "b", "c"].into_iter().for_each(|name| bench.is_resumed(name));
    bench.give_back("a", held.lease);
    assert_eq!(bench.granted(), [waiting]);
}

#[test]
fn malformed_input() {
    let mut bench = fleet();
    for text in ["", "/", "..", "a/../b", "src/*.rs", "a\0b"] {
        assert!(matches!(bench.refused("a", &[text]), LockDenied::BadScope { .. }), "{text:?}");
    }
    assert_eq!(bench.told(), ["Reply"]);
}

#[test]
fn maximum_agents() {
    let mut bench = Bench::new(Vec::new());
    let limits = FleetPolicy { agents_max: 1, ..FleetPolicy::default() };
    bench.step(Event::Configured { fleet: limits, agents: vec![policy("a")] });
    let spawn = Command::Spawn { policy: Box::new(policy("b")) };
    assert_eq!(bench.command(spawn), Err(Denied::FleetFull { agents_max: 1 }));
}

#[test]
fn lock_timeout() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    let waiting = bench.wait_for("b", &["src"]);
    bench.fire(TimerId::Lock(LockTimer::Limit(waiting)));
    assert!(matches!(&bench.settled()[0].1, LockSettled::TimedOut { waited: Span(300_000), .. }));
}

#[test]
fn stale_token() {
    let mut bench = fleet();
    let old = bench.take("a", &["src"]);
    let force = LockCommand::Force { which: Which::Lease(old.lease), reason: "stuck".into(), by: None };
    assert!(bench.lock(force).is_ok());
    let new = bench.take("b", &["src"]);
    assert!(new.token > old.token);
    assert!(!matches!(bench.check("src", old.token), Checked::Valid { .. }));
    assert!(matches!(bench.check("src", Token(new.token.0 + 1)), Checked::NeverGranted { .. }));
}

#[test]
fn duplicate_request() {
    let mut bench = fleet();
    let party = bench.party("a");
    let keyed = || LockCommand::Acquire(Acquire { key: Some("once".into()), ..acquire(&party, &["src"]) });
    assert_eq!(bench.lock(keyed()), bench.lock(keyed()));
    assert_eq!(bench.fleet.view().locks.leases().count(), 1);
}

#[test]
fn release_of_what_is_not_held() {
    let mut bench = fleet();
    let party = bench.party("a");
    let release = LockCommand::Release { party, which: Which::Scope("src".into()) };
    assert_eq!(bench.lock(release), Err(LockDenied::NothingHeld));
}

#[test]
fn supervisor_crash_while_waiting() {
    let mut bench = fleet();
    bench.take("a", &["src"]);
    bench.wait_for("b", &["src"]);
    bench.supervisor_dies();
    let locks = &bench.fleet.view().locks;
    assert_eq!((locks.leases().count(), locks.waiting().count()), (1, 0));
}

#[test]
fn change_downstream() {
    let mut bench = fleet();
    let party = bench.party("a");
    bench.ask(start(&party, "one", &[]));
    bench.ask(complete(&party, "one"));
    bench.ask(start(&party, "two", &["one"]));
    bench.ask(Command::Sync(SyncCommand::Change { by: party.clone(), scope: "one".into() }));
    assert_eq!(standing(&bench, "two"), &Standing::Idle);
    assert!(matches!(bench.ask(complete(&party, "two")), Answer::Denied(Denied::Sync(_))), "it is too late for that");
}
