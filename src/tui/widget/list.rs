//! Computes the visible part of a list of any length; only that part is drawn.

use std::ops::Range;

/// Returns the visible range of a list of `count` items in `room` rows, with the selected one in the middle if
/// possible.
pub fn sight(count: usize, selected: usize, room: usize) -> Range<usize> {
    let first = selected.saturating_sub(room / 2).min(count.saturating_sub(room));
    first..(first + room).min(count)
}

/// Returns the visible range of a list whose rows have several heights. The selected row is visible, even if only a
/// part of it has room.
pub fn sight_of(heights: &[u16], selected: usize, room: u16) -> Range<usize> {
    if heights.is_empty() {
        return 0..0;
    }
    let selected = selected.min(heights.len() - 1);
    let room_above = (room / 2).min(room.saturating_sub(heights[selected]));
    let (mut first, mut above) = (selected, 0);
    while first > 0 && above + heights[first - 1] <= room_above {
        first -= 1;
        above += heights[first];
    }
    let (mut end, mut used) = (first, 0);
    while end < heights.len() && used + heights[end] <= room {
        used += heights[end];
        end += 1;
    }
    while end == heights.len() && first > 0 && used + heights[first - 1] <= room {
        first -= 1;
        used += heights[first];
    }
    first..end.max(selected + 1)
}

/// Returns the arrows that show whether there is more above or below the visible part; empty when there is not.
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
        fn rows_of_any_height_fill_the_room_with_the_selected_one(
            heights in prop::collection::vec(1u16..3, 1..200), at in 0usize..200, room in 2u16..60
        ) {
            let selected = at % heights.len();
            let sight = sight_of(&heights, selected, room);
            prop_assert!(sight.contains(&selected) && sight.end <= heights.len());
            let used: u16 = heights[sight.clone()].iter().sum();
            prop_assert!(used <= room);
            let full = sight.len() == heights.len() || used + 1 >= room;
            prop_assert!(full, "{used} of {room} rows are used");
        }

        #[test]
        fn the_selected_one_is_in_sight(count in 1usize..10_000, at in 0usize..10_000, room in 1usize..100) {
            let selected = at % count;
            let sight = sight(count, selected, room);
            prop_assert!(sight.contains(&selected) && sight.end <= count);
            prop_assert_eq!(sight.len(), room.min(count));
        }
    }
}
