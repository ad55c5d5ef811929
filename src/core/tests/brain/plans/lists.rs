//! Tests of tasks that are repeated for each item of a list, which is written down or comes from an earlier task.

use super::crew::*;
use quarterdeck_core::plan::{FailMode, NodeState, Piece, PlanState, PlanTask, Said, SkipCause};
use quarterdeck_core::task::When::{Done, Failed, Settled};
use quarterdeck_core::task::{Answer, TaskText};

#[test]
fn a_written_list_is_made_at_once_and_those_that_need_it_wait_for_all() {
    let mut bench = fleet(3);
    let locks = vec![vec![Piece::Text("src/".into()), Piece::Item]];
    let test = PlanTask { locks, ..each("test", &["unit", "e2e"], &[]) };
    let id = bench.start_plan(plan(FailMode::Stop, vec![test, node("ship", &[(0, Done)])]));
    assert_eq!(bench.names(), ["ci.test.1", "ci.test.2", "ci.ship"]);
    let (task, known) = bench.named("ci.test.2");
    assert_eq!((known.spec.prompt.as_str(), known.spec.locks.as_slice()), ("do e2e", &["src/e2e".to_owned()][..]));
    assert_eq!(bench.plan(id).task_name(task).as_deref(), Some("test[2]"));
    bench.takes("a");
    bench.takes("b");
    bench.done("ci.test.1", None);
    assert_eq!(bench.stands("ci.ship"), "held");
    bench.done("ci.test.2", None);
    bench.does("c", "ci.ship");
    assert_eq!(bench.plan_state(id), PlanState::Completed);
}

#[test]
fn the_lines_that_a_task_tells_become_tasks() {
    let mut bench = fleet(1);
    let tasks = vec![node("list", &[]), lines("each", 0), node("sum", &[(1, Done)])];
    let id = bench.start_plan(plan(FailMode::Stop, tasks));
    assert_eq!(bench.names(), ["ci.list"]);
    bench.takes("a");
    bench.done("ci.list", Some("one\n\n two \nthree"));
    assert_eq!(bench.told_of_plans(), ["expanded", "tasks_added"]);
    assert_eq!(bench.names(), ["ci.list", "ci.each.1", "ci.each.2", "ci.each.3", "ci.sum"]);
    assert_eq!(bench.named("ci.each.2").1.spec.prompt, "two");
    for name in ["ci.each.1", "ci.each.2", "ci.each.3", "ci.sum"] {
        bench.does("a", name);
    }
    assert_eq!(bench.plan_state(id), PlanState::Completed);
}

#[test]
fn a_list_without_lines_is_done_at_once() {
    let mut bench = fleet(1);
    let id =
        bench.start_plan(plan(FailMode::Stop, vec![node("list", &[]), lines("each", 0), node("sum", &[(1, Done)])]));
    bench.takes("a");
    bench.done("ci.list", None);
    bench.does("a", "ci.sum");
    assert_eq!(bench.plan_state(id), PlanState::Completed);
}

#[test]
fn a_list_with_too_many_lines_fails_the_plan_and_says_why() {
    let mut bench = fleet(1);
    let id =
        bench.start_plan(plan(FailMode::Stop, vec![node("list", &[]), lines("each", 0), node("sum", &[(1, Done)])]));
    bench.takes("a");
    bench.done("ci.list", Some(&"x\n".repeat(1_001)));
    let why = SkipCause::TooManyItems { items: 1_001, items_max: 1_000 };
    assert_eq!(bench.plan(id).nodes[1].state, NodeState::Skipped { why });
    assert_eq!(bench.plan(id).nodes[2].state, NodeState::Skipped { why: SkipCause::Needs { node: 1, when: Done } });
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn a_list_of_which_only_the_end_is_known_fails_the_plan() {
    for (answer, end) in
        [(Answer::Whole("one\ntwo".into()), PlanState::Running), (Answer::Newest("two".into()), PlanState::Failed)]
    {
        let mut bench = fleet(1);
        let id = bench.start_plan(plan(FailMode::Stop, vec![node("list", &[]), lines("each", 0)]));
        bench.takes("a");
        bench.printed("ci.list", answer.clone());
        assert_eq!(bench.plan_state(id), end, "{answer:?}");
        match end {
            PlanState::Failed => {
                let why = SkipCause::ListCut { node: 0 };
                assert_eq!(bench.plan(id).nodes[1].state, NodeState::Skipped { why });
            }
            _ => assert_eq!(bench.names(), ["ci.list", "ci.each.1", "ci.each.2"]),
        }
    }
}

#[test]
fn a_task_that_what_is_filled_in_makes_too_long_fails_the_plan_and_says_why() {
    let mut bench = fleet(1);
    let told = || Piece::Of { task: 0, said: Said::Result };
    let sum = PlanTask { prompt: vec![told(), told()], ..node("sum", &[(0, Done)]) };
    let id = bench.start_plan(plan(FailMode::Stop, vec![node("list", &[]), sum]));
    bench.takes("a");
    bench.done("ci.list", Some(&"x".repeat(40 * 1024)));
    let why = SkipCause::TooLong { text: TaskText::Prompt, bytes_max: 64 * 1024 };
    assert_eq!(bench.plan(id).nodes[1].state, NodeState::Skipped { why });
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn a_list_that_was_never_told_is_skipped_with_what_needs_it() {
    let mut bench = fleet(1);
    let tasks = vec![node("list", &[]), lines("each", 0), node("sum", &[(1, Done)]), node("tidy", &[(1, Settled)])];
    let id = bench.start_plan(plan(FailMode::SkipDependents, tasks));
    bench.takes("a");
    bench.fails("ci.list");
    assert_eq!(bench.told_of_plans(), ["skipped", "skipped", "tasks_added"]);
    bench.does("a", "ci.tidy");
    assert_eq!(bench.plan_state(id), PlanState::Failed);
}

#[test]
fn of_several_it_is_enough_that_one_failed() {
    for fails in [true, false] {
        let mut bench = fleet(1);
        let tasks = vec![each("test", &["x", "y"], &[]), node("fix", &[(0, Failed)]), node("ship", &[(0, Done)])];
        let id = bench.start_plan(plan(FailMode::SkipDependents, tasks));
        bench.does("a", "ci.test.1");
        assert_eq!(bench.stands("ci.fix"), "none", "it is not known yet");
        bench.takes("a");
        if fails {
            bench.fails("ci.test.2")
        } else {
            bench.done("ci.test.2", None)
        }
        let expected = if fails { ("queued", "skipped") } else { ("none", "queued") };
        assert_eq!((bench.stands("ci.fix"), bench.stands("ci.ship")), expected);
        let last = bench.takes("a").expect("one of them");
        bench.done(&last, None);
        assert!(bench.plan_state(id).is_over());
    }
}
