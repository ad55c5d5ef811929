//! Tests of the effect of a failure on a plan, and of how a plan ends.

use super::crew::*;
use crate::common::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::event::Event;
use quarterdeck_core::party::Party;
use quarterdeck_core::plan::{FailMode, NodeState, Piece, PlanCommand, PlanDenied, PlanState, PlanTask, Said};
use quarterdeck_core::policy::{AgentPolicy, Autostart, FleetPolicy};
use quarterdeck_core::task::When::{Done, Failed, Settled};
use quarterdeck_core::task::{TaskCommand, TaskDenied, TaskSpec, Work};
use quarterdeck_core::time::Span;

/// Returns a plan: `x` fails while `y` runs; `z` has not begun, `after` needs `x`, `far` needs `after`, `rest` needs
/// only that `after` has ended.
fn tasks() -> Vec<PlanTask> {
    vec![
        node("x", &[]),
        node("y", &[]),
        node("z", &[]),
        node("after", &[(0, Done)]),
        node("far", &[(3, Done)]),
        node("rest", &[(3, Settled)]),
    ]
}

#[test]
fn stop_lets_nothing_further_start_and_what_runs_go_on() {
    let mut bench = fleet(3);
    let id = bench.start_plan(plan(FailMode::Stop, tasks()));
    bench.takes("a");
    bench.takes("b");
    bench.fails("ci.x");
    assert_eq!(bench.told_of_plans(), ["stopping"]);
    assert_eq!(bench.plan_state(id), PlanState::Running);
    let stands = ["ci.x", "ci.y", "ci.z", "ci.after", "ci.far"].map(|name| bench.stands(name));
    assert_eq!(stands, ["failed", "running", "cancelled", "skipped", "cancelled"]);
    assert_eq!(bench.takes("c"), None);
    bench.done("ci.y", None);
    assert_eq!(bench.plan_state(id), PlanState::Failed);
    assert_eq!(bench.reason().as_deref(), Some("1 task failed"));
}

#[test]
fn nothing_begins_between_a_failure_and_its_stop() {
    let agent = AgentPolicy { work: Work::OneShot, autostart: Autostart::OnRequest, ..policy("a") };
    let mut bench = Bench::new(vec![agent]);
    let first = PlanTask { priority: 9, ..node("x", &[]) };
    let other = PlanTask { priority: 5, ..node("z", &[]) };
    bench.start_plan(plan(FailMode::Stop, vec![first, node("tidy", &[(0, Settled)]), other]));
    bench.launch("a");
    bench.exits("a", 1);
    let stands = ["ci.x", "ci.tidy", "ci.z"].map(|name| bench.stands(name));
    assert_eq!(stands, ["failed", "assigned", "cancelled"], "what frees the agent gives it nothing else");
}

#[test]
fn stop_spares_what_waits_for_that_failure() {
    let mut bench = fleet(1);
    let tasks = vec![
        node("x", &[]),
        node("fix", &[(0, Failed)]),
        node("check", &[(1, Done)]),
        node("tidy", &[(0, Settled)]),
        node("other", &[]),
        node("late", &[(4, Failed)]),
    ];
    let id = bench.start_plan(plan(FailMode::Stop, tasks));
    bench.takes("a");
    bench.fails("ci.x");
    let stands = ["ci.fix", "ci.check", "ci.tidy", "ci.other", "ci.late"].map(|name| bench.stands(name));
    assert_eq!(stands, ["queued", "held", "queued", "cancelled", "skipped"]);
    while let Some(name) = bench.takes("a") {
        bench.done(&name, None);
    }
    let stands = ["ci.fix", "ci.check", "ci.tidy"].map(|name| bench.stands(name));
    assert_eq!(stands, ["done", "done", "done"]);
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn a_task_that_someone_cancels_stops_the_plan_as_one_that_failed() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("x", &[]), node("y", &[])]));
    let task = bench.named("ci.x").0;
    let by = Party::Outside("person".into());
    bench.ask(Command::Task(TaskCommand::Cancel { task, by, reason: None }));
    assert_eq!((bench.stands("ci.y"), bench.plan_state(id)), ("cancelled", PlanState::Failed));
    assert_eq!(bench.reason().as_deref(), Some("2 tasks cancelled"));
}

#[test]
fn skip_dependents_skips_them_at_once_and_the_rest_goes_on() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::SkipDependents, tasks()));
    bench.takes("a");
    bench.fails("ci.x");
    let stands = ["ci.y", "ci.z", "ci.after", "ci.far", "ci.rest"].map(|name| bench.stands(name));
    assert_eq!(stands, ["queued", "queued", "skipped", "skipped", "queued"]);
    for name in ["ci.y", "ci.z", "ci.rest"] {
        bench.does("a", name);
    }
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn with_continue_dependents_stand_back_until_it_is_tried_again() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::Continue, tasks()));
    bench.takes("a");
    bench.fails("ci.x");
    assert_eq!(bench.told_of_plans(), ["held_back"]);
    assert_eq!(bench.plan(id).nodes[3].state, NodeState::HeldBack { after: 0 });
    let stands = ["ci.y", "ci.z", "ci.after", "ci.far", "ci.rest"].map(|name| bench.stands(name));
    assert_eq!(stands, ["queued", "queued", "none", "none", "none"]);
    let task = bench.named("ci.x").0;
    let by = Party::Outside("person".into());
    bench.ask(Command::Task(TaskCommand::Retry { task, by, reason: None }));
    assert_eq!(bench.plan(id).nodes[3].state, NodeState::Waits);
    assert_eq!(bench.plan(id).counts.failed, 0);
    while let Some(name) = bench.takes("a") {
        bench.done(&name, None);
    }
    assert_eq!(bench.plan_state(id), PlanState::Completed);
    assert_eq!(bench.stands("ci.rest"), "done");
}

#[test]
fn with_continue_what_stands_back_is_never_come_to() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::Continue, tasks()));
    bench.takes("a");
    bench.fails("ci.x");
    bench.does("a", "ci.y");
    assert_eq!(bench.plan_state(id), PlanState::Running);
    bench.does("a", "ci.z");
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn a_cancelled_plan_takes_its_tasks_with_it() {
    let mut bench = fleet(2);
    let id = bench.start_plan(plan(FailMode::Stop, tasks()));
    bench.takes("a");
    let reason = || "enough".to_owned();
    bench.plan_command(PlanCommand::Cancel { plan: id, reason: reason(), by: None }).expect("it runs");
    assert_eq!(bench.plan_state(id), PlanState::Cancelled);
    assert!(bench.names().iter().all(|name| matches!(bench.stands(name), "cancelled" | "skipped")));
    assert_eq!(bench.takes("b"), None);
    let again = bench.plan_command(PlanCommand::Cancel { plan: id, reason: reason(), by: None });
    assert_eq!(again, Err(PlanDenied::Over { state: PlanState::Cancelled }));
}

#[test]
fn the_tasks_of_a_plan_that_is_over_are_kept_until_another_is_begun() {
    let mut bench = fleet(1);
    let mut fleet = FleetPolicy::default();
    fleet.coordination.tasks.ended_max = 2;
    bench.step(Event::Configured { fleet, agents: vec![policy("a")] });
    let first = bench.start_plan(plan(FailMode::Continue, vec![each("x", &["1", "2", "3", "4", "5"], &[])]));
    for at in 1..=5 {
        bench.does("a", &format!("ci.x.{at}"));
    }
    assert_eq!(bench.plan_state(first), PlanState::Completed);
    bench.later(Span(1_000));
    let loose = |bench: &mut Bench, name: &str| {
        let spec = TaskSpec { name: name.into(), plan: None, ..bench.named("ci.x.5").1.spec.clone() };
        bench.ask(Command::Task(TaskCommand::Add { spec: Box::new(spec), by: Party::Outside("me".into()) }));
        bench.does("a", name);
        bench.later(Span(1));
    };
    ["l1", "l2", "l3", "l4"].into_iter().for_each(|name| loose(&mut bench, name));
    let kept = ["ci.x.1", "ci.x.5", "l1", "l2", "l3", "l4"].map(|name| bench.stands(name));
    assert_eq!(kept, ["done", "done", "none", "none", "done", "done"], "as many others as may be, and the plan's");
    bench.start_plan(plan(FailMode::Continue, vec![node("y", &[])]));
    assert_eq!(bench.stands("ci.x.1"), "none", "its counts are kept");
    assert_eq!(bench.plan(first).counts.done, 5);
}

/// Asks for a task to be tried again.
fn retry(bench: &mut Bench, name: &str) -> Answer {
    let (task, _) = bench.named(name);
    bench.ask(Command::Task(TaskCommand::Retry { task, by: Party::Outside("me".into()), reason: None }))
}

#[test]
fn a_skipped_task_of_a_failed_plan_is_not_tried_without_what_it_needs() {
    for fail_mode in [FailMode::Stop, FailMode::SkipDependents] {
        let mut bench = fleet(1);
        let id = bench.start_plan(plan(fail_mode, vec![node("x", &[]), node("y", &[(0, Done)])]));
        bench.takes("a");
        bench.fails("ci.x");
        assert_eq!(bench.plan_state(id), PlanState::Failed, "{fail_mode:?}");
        let (need, task) = (bench.named("ci.x").0, bench.named("ci.y").0);
        let refused = Answer::Denied(Denied::Task(TaskDenied::NeedEnded { task, need }));
        assert_eq!(retry(&mut bench, "ci.y"), refused, "{fail_mode:?}");
        assert_eq!(bench.plan_state(id), PlanState::Failed, "{fail_mode:?}");
        assert!(matches!(retry(&mut bench, "ci.x"), Answer::Task(_)), "{fail_mode:?}");
        bench.does("a", "ci.x");
        bench.does("a", "ci.y");
        assert_eq!(bench.plan_state(id), PlanState::Completed, "{fail_mode:?}");
    }
}

/// Tests that nineteen completed tasks are not repeated because the twentieth failed.
#[test]
fn a_failed_plan_goes_on_from_its_failed_task() {
    for fail_mode in [FailMode::Stop, FailMode::Continue, FailMode::SkipDependents] {
        let mut bench = fleet(1);
        let hears = PlanTask { prompt: vec![Piece::Of { task: 1, said: Said::Result }], ..node("hears", &[(1, Done)]) };
        let tasks = vec![node("w", &[]), node("x", &[(0, Done)]), node("y", &[(1, Done)]), hears, node("z", &[])];
        let id = bench.start_plan(plan(fail_mode, tasks));
        bench.does("a", "ci.w");
        while bench.stands("ci.x") != "failed" {
            match bench.takes("a").as_deref() {
                Some("ci.x") => bench.fails("ci.x"),
                Some(other) => bench.done(other, None),
                None => panic!("{fail_mode:?}: nothing is left"),
            }
        }
        while let Some(name) = bench.takes("a") {
            bench.done(&name, None);
        }
        assert_eq!(bench.plan_state(id), PlanState::Failed, "{fail_mode:?}");
        assert!(matches!(retry(&mut bench, "ci.x"), Answer::Task(_)), "{fail_mode:?}");
        assert_eq!(bench.plan_state(id), PlanState::Running);
        let mut done = Vec::new();
        while let Some(name) = bench.takes("a") {
            bench.done(&name, Some("told"));
            done.push(name);
        }
        assert_eq!(bench.plan_state(id), PlanState::Completed, "{fail_mode:?}: {done:?}");
        assert!(!done.contains(&"ci.w".to_owned()), "{fail_mode:?}: what is done stays done");
        assert_eq!(bench.named("ci.hears").1.spec.prompt, "told");
        assert_eq!(bench.plan(id).counts.done, 5);
    }
}

#[test]
fn resuming_a_failed_plan_does_all_that_failed_once_more() {
    let mut bench = fleet(2);
    let tasks = vec![node("x", &[]), node("y", &[]), node("after", &[(0, Done), (1, Done)])];
    let id = bench.start_plan(plan(FailMode::Continue, tasks));
    bench.takes("a");
    bench.takes("b");
    bench.fails("ci.x");
    bench.fails("ci.y");
    assert_eq!(bench.plan_state(id), PlanState::Failed);
    bench.plan_command(PlanCommand::Resume { plan: id }).expect("it goes on");
    for name in ["ci.x", "ci.y", "ci.after"] {
        bench.does("a", name);
    }
    assert_eq!(bench.plan_state(id), PlanState::Completed);
    assert_eq!(
        bench.plan_command(PlanCommand::Resume { plan: id }),
        Err(PlanDenied::Over { state: PlanState::Completed })
    );
}

#[test]
fn a_task_of_a_plan_that_a_person_cancelled_is_not_tried_again() {
    let mut bench = fleet(1);
    let id = bench.start_plan(plan(FailMode::Continue, vec![node("x", &[]), node("y", &[])]));
    bench.takes("a");
    bench.fails("ci.x");
    bench.plan_command(PlanCommand::Cancel { plan: id, reason: "enough".into(), by: None }).expect("cancelled");
    let (task, _) = bench.named("ci.x");
    assert_eq!(retry(&mut bench, "ci.x"), Answer::Denied(Denied::Task(TaskDenied::PlanOver { task, plan: id })));
}

#[test]
fn what_is_skipped_while_it_is_being_made_is_made_once() {
    let mut bench = fleet(1);
    let fix = PlanTask { prompt: vec![Piece::Of { task: 0, said: Said::Result }], ..node("fix", &[(0, Failed)]) };
    let tasks = vec![
        node("x", &[]),
        fix,
        each("y", &["1", "2"], &[]),
        node("both", &[(1, Done), (2, Done)]),
        node("after", &[(3, Done)]),
    ];
    let id = bench.start_plan(plan(FailMode::Stop, tasks));
    bench.takes("a");
    bench.fails("ci.x");
    assert_eq!(["ci.y.1", "ci.y.2"].map(|name| bench.stands(name)), ["cancelled", "cancelled"]);
    bench.does("a", "ci.fix");
    assert_eq!(bench.plan_state(id), PlanState::Failed);
    assert_eq!((bench.stands("ci.both"), bench.plan(id).counts.open()), ("skipped", 0));
}

/// Tests that a task that depends on a failed one gets the reason, however the failure came about.
#[test]
fn a_task_that_failed_by_its_process_tells_how() {
    let agent = AgentPolicy { work: Work::OneShot, autostart: Autostart::OnRequest, ..policy("a") };
    let mut bench = Bench::new(vec![agent]);
    let mends = PlanTask { prompt: vec![Piece::Of { task: 0, said: Said::Result }], ..node("mend", &[(0, Failed)]) };
    bench.start_plan(plan(FailMode::Continue, vec![node("x", &[]), mends]));
    bench.launch("a");
    let run = bench.run("a");
    bench.step(Event::LastLine { run, line: "E: no space left".into(), barred: None });
    bench.exits("a", 1);
    assert_eq!(bench.named("ci.mend").1.spec.prompt, "exit 1: E: no space left");
}
