//! Tests of the order of a plan's tasks, and of the checks of a plan before it starts.

use super::crew::*;
use crate::common::*;
use proptest::prelude::*;
use quarterdeck_core::plan::{FailMode, Fault, Items, Piece, PlanCommand, PlanDenied, PlanState, PlanTask, Said};
use quarterdeck_core::task::When::{Done, Failed, Settled};
use std::collections::BTreeSet;

#[test]
fn a_plan_goes_through_its_states_and_its_tasks_one_after_the_other() {
    let mut bench = fleet(2);
    let plan_id = bench.start_plan(plan(FailMode::Stop, vec![node("a", &[]), node("b", &[(0, Done)])]));
    let told = bench.told_of_plans();
    assert_eq!(told, ["drafted", "validating", "validated", "tasks_added", "ready", "started"]);
    assert_eq!(bench.plan_state(plan_id), PlanState::Running);
    assert_eq!((bench.stands("ci.a"), bench.stands("ci.b")), ("queued", "held"));
    bench.does("a", "ci.a");
    bench.does("b", "ci.b");
    assert_eq!(bench.told_of_plans(), ["completed"]);
    assert_eq!(bench.plan_state(plan_id), PlanState::Completed);
    assert_eq!(bench.plan(plan_id).ended, Some(bench.now));
}

#[test]
fn a_diamond_meets_again() {
    let mut bench = fleet(3);
    let tasks =
        vec![node("top", &[]), node("l", &[(0, Done)]), node("r", &[(0, Done)]), node("end", &[(1, Done), (2, Done)])];
    bench.start_plan(plan(FailMode::Stop, tasks));
    bench.does("a", "ci.top");
    let both: BTreeSet<Option<String>> = [bench.takes("a"), bench.takes("b")].into();
    assert_eq!(both, [Some("ci.l".to_owned()), Some("ci.r".to_owned())].into());
    assert_eq!(bench.takes("c"), None);
    bench.done("ci.l", None);
    assert_eq!(bench.takes("c"), None, "its other need still runs");
    bench.done("ci.r", None);
    bench.does("c", "ci.end");
}

#[test]
fn what_a_task_told_is_filled_in_when_it_has_told_it() {
    let mut bench = fleet(1);
    let of = |task| Piece::Of { task, said: Said::Result };
    let prompt = vec![Piece::Text("look at ".into()), of(0), Piece::Text("!".into())];
    let tasks = vec![node("a", &[]), PlanTask { prompt, ..node("b", &[(0, Done)]) }, node("c", &[(1, Done)])];
    bench.start_plan(plan(FailMode::Stop, tasks));
    assert_eq!(bench.names(), ["ci.a"], "what is filled in later is made later, and so is what needs it");
    bench.takes("a");
    bench.done("ci.a", Some("seven\n"));
    assert_eq!(bench.told_of_plans(), ["tasks_added", "tasks_added"]);
    assert_eq!(bench.named("ci.b").1.spec.prompt, "look at seven!");
    assert_eq!((bench.stands("ci.b"), bench.stands("ci.c")), ("queued", "held"));
}

#[test]
fn conditions_choose_the_way() {
    for fails in [false, true] {
        let mut bench = fleet(1);
        let tasks = vec![
            node("try", &[]),
            node("fix", &[(0, Failed)]),
            node("ship", &[(0, Done)]),
            node("tidy", &[(0, Settled)]),
        ];
        let id = bench.start_plan(plan(FailMode::SkipDependents, tasks));
        bench.takes("a");
        if fails {
            bench.fails("ci.try")
        } else {
            bench.done("ci.try", None)
        }
        let (taken, skipped, state) = match fails {
            true => ("ci.fix", "ci.ship", PlanState::Failed),
            false => ("ci.ship", "ci.fix", PlanState::Completed),
        };
        assert_eq!(
            (bench.stands(taken), bench.stands(skipped), bench.stands("ci.tidy")),
            ("queued", "skipped", "queued")
        );
        bench.does("a", taken);
        bench.does("a", "ci.tidy");
        assert_eq!(bench.plan_state(id), state);
    }
}

#[test]
fn nothing_starts_that_is_not_sound() {
    let refused = |tasks: Vec<PlanTask>| {
        let mut bench = fleet(1);
        let before = bench.fleet.clone();
        let denied = bench.plan_command(PlanCommand::Start { spec: Box::new(plan(FailMode::Stop, tasks)) });
        assert_eq!(bench.fleet, before, "nothing has changed");
        match denied {
            Err(PlanDenied::Invalid { fault }) => fault,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(vec![]), Fault::Empty);
    assert_eq!(refused(vec![node("a", &[(0, Done)])]), Fault::SelfNeed { task: 0, need: 0 });
    assert_eq!(refused(vec![node("a", &[(7, Done)])]), Fault::Dangling { task: 0, need: 0 });
    assert_eq!(refused(vec![node("a", &[]), node("a", &[])]), Fault::Duplicate { first: 0, second: 1 });
    let circle =
        vec![node("a", &[]), node("b", &[(3, Done)]), node("c", &[(1, Done)]), node("d", &[(2, Done), (0, Done)])];
    assert_eq!(refused(circle), Fault::Cycle { path: vec![1, 3, 2] });
    let twice = vec![node("a", &[]), node("b", &[(0, Done), (0, Failed)])];
    assert_eq!(refused(twice), Fault::NeededTwice { task: 1, need: 1 });
    let told = PlanTask { items: Items::Lines { task: 0, of: Said::Result }, ..node("b", &[]) };
    assert_eq!(refused(vec![node("a", &[]), told]), Fault::HearsUnneeded { task: 1, of: 0 });
    assert_eq!(refused(vec![node("a.b", &[])]), Fault::BadName { task: 0 });
    let items_max = 1_000;
    assert_eq!(refused(vec![each("a", &[], &[])]), Fault::BadList { task: 0, items: 0, items_max });
    let deep = (0..1_001).map(|at: u32| {
        node(&format!("t{at}"), &(at > 0).then_some((at.wrapping_sub(1), Done)).into_iter().collect::<Vec<_>>())
    });
    assert_eq!(refused(deep.collect()), Fault::TooDeep { task: 1_000, depth: 1_001, depth_max: 1_000 });
    let many = (0..10_001).map(|at| node(&format!("t{at}"), &[]));
    assert_eq!(refused(many.collect()), Fault::TooManyTasks { tasks: 10_001, tasks_max: 10_000 });
}

#[test]
fn a_task_that_the_queue_would_refuse_refuses_the_plan() {
    let mut bench = fleet(1);
    let before = bench.fleet.clone();
    let prompt = vec![Piece::Text("x".repeat(100_000))];
    let tasks = vec![node("a", &[]), PlanTask { prompt, ..node("b", &[]) }];
    let denied = bench.plan_command(PlanCommand::Start { spec: Box::new(plan(FailMode::Stop, tasks)) });
    assert!(matches!(denied, Err(PlanDenied::TaskRefused { ref task, .. }) if task == "b"), "{denied:?}");
    assert_eq!(bench.fleet, before, "nothing has changed");
}

/// Returns random DAGs of at most this many tasks: each depends on some of those before it, in some way.
fn dags(tasks_max: usize) -> impl Strategy<Value = Vec<PlanTask>> {
    let need = (any::<prop::sample::Index>(), prop_oneof![4 => Just(Done), 1 => Just(Failed), 1 => Just(Settled)]);
    let shape = (prop::collection::vec(need, 0..4), prop_oneof![4 => Just(0usize), 1 => 1usize..4], any::<bool>());
    prop::collection::vec(shape, 1..tasks_max).prop_map(|shapes| {
        let one = |(at, (needs, items, hears)): (usize, (Vec<(prop::sample::Index, _)>, usize, bool))| {
            let mut seen = BTreeSet::new();
            let needs: Vec<(u32, _)> = needs
                .iter()
                .filter(|_| at > 0)
                .map(|(index, when)| (index.index(at.max(1)) as u32, *when))
                .filter(|(task, _)| seen.insert(*task))
                .collect();
            let mut task = match items {
                0 => node(&format!("t{at}"), &needs),
                items => each(&format!("t{at}"), &["x", "y", "z"][..items], &needs),
            };
            if let Some((of, _)) = needs.first().filter(|_| hears) {
                task.prompt.push(Piece::Of { task: *of, said: Said::Result });
            }
            task
        };
        shapes.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Tests that the order of the tasks' starts is a linear extension of the graph, with agents that sometimes fail,
    /// and that every plan ends whatever fails.
    #[test]
    fn what_begins_comes_after_what_it_needs(
        tasks in dags(14),
        failing in prop::collection::vec(any::<bool>(), 64),
        mode in prop_oneof![Just(FailMode::Stop), Just(FailMode::Continue), Just(FailMode::SkipDependents)],
        dies in 0usize..8,
    ) {
        let mut bench = fleet(2);
        let id = bench.start_plan(plan(mode, tasks.clone()));
        let mut order: Vec<(u32, bool)> = Vec::new();
        for turn in 0.. {
            if turn == dies {
                bench.supervisor_dies();
            }
            let Some(name) = bench.takes("a") else { break };
            let task = bench.named(&name).0;
            let at = bench.plan(id).members[&task].node;
            let fails = failing[order.len() % failing.len()] && order.len().is_multiple_of(3);
            for need in &tasks[at as usize].needs {
                let ends: Vec<bool> = order.iter().filter(|(node, _)| *node == need.task).map(|(_, done)| *done).collect();
                let all = ends.len() == bench.plan(id).nodes[need.task as usize].tasks.len();
                match need.when {
                    Done => prop_assert!(all && ends.iter().all(|done| *done), "{name} before {}", need.task),
                    Failed => prop_assert!(ends.iter().any(|done| !done), "{name} though {} did not fail", need.task),
                    Settled => {}
                }
            }
            if fails { bench.fails(&name) } else { bench.done(&name, Some("said")) }
            order.push((at, !fails));
        }
        let plan = bench.plan(id);
        prop_assert!(plan.state.is_over(), "{:?} {:?}", plan.state, plan.nodes);
        prop_assert_eq!(plan.counts.open(), 0);
        let failed = order.iter().any(|(_, done)| !done);
        prop_assert_eq!(plan.state == PlanState::Failed, failed);
        prop_assert_eq!(bench.takes("b"), None);
    }
}

#[test]
fn ten_thousand_tasks_and_fifty_thousand_edges_are_one_step() {
    let needs = |at: u32| -> Vec<(u32, quarterdeck_core::task::When)> {
        let before: BTreeSet<u32> = (1..=5).filter_map(|back| at.checked_sub(back * 37)).collect();
        before.into_iter().map(|task| (task, Done)).collect()
    };
    let tasks: Vec<PlanTask> = (0..10_000).map(|at| node(&format!("t{at}"), &needs(at))).collect();
    let edges: usize = tasks.iter().map(|task| task.needs.len()).sum();
    assert!(edges > 49_000, "{edges}");
    let mut bench = Bench::new(vec![policy("a")]);
    let id = bench.start_plan(plan(FailMode::Stop, tasks));
    assert_eq!((bench.plan(id).counts.tasks, bench.plan_state(id)), (10_000, PlanState::Running));
    assert_eq!(bench.names().len(), 10_000);
}
