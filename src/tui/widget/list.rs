//! Lists of any length: only what is in sight is looked at.

use std::ops::Range;

/// The places in sight of a list of `count`, in `room` rows, with the selected one in the middle as far as can be.
pub fn sight(count: usize, selected: usize, room: usize) -> Range<usize> {
    let first = selected.saturating_sub(room / 2).min(count.saturating_sub(room));
    first..(first + room).min(count)
}

/// What says that there is more above or below what is in sight; blank when there is not.
pub fn more(sight: &Range<usize>, count: usize) -> &'static str {
    match (sight.start > 0, sight.end < count) {
        (true, true) => "↑↓",
        (true, false) => "↑",
        (false, true) => "↓",
        (false, false) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_one_is_in_sight(count in 1usize..10_000, at in 0usize..10_000, room in 1usize..100) {
            let selected = at % count;
            let sight = sight(count, selected, room);
            prop_assert!(sight.contains(&selected) && sight.end <= count);
            prop_assert_eq!(sight.len(), room.min(count));
        }
    }
}
