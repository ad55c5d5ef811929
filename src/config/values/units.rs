//! The units of a named resource: a count of holders, or a range of numbers that are handed out.

use super::text::{BadValue, quoted};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::str::FromStr;

/// The most units of one resource. Beyond it, the configuration is refused.
pub const UNITS_MAX: u32 = 10_000;

/// The units of a resource: a count such as `2`, or a range such as `"4000-4099"`, of which each holder gets one number
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// The number of units, at least 1.
    pub count: u32,
    /// The first number that is handed out; none for units without numbers of their own.
    pub first: Option<u32>,
}

const EXPECTED: &str =
    "expected a whole number from 1, such as 2, or the first and last number handed out, such as \"4000-4099\"";

impl Units {
    /// Makes this many units, without numbers of their own.
    ///
    /// # Errors
    /// When the count is below 1 or above [`UNITS_MAX`].
    pub fn counted(count: i64) -> Result<Units, BadValue> {
        match u32::try_from(count) {
            Ok(count @ 1..=UNITS_MAX) => Ok(Units { count, first: None }),
            _ => Err(BadValue(format!("{count} is not a number of units from 1 to {UNITS_MAX}"))),
        }
    }
}

impl FromStr for Units {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Units, BadValue> {
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let wrong = |why: String| BadValue(format!("{} is not a range of numbers: {why}", quoted(text)));
        let both = text.split_once('-').and_then(|(first, last)| Some((number(first)?, number(last)?)));
        let (first, last) = both.ok_or_else(|| wrong(EXPECTED.to_owned()))?;
        match last.checked_sub(first) {
            None => Err(wrong("its first number is larger than its last".to_owned())),
            Some(more) if more >= UNITS_MAX => Err(wrong(format!("it has more than {UNITS_MAX} numbers"))),
            Some(more) => Ok(Units { count: more + 1, first: Some(first) }),
        }
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Units, D::Error> {
        struct CountOrRange;
        impl Visitor<'_> for CountOrRange {
            type Value = Units;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED.trim_start_matches("expected "))
            }
            fn visit_i64<E: Error>(self, count: i64) -> Result<Units, E> {
                Units::counted(count).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, count: u64) -> Result<Units, E> {
                self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Units, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(CountOrRange)
    }
}

impl schemars::JsonSchema for Units {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Units".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "How many may hold it at a time, or the first and last of the numbers that are handed out.",
            "oneOf": [
                { "type": "integer", "minimum": 1, "maximum": UNITS_MAX },
                { "type": "string", "pattern": "^\\d+-\\d+$" },
            ],
            "examples": [1, "4000-4099"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_and_ranges_are_read_within_bounds() {
        assert_eq!("4000-4099".parse(), Ok(Units { count: 100, first: Some(4000) }));
        assert_eq!("7-7".parse(), Ok(Units { count: 1, first: Some(7) }));
        for bad in ["", "4000", "-", "1-", "-1", "1-2-3", "2-1", "0-10000", "+1-2", "1 - 2", "٤-٥", "1-99999999999"] {
            assert!(bad.parse::<Units>().is_err(), "{bad}");
        }
        assert_eq!(Units::counted(2), Ok(Units { count: 2, first: None }));
        for bad in [0, -1, 10_001, i64::MAX] {
            assert!(Units::counted(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_has_as_many_numbers_as_it_says(first in 0u32..=u32::MAX, more in 0u32..20_000) {
            let Some(last) = first.checked_add(more) else { return Ok(()) };
            let read = format!("{first}-{last}").parse::<Units>().ok();
            prop_assert_eq!(read, (more < UNITS_MAX).then_some(Units { count: more + 1, first: Some(first) }));
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[0-9-]{0,24}") {
            let _ = text.parse::<Units>();
        }
    }
}
