//! Tests of a configuration that is read again while the fleet runs, and of agents that are spawned and removed.

use crate::common::*;
use quarterdeck_core::command::{Command, Denied};
use quarterdeck_core::ending::Outcome;
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::{AgentPolicy, Autostart, FleetPolicy};
use quarterdeck_core::start_order::Waiting;
use quarterdeck_core::view::{Config, State};

fn revised(name: &str, revision: u64) -> AgentPolicy {
    AgentPolicy { revision, ..policy(name) }
}

#[test]
fn the_same_file_again_changes_nothing() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.configure(100, vec![policy("a")]);
    assert!(bench.effects.is_empty());
}

#[test]
fn a_changed_agent_keeps_its_policy_while_it_runs_and_takes_the_newest_after() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let agent = bench.id("a");
    bench.configure(100, vec![revised("a", 2)]);
    assert_eq!(bench.told(), ["agent.changed"]);
    assert_eq!(bench.agent("a").config, Config::Changed);
    assert_eq!(bench.fleet.policy(agent).map(|policy| policy.revision), Some(1));
    bench.configure(100, vec![revised("a", 3)]);
    let _ = bench.command(Command::Restart { agent });
    bench.exits("a", 0);
    assert_eq!(bench.agent("a").config, Config::Current);
    assert_eq!(bench.fleet.policy(agent).map(|policy| policy.revision), Some(3));
}

#[test]
fn a_change_taken_back_leaves_nothing_to_apply() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    bench.configure(100, vec![revised("a", 2)]);
    bench.configure(100, vec![policy("a")]);
    assert_eq!(bench.told(), ["agent.unchanged"]);
    assert_eq!(bench.agent("a").config, Config::Current);
}

#[test]
fn an_agent_that_does_not_run_is_changed_at_once() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.launch("a");
    bench.exits("a", 0);
    bench.configure(100, vec![revised("a", 2)]);
    assert_eq!(bench.told(), ["agent.changed"]);
    assert_eq!(bench.agent("a").config, Config::Current);
    assert_eq!(bench.fleet.policy(bench.id("a")).map(|policy| policy.revision), Some(2));
}

#[test]
fn a_running_agent_that_is_named_no_more_is_forgotten_when_its_run_ends() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let agent = bench.id("a");
    bench.configure(100, vec![]);
    assert_eq!(bench.told(), ["agent.orphaned"]);
    assert_eq!(bench.agent("a").config, Config::Removed);
    assert_eq!(bench.command(Command::Restart { agent }), Err(Denied::NoLongerConfigured));
    bench.configure(100, vec![]);
    assert!(bench.effects.is_empty());
    bench.exits("a", 1);
    assert_eq!(bench.told(), ["agent.ended", "Dismiss", "agent.removed"]);
    assert_eq!(bench.fleet.find("a"), None);
    assert_eq!(bench.fleet.armed().count(), 0);
}

#[test]
fn an_agent_that_comes_back_is_current_or_changed() {
    for (revision, config) in [(1, Config::Current), (2, Config::Changed)] {
        let mut bench = Bench::new(vec![policy("a")]);
        bench.ready("a");
        bench.configure(100, vec![]);
        bench.configure(100, vec![revised("a", revision)]);
        assert_eq!(bench.agent("a").config, config);
    }
}

#[test]
fn agents_that_wait_are_taken_out_of_the_line_and_none_is_let_go_by_that() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b"), policy_after("c", &["b"])]);
    bench.configure(5, vec![policy("a")]);
    assert_eq!(bench.told(), ["agent.dequeued", "agent.dequeued", "agent.removed", "agent.removed"]);
    assert_eq!(bench.fleet.live_runs().count(), 1);
}

#[test]
fn a_change_of_the_order_counts_for_those_that_wait() {
    let mut bench = Bench::new(vec![policy("a"), policy("b"), policy_after("c", &["a"])]);
    bench.configure(100, vec![policy("a"), policy("b"), policy_after("c", &["b"])]);
    assert_eq!(bench.state("c"), &State::Queued { why: Waiting::After { agent: bench.id("b") } });
    bench.configure(100, vec![policy("a"), policy("b"), policy("c")]);
    assert_eq!(bench.state("c"), &State::Preparing);
}

#[test]
fn fewer_places_end_nobody_and_more_places_start_those_in_line() {
    let all = || vec![policy("a"), policy("b"), policy("c")];
    let mut bench = Bench::with_slots(2, all());
    bench.configure(1, all());
    assert_eq!(bench.fleet.live_runs().count(), 2);
    assert_eq!(bench.state("c"), &State::Queued { why: Waiting::Slot { max_concurrent: 1 } });
    bench.launch("a");
    bench.exits("a", 0);
    assert!(matches!(bench.state("c"), State::Queued { .. }), "still as many as may");
    bench.configure(2, all());
    assert_eq!(bench.state("c"), &State::Preparing);
}

#[test]
fn new_agents_start_if_they_start_with_the_fleet() {
    let quiet = AgentPolicy { autostart: Autostart::OnRequest, ..policy("b") };
    let mut bench = Bench::new(vec![]);
    bench.configure(100, vec![policy("a"), quiet]);
    assert_eq!(bench.state("a"), &State::Preparing);
    assert_eq!(bench.state("b"), &State::Off);
    let agent = bench.id("b");
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.state("b"), &State::Preparing);
}

#[test]
fn spawned_agents_are_no_business_of_the_file() {
    let mut bench = Bench::new(vec![]);
    let spawn = |name| Command::Spawn { policy: Box::new(policy(name)) };
    let agent = bench.command(spawn("a")).expect("spawned").expect("an agent");
    assert_eq!(bench.state("a"), &State::Preparing);
    assert_eq!(bench.command(spawn("a")), Err(Denied::NameTaken { name: "a".into() }));
    bench.configure(100, vec![revised("a", 9)]);
    bench.configure(100, vec![]);
    assert_eq!(bench.agent("a").config, Config::Current);
    assert_eq!(bench.command(Command::Remove { agent }), Err(Denied::StillRunning));
    bench.launch("a");
    bench.exits("a", 0);
    assert_eq!(bench.command(Command::Remove { agent }), Ok(Some(agent)));
    assert_eq!(bench.command(Command::Remove { agent }), Err(Denied::UnknownAgent));
    bench.step(Event::Configured {
        fleet: FleetPolicy { max_concurrent: 1, agents_max: 1, ..FleetPolicy::default() },
        agents: vec![policy("b")],
    });
    assert_eq!(bench.command(spawn("c")), Err(Denied::FleetFull { agents_max: 1 }));
}

#[test]
fn who_waited_for_an_agent_that_is_removed_waits_no_more() {
    let first = AgentPolicy { autostart: Autostart::OnRequest, ..policy("a") };
    let mut bench = Bench::new(vec![first, policy_after("b", &["a"])]);
    let agent = bench.id("a");
    assert_eq!(bench.command(Command::Remove { agent }), Ok(Some(agent)));
    assert_eq!(bench.state("b"), &State::Preparing);
}

#[test]
fn removing_what_is_planned_cancels_it() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.launch("a");
    bench.exits("a", 1);
    let agent = bench.id("a");
    let _ = bench.command(Command::Remove { agent });
    assert_eq!(bench.told(), ["Disarm Backoff", "agent.dequeued", "agent.removed", "Reply"]);
}

#[test]
fn outcomes_count_by_the_policy_s_success_codes() {
    let mut lenient = policy("a");
    lenient.restart.success_codes = vec![0, 7];
    let mut bench = Bench::new(vec![lenient]);
    bench.launch("a");
    bench.exits("a", 7);
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Completed });
}
