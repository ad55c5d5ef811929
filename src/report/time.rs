//! Spans and instants of time, as people write and read them.

use crate::clock;
use jiff::tz::TimeZone;
use jiff::{SpanRelativeTo, Timestamp};
use std::time::Duration;

/// Parses a span of time as it is typed: `500ms`, `10s`, `1h30m`, `2d`.
///
/// # Errors
/// The error is a sentence for the user.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let span: jiff::Span = text.parse().map_err(|error| format!("{error}; write for example 500ms, 10s, 1h30m"))?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    Duration::try_from(span).map_err(|_| "a span of time is never negative".to_owned())
}

/// Parses an instant as it is typed: how long ago (`10m`), or a date and time (`2026-11-20 09:30`, in the local time
/// zone unless one is written). Returns milliseconds since the Unix epoch.
///
/// # Errors
/// The error is a sentence for the user.
pub fn parse_instant(text: &str) -> Result<u64, String> {
    instant(text, clock::now_ms(), &TimeZone::system())
}

fn instant(text: &str, now_ms: u64, zone: &TimeZone) -> Result<u64, String> {
    if let Ok(ago) = parse_span(text) {
        return Ok(now_ms.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX)));
    }
    let expected = || format!("`{text}` is neither a span (10m) nor a date and time (2026-11-20T09:30)");
    let at = text.parse::<Timestamp>().or_else(|_| {
        let local: jiff::civil::DateTime = text.parse().map_err(|_| expected())?;
        zone.to_timestamp(local).map_err(|_| expected())
    });
    at.and_then(|at| u64::try_from(at.as_millisecond()).map_err(|_| expected()))
}

/// Returns the local time of day of an instant: `09:30:07`.
pub fn time_of_day(at_ms: u64) -> String {
    time_of_day_in(at_ms, &TimeZone::system())
}

fn time_of_day_in(at_ms: u64, zone: &TimeZone) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Returns an instant for programs, in UTC: `2026-11-20T09:30:07.123Z`.
pub fn rfc3339(at_ms: u64) -> String {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok()).unwrap_or_default();
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_as_they_are_said() {
        let spans = ["500ms", "10s", "1h30m", "2d", "0s"].map(|text| parse_span(text).expect(text).as_millis());
        assert_eq!(spans, [500, 10_000, 5_400_000, 172_800_000, 0]);
        for wrong in ["", "ten", "10", "-5s", "5 parsecs"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_are_a_span_ago_or_a_date() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let read = |text| instant(text, 1_000_000_000_000, &zone);
        assert_eq!(read("10s"), Ok(999_999_990_000));
        assert_eq!(read("1970-01-01T00:00:01Z"), Ok(1_000));
        assert_eq!(read("1970-01-01 03:00:01"), Ok(3_601_000));
        assert!(read("yesterday-ish").expect_err("nonsense").contains("neither"));
        assert!(read("1969-01-01T00:00:00Z").is_err());
    }

    #[test]
    fn the_time_of_day_is_the_users() {
        assert_eq!(time_of_day_in(3_661_000, &TimeZone::UTC), "01:01:01");
        assert_eq!(time_of_day_in(3_661_000, &TimeZone::fixed(jiff::tz::offset(2))), "03:01:01");
    }

    proptest! {
        #[test]
        fn no_text_and_no_instant_panics(text in ".{0,20}", at_ms in any::<u64>()) {
            let _ = parse_span(&text);
            let _ = parse_instant(&text);
            let _ = time_of_day(at_ms);
        }
    }
}
