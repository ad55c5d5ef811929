//! Tests of locks under random traffic (see [`crate::traffic`]).

use crate::mutations::Subject;
use crate::traffic::{any_move, play};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_asked_the_arbiter_keeps_its_rules(moves in prop::collection::vec(any_move(), 0..120)) {
        let played = play(Subject::sound(), &moves);
        prop_assert!(played.is_ok(), "{}", played.err().unwrap_or_default());
    }
}

#[test]
fn the_traffic_is_worth_the_name() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let moves = prop::collection::vec(any_move(), 4_000).new_tree(&mut runner).expect("moves").current();
    let score = play(Subject::sound(), &moves).expect("sound");
    assert!(score.granted > 500 && score.waited > 100 && score.cycles > 20, "{score:?}");
}
