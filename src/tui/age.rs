//! The age of something in as few characters as possible, and the instant at which that text changes next. The
//! dashboard sets one timer for the earliest change of all ages shown; no timer runs otherwise.

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// An age that is shown, or the time that something still takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The time since this instant, in milliseconds since the Unix epoch.
    Since(u64),
    /// The time until this instant, in milliseconds since the Unix epoch.
    Until(u64),
}

impl Age {
    /// Returns the text for it at an instant, such as `4m`: at most four characters.
    pub fn text(self, now_ms: u64) -> String {
        match self {
            Age::Since(since_ms) => text(since_ms, now_ms),
            Age::Until(until_ms) => left(until_ms, now_ms),
        }
    }

    /// Returns the first instant after `now_ms` at which the text changes; none if it never does by itself.
    pub fn changes_ms(self, now_ms: u64) -> Option<u64> {
        match self {
            Age::Since(since_ms) => Some(changes_ms(since_ms, now_ms)),
            Age::Until(until_ms) => left_changes_ms(until_ms, now_ms),
        }
    }
}

/// Returns an age as `12s`, `4m`, `3h` or `2d`: at most four characters for anything younger than 1,000 days. All ages
/// change at whole seconds of the clock, so that many of them change in one drawing.
pub fn text(since_ms: u64, now_ms: u64) -> String {
    let age_ms = elapsed_ms(since_ms, now_ms);
    let (unit_ms, letter) = unit(age_ms);
    format!("{}{letter}", age_ms / unit_ms)
}

/// Returns the first instant after `now_ms` at which [`text`] returns another text.
pub fn changes_ms(since_ms: u64, now_ms: u64) -> u64 {
    let age_ms = elapsed_ms(since_ms, now_ms);
    let (unit_ms, _) = unit(age_ms);
    let next_age_ms = (age_ms / unit_ms + 1).saturating_mul(unit_ms);
    let start_ms = since_ms - since_ms % SECOND_MS;
    start_ms.saturating_add(next_age_ms).max(now_ms.saturating_add(1))
}

/// Returns how long something still takes, as in `9m`. It goes down to `0s` and never below.
pub fn left(until_ms: u64, now_ms: u64) -> String {
    text(now_ms, until_ms)
}

/// Returns the first instant after `now_ms` at which [`left`] returns another text; none once it is `0s`.
pub fn left_changes_ms(until_ms: u64, now_ms: u64) -> Option<u64> {
    let left_ms = elapsed_ms(now_ms, until_ms);
    let (unit_ms, _) = unit(left_ms);
    // The text changes when one second less remains than the text says.
    let next_left_ms = (left_ms / unit_ms * unit_ms).checked_sub(SECOND_MS)?;
    let end_ms = until_ms - until_ms % SECOND_MS;
    Some((end_ms - next_left_ms).max(now_ms.saturating_add(1)))
}

/// Returns the time between the whole seconds of both instants, in milliseconds.
fn elapsed_ms(since_ms: u64, now_ms: u64) -> u64 {
    (now_ms / SECOND_MS).saturating_sub(since_ms / SECOND_MS) * SECOND_MS
}

fn unit(age_ms: u64) -> (u64, char) {
    match age_ms {
        0..MINUTE_MS => (SECOND_MS, 's'),
        MINUTE_MS..HOUR_MS => (MINUTE_MS, 'm'),
        HOUR_MS..DAY_MS => (HOUR_MS, 'h'),
        _ => (DAY_MS, 'd'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ages_are_short() {
        for (age_ms, shown) in
            [(0, "0s"), (59_999, "59s"), (60_000, "1m"), (3_599_000, "59m"), (3_600_000, "1h"), (86_400_000, "1d")]
        {
            assert_eq!(text(0, age_ms), shown);
        }
        assert_eq!(text(5_000, 0), "0s", "a clock that is behind shows no nonsense");
    }

    #[test]
    fn hours_do_not_tick_every_second() {
        assert_eq!(changes_ms(0, HOUR_MS), 2 * HOUR_MS);
    }

    #[test]
    fn what_is_left_is_counted_down_and_over() {
        for (left_ms, shown) in [(0, "0s"), (59_000, "59s"), (60_000, "1m"), (599_000, "9m"), (600_000, "10m")] {
            assert_eq!(left(10_000_000, 10_000_000 - left_ms), shown);
        }
        assert_eq!(left_changes_ms(5_000, 5_000), None);
        assert_eq!(left(0, 5_000), "0s");
    }

    proptest! {
        /// The text stays the same up to the instant that the function returns, and differs at it.
        #[test]
        fn what_is_left_changes_when_it_says(until_ms in 0u64..100_000_000, before_ms in 0u64..100_000_000) {
            let now_ms = until_ms.saturating_sub(before_ms);
            if let Some(next_ms) = left_changes_ms(until_ms, now_ms) {
                prop_assert!(next_ms > now_ms);
                prop_assert_eq!(left(until_ms, next_ms - 1), left(until_ms, now_ms));
                prop_assert_ne!(left(until_ms, next_ms), left(until_ms, now_ms));
            }
        }

        /// The text stays the same up to the instant that the function returns, and differs at it.
        #[test]
        fn the_next_change_is_exact(since_ms in 0u64..1 << 40, age_ms in 0u64..1 << 38) {
            let now_ms = since_ms + age_ms;
            let at_ms = changes_ms(since_ms, now_ms);
            prop_assert!(at_ms > now_ms);
            prop_assert_eq!(text(since_ms, at_ms - 1), text(since_ms, now_ms));
            prop_assert_ne!(text(since_ms, at_ms), text(since_ms, now_ms));
        }
    }
}
