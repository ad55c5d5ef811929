//! Breaks each rule of the arbiter once, from outside, and tests that the checks notice it: a check that finds no error in
//! a broken arbiter would be useless.

mod recovery;
mod rule;
mod subject;

pub(crate) use subject::Subject;

use crate::{arbiter, traffic};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rule::Rule;

/// Number of moves of random traffic in one try; enough to find a broken rule.
const MOVES: usize = 200;
const TRIES_MAX: usize = 200;

/// Returns the error that random traffic finds without this rule, and after how many tries.
fn found_without(rule: Rule) -> Option<(usize, String)> {
    let mut runner = TestRunner::deterministic();
    let traffic = prop::collection::vec(traffic::any_move(), MOVES);
    (1..=TRIES_MAX).find_map(|tried| {
        let moves = traffic.new_tree(&mut runner).expect("moves").current();
        let wrong = traffic::play(Subject::without(rule), &moves).err()?;
        Some((tried, wrong))
    })
}

#[test]
fn nothing_is_found_when_all_are_kept() {
    let mut runner = TestRunner::deterministic();
    let traffic = prop::collection::vec(traffic::any_move(), MOVES);
    for _ in 0..20 {
        let moves = traffic.new_tree(&mut runner).expect("moves").current();
        let score = traffic::play(Subject::sound(), &moves).expect("sound");
        assert!(score.granted > 10 && score.waited > 0 && score.cycles < score.granted, "{score:?}");
    }
}

fn is_found_without(rule: Rule) {
    let (tried, wrong) = found_without(rule).unwrap_or_else(|| panic!("nothing finds that {rule:?} is broken"));
    println!("{rule:?}: found by try {tried}: {wrong}");
}

/// Makes one test for each rule of the arbiter.
macro_rules! each_is_found {
    ($($name:ident $rule:ident)*) => {
        $(
            #[test]
            fn $name() {
                is_found_without(Rule::$rule);
            }
        )*
    };
}

each_is_found! {
    a_second_exclusive_grant HoldersAreInTheWay
    a_writer_overtaken NobodyIsOvertaken
    one_unit_too_many UnitsAreCounted
    half_of_what_was_asked AllOrNothing
    a_token_used_twice TokensGrow
    a_release_that_wakes_nobody ReleaseWakes
    a_dead_holder_that_keeps_its_lease TheDeadHoldNothing
    a_dead_waiter_that_keeps_its_place TheDeadWaitForNothing
    a_timeout_that_leaves_the_waiter_in_line TimeoutLeavesTheLine
    a_lease_that_never_expires LeasesExpire
    a_pause_in_which_time_goes_on PauseStandsStill
    a_cycle_of_waiters NoCycles
    a_client_that_is_gone_and_waits_on NobodyWaitsForTheGone
}

/// Tests that the exhaustive search without a rule finds an error, or another number of states than there are.
#[test]
fn the_exhaustive_search_notices_each_rule_that_it_can_reach() {
    let crashes = (arbiter::Constants { agents: 2, asks_max: 3, crashes_max: 2 }, 9_787);
    let cycles = (arbiter::Constants { agents: 2, asks_max: 4, crashes_max: 0 }, 14_932);
    let three = (arbiter::Constants { agents: 3, asks_max: 3, crashes_max: 0 }, 19_304);
    let reached = [
        (Rule::HoldersAreInTheWay, crashes),
        (Rule::AllOrNothing, crashes),
        (Rule::TokensGrow, crashes),
        (Rule::ReleaseWakes, crashes),
        (Rule::TheDeadHoldNothing, crashes),
        (Rule::TheDeadWaitForNothing, crashes),
        (Rule::TimeoutLeavesTheLine, crashes),
        (Rule::LeasesExpire, crashes),
        (Rule::PauseStandsStill, crashes),
        (Rule::NobodyWaitsForTheGone, crashes),
        (Rule::NoCycles, cycles),
        (Rule::NobodyIsOvertaken, three),
    ];
    for (rule, (constants, states)) in reached {
        match arbiter::search(Subject::without(rule), constants) {
            Err(wrong) => println!("{rule:?}: {wrong}"),
            Ok(found) => {
                println!("{rule:?}: {found} states instead of {states}");
                assert_ne!(found, states, "the search does not notice that {rule:?} is broken");
            }
        }
    }
}
