//! Spans of time: `500ms`, `10s`, `1m30s`, `12h`, `7d`.

use super::text::{BadValue, quoted, text_value};
use quarterdeck_core::time::Span;
use std::fmt;
use std::str::FromStr;

/// A span of time in whole milliseconds, written as whole numbers with their units, largest first: `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub Span);

text_value!(
    Duration,
    name: "Duration",
    expecting: "a duration with its unit, such as \"500ms\", \"10s\", \"1m30s\" or \"12h\"",
    examples: ["500ms", "10s", "1m30s", "12h"],
    pattern: "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$"
);

/// The units of time and their milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The longest span that can be written: a year. Longer ones are mistakes.
const LONGEST_MS: u64 = 366 * 86_400_000;

impl Duration {
    /// Returns a span of whole seconds.
    pub const fn from_secs(secs: u64) -> Duration {
        Duration(Span::from_secs(secs))
    }

    /// Whether the span is no time at all.
    pub fn is_zero(self) -> bool {
        self.0 == Span(0)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        std::time::Duration::from_millis(duration.0.0)
    }
}

impl FromStr for Duration {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Duration, BadValue> {
        parse_ms(text).map(|ms| Duration(Span(ms))).map_err(|why| {
            BadValue(format!(
                "{} is not a duration: {why}; write it as \"500ms\", \"10s\", \"1m30s\" or \"12h\"",
                quoted(text)
            ))
        })
    }
}

/// Reads a span as milliseconds, or returns the clause that says what is wrong.
fn parse_ms(text: &str) -> Result<u64, &'static str> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err("it is empty");
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        match (number.is_empty(), unit.is_empty()) {
            (true, _) => return Err("expected a whole number before each unit"),
            (_, true) => return Err("a number has no unit (d, h, m, s, ms)"),
            _ => {}
        }
        let (_, unit_ms) =
            units.find(|(name, _)| *name == unit).ok_or("the units are d, h, m, s, ms, largest first, each once")?;
        let number: u64 = number.parse().map_err(|_| "the number is too large")?;
        total = number.checked_mul(*unit_ms).and_then(|ms| total.checked_add(ms)).ok_or("it is longer than a year")?;
        rest = tail;
    }
    if total > LONGEST_MS { Err("it is longer than a year") } else { Ok(total) }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.0;
        if left == 0 {
            return f.write_str("0s");
        }
        for (unit, unit_ms) in UNITS {
            if left >= unit_ms {
                write!(f, "{}{unit}", left / unit_ms)?;
                left %= unit_ms;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        let ms = |text: &str| text.parse::<Duration>().map(|d| d.0.0).ok();
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("10s"), Some(10_000));
        assert_eq!(ms("1m30s"), Some(90_000));
        assert_eq!(ms("12h"), Some(43_200_000));
        for bad in
            ["", "10", "s", "10 s", "1.5s", "30s1m", "1s1s", "-1s", "10sec", "99999999999999999999s", "400d", "١s"]
        {
            assert_eq!(ms(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_reads(ms in 0..=LONGEST_MS) {
            prop_assert_eq!(Duration(Span(ms)).to_string().parse(), Ok(Duration(Span(ms))));
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[0-9dhms]{0,40}") {
            let _ = text.parse::<Duration>();
        }
    }
}
