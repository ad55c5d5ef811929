//! Tests of the fleet's shutdown, and of its next start.

use crate::common::*;
use quarterdeck_core::command::{Command, Denied, ShutdownMode};
use quarterdeck_core::ending::{Outcome, StopCause};
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::{AgentPolicy, Autostart};
use quarterdeck_core::view::State;

const GRACEFUL: Command = Command::Shutdown { mode: ShutdownMode::Graceful };

fn stopping() -> State {
    State::Stopping { why: StopCause::Shutdown }
}

#[test]
fn runs_end_in_reverse_start_order_and_then_the_supervisor() {
    let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"]), policy_after("c", &["b"]), policy("d")]);
    for name in ["a", "b", "c", "d"] {
        bench.ready(name);
    }
    assert_eq!(bench.command(GRACEFUL), Ok(None));
    let ending = |bench: &Bench| ["a", "b", "c", "d"].map(|name| bench.state(name) == &stopping());
    assert_eq!(ending(&bench), [false, false, true, true]);
    bench.exits("d", 0);
    assert_eq!(ending(&bench), [false, false, true, false]);
    bench.exits("c", 0);
    assert_eq!(ending(&bench), [false, true, false, false]);
    bench.exits("b", 0);
    assert_eq!(ending(&bench), [true, false, false, false]);
    bench.exits("a", 0);
    assert_eq!(bench.told(), ["Disarm StopGrace", "agent.ended", "Dismiss", "system.shutdown_done", "EndSupervisor"]);
    assert!(bench.fleet.is_shut_down());
}

#[test]
fn nothing_starts_any_more() {
    let mut bench = Bench::with_slots(2, vec![policy("a"), policy("b"), policy("c")]);
    bench.launch("b");
    bench.exits("b", 1);
    bench.ready("a");
    let (a, b) = (bench.id("a"), bench.id("b"));
    let _ = bench.command(GRACEFUL);
    assert_eq!(bench.state("b"), &State::Off, "a backoff is cancelled");
    for command in
        [Command::Start { agent: b }, Command::Restart { agent: a }, Command::Spawn { policy: Box::new(policy("x")) }]
    {
        assert_eq!(bench.command(command), Err(Denied::ShuttingDown));
    }
    bench.configure(9, vec![policy("a"), policy("b"), policy("c"), policy("y")]);
    assert_eq!(bench.state("y"), &State::Off);
    assert_eq!(bench.fleet.live_runs().count(), 2);
}

#[test]
fn what_waits_in_line_leaves_it() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b"), policy_after("c", &["a"])]);
    let _ = bench.command(GRACEFUL);
    assert_eq!((bench.state("b"), bench.state("c")), (&State::Off, &State::Off));
    bench.prepared("a");
    assert!(bench.fleet.is_shut_down());
}

#[test]
fn a_second_shutdown_or_a_kill_kills_every_tree_at_once() {
    let kill = Command::Shutdown { mode: ShutdownMode::Kill };
    for commands in [vec![GRACEFUL, GRACEFUL], vec![kill]] {
        let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"])]);
        bench.ready("a");
        bench.ready("b");
        for command in commands {
            assert_eq!(bench.command(command), Ok(None));
        }
        let kills = bench.told().iter().filter(|told| *told == "KillTree").count();
        assert_eq!(kills, 2, "{:?}", bench.told());
        assert_eq!(bench.fleet.view().shutdown, Some(ShutdownMode::Kill));
    }
}

#[test]
fn a_fleet_without_live_runs_ends_at_once_after_the_answer() {
    let mut bench = Bench::new(vec![]);
    assert_eq!(bench.command(GRACEFUL), Ok(None));
    assert_eq!(bench.told(), ["system.shutdown_begun", "system.shutdown_done", "Reply", "EndSupervisor"]);
    assert_eq!(bench.command(GRACEFUL), Ok(None));
    assert_eq!(bench.told(), ["Reply"]);
}

#[test]
fn a_stop_already_under_way_counts_and_its_restart_does_not() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Restart { agent });
    let _ = bench.command(GRACEFUL);
    bench.exits("a", 0);
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Terminated });
    assert!(bench.fleet.is_shut_down());
}

#[test]
fn agents_that_name_each_other_in_a_circle_end_together() {
    let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"]), policy("c")]);
    for name in ["a", "b", "c"] {
        bench.ready(name);
    }
    let circle = |name, after| AgentPolicy { revision: 2, ..policy_after(name, &[after]) };
    bench.configure(100, vec![circle("a", "b"), policy_after("b", &["a"]), policy("c")]);
    let agent = bench.id("a");
    bench.exits("a", 0);
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    bench.ready("a");
    let _ = bench.command(GRACEFUL);
    assert_eq!((bench.state("a"), bench.state("c")), (&State::Ready, &stopping()));
    bench.exits("c", 0);
    assert_eq!((bench.state("a"), bench.state("b")), (&stopping(), &stopping()));
}

#[test]
fn a_shutdown_goes_on_under_the_next_supervisor() {
    let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"])]);
    bench.ready("a");
    bench.ready("b");
    let _ = bench.command(GRACEFUL);
    bench.supervisor_dies();
    for name in ["a", "b"] {
        let run = bench.run(name);
        bench.step(Event::Adopted { run });
    }
    bench.exits("b", 0);
    assert_eq!(bench.state("a"), &stopping());
    bench.exits("a", 0);
    assert!(bench.fleet.is_shut_down());
}

#[test]
fn after_a_shutdown_that_is_done_the_next_supervisor_begins_anew() {
    let quiet = || AgentPolicy { autostart: Autostart::OnRequest, ..policy("b") };
    let mut bench = Bench::new(vec![policy("a"), quiet()]);
    bench.launch("a");
    let first = bench.run("a");
    let _ = bench.command(GRACEFUL);
    bench.exits("a", 0);
    bench.supervisor_dies();
    assert!(!bench.fleet.is_shut_down());
    assert_eq!(bench.fleet.live_runs().count(), 0);
    bench.configure(100, vec![policy("a"), quiet()]);
    assert_eq!((bench.state("a"), bench.state("b")), (&State::Preparing, &State::Off));
    assert!(bench.run("a") > first, "runs are never numbered twice");
    bench.configure(100, vec![policy("a"), quiet()]);
    assert!(bench.effects.is_empty());
}
