//! Tests of plans that are paused, that outlive their supervisor, and that are kept.

use super::crew::*;
use crate::common::*;
use quarterdeck_core::event::Event;
use quarterdeck_core::plan::{FailMode, PlanCommand, PlanDenied, PlanState, Running};
use quarterdeck_core::policy::{AgentPolicy, Autostart, CoordinationPolicy, FleetPolicy};
use quarterdeck_core::task::When::Done;
use quarterdeck_core::task::Work;
use quarterdeck_core::view::Pause;

#[test]
fn a_paused_plan_assigns_nothing_and_what_runs_goes_on() {
    let mut bench = fleet(2);
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("x", &[]), node("y", &[]), node("z", &[(0, Done)])]));
    bench.takes("a");
    bench.plan_command(PlanCommand::Pause { plan: id, running: Running::GoOn }).expect("it runs");
    assert_eq!(bench.takes("b"), None);
    assert_eq!(bench.agent("a").pause, Pause::Running);
    bench.done("ci.x", None);
    assert_eq!(bench.takes("a"), None, "what it freed waits, too");
    let again = bench.plan_command(PlanCommand::Pause { plan: id, running: Running::GoOn });
    assert_eq!(again, Err(PlanDenied::AlreadyPaused));
    bench.plan_command(PlanCommand::Resume { plan: id }).expect("it is paused");
    bench.does("a", "ci.y");
    bench.does("b", "ci.z");
    assert_eq!(bench.plan_state(id), PlanState::Completed);
}

#[test]
fn a_pause_freezes_those_that_work_on_it_and_nobody_else() {
    let mut bench = fleet(2);
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("x", &[])]));
    bench.takes("a");
    bench.plan_command(PlanCommand::Pause { plan: id, running: Running::Freeze }).expect("it runs");
    assert_eq!((bench.agent("a").pause, bench.agent("b").pause), (Pause::Pausing, Pause::Running));
    let run = bench.run("a");
    bench.step(Event::Frozen { run, processes: 1 });
    bench.plan_command(PlanCommand::Resume { plan: id }).expect("it is paused");
    bench.step(Event::Thawed { run });
    assert_eq!(bench.agent("a").pause, Pause::Running);
    assert_eq!(bench.plan_command(PlanCommand::Resume { plan: id }), Err(PlanDenied::NotPaused));
    bench.done("ci.x", None);
}

#[test]
fn a_run_that_is_still_being_started_is_frozen_once_it_is_there() {
    let agent = AgentPolicy { work: Work::OneShot, autostart: Autostart::OnRequest, ..policy("a") };
    let mut bench = Bench::new(vec![agent]);
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("x", &[])]));
    bench.prepared("a");
    bench.plan_command(PlanCommand::Pause { plan: id, running: Running::Freeze }).expect("it runs");
    assert_eq!(bench.agent("a").pause, Pause::Running);
    bench.started("a");
    assert_eq!(bench.agent("a").pause, Pause::Pausing);
    assert_eq!(bench.told_of_plans(), ["froze"]);
    let run = bench.run("a");
    bench.step(Event::Frozen { run, processes: 1 });
    bench.plan_command(PlanCommand::Resume { plan: id }).expect("it is paused");
    bench.step(Event::Thawed { run });
    assert_eq!(bench.agent("a").pause, Pause::Running);
}

#[test]
fn a_cancelled_plan_leaves_nobody_frozen() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("x", &[])]));
    bench.takes("a");
    bench.plan_command(PlanCommand::Pause { plan: id, running: Running::Freeze }).expect("it runs");
    let run = bench.run("a");
    bench.step(Event::Frozen { run, processes: 1 });
    bench.plan_command(PlanCommand::Cancel { plan: id, reason: "enough".into(), by: None }).expect("it runs");
    bench.step(Event::Thawed { run });
    assert_eq!(bench.agent("a").pause, Pause::Running);
}

#[test]
fn the_next_supervisor_goes_on_where_the_plan_was() {
    let mut bench = fleet(2);
    let id =
        bench.start_plan(plan(FailMode::Stop, vec![node("list", &[]), lines("each", 0), node("sum", &[(1, Done)])]));
    bench.takes("a");
    bench.supervisor_dies();
    let run = bench.run("a");
    bench.step(Event::Adopted { run });
    bench.done("ci.list", Some("one\ntwo"));
    bench.supervisor_dies();
    assert_eq!(bench.plan_state(id), PlanState::Running);
    for name in ["ci.each.1", "ci.each.2", "ci.sum"] {
        bench.does("b", name);
    }
    assert_eq!(bench.plan_state(id), PlanState::Completed);
}

#[test]
fn a_plan_that_runs_twice_has_tasks_of_its_own_each_time() {
    let mut bench = fleet(1);
    let spec = || plan(FailMode::Stop, vec![node("x", &[])]);
    let first = bench.start_plan(spec());
    let second = bench.start_plan(spec());
    assert_eq!(bench.names(), ["ci.x", "ci.p2.x"]);
    bench.does("a", "ci.x");
    assert_eq!((bench.plan_state(first), bench.plan_state(second)), (PlanState::Completed, PlanState::Running));
    assert_eq!(bench.fleet.view().plans.newest("ci"), Some(second));
}

#[test]
fn ended_plans_are_forgotten_oldest_first_and_only_so_many_run() {
    let mut bench = Bench::new(vec![policy("a")]);
    let mut coordination = CoordinationPolicy::default();
    coordination.plans.kept_max = 2;
    coordination.plans.running_max = 1;
    let fleet = FleetPolicy { coordination, agents_max: 10, ..FleetPolicy::default() };
    bench.step(Event::Configured { fleet, agents: vec![policy("a")] });
    bench.ready("a");
    let spec = || plan(FailMode::Stop, vec![node("x", &[])]);
    for _ in 0..4 {
        bench.start_plan(spec());
        let second = bench.plan_command(PlanCommand::Start { spec: Box::new(spec()) });
        assert_eq!(second, Err(PlanDenied::TooMany { plans_max: 1 }));
        let name = bench.takes("a").expect("its task");
        bench.done(&name, None);
    }
    let kept: Vec<u64> = bench.fleet.view().plans.iter().map(|(plan, _)| plan.0).collect();
    assert_eq!(kept, [3, 4]);
}

#[test]
fn an_unknown_plan_is_refused() {
    let mut bench = fleet(1);
    let plan = quarterdeck_core::ids::PlanId(7);
    assert_eq!(bench.plan_command(PlanCommand::Resume { plan }), Err(PlanDenied::UnknownPlan));
}
