//! How amounts are written for people: spans of time, and sizes in bytes. Each style is here once.
//!
//! Two other styles are elsewhere, because more than the text belongs to them: the values of `agents.toml` (`config`),
//! which are read back, and the ages on the dashboard (`tui/age`), which tell when they change.

use std::time::Duration;

/// Returns a span of time with tenths of a second while they matter, as `2.5 s`, `90 s`, `12 min` or `3 h`.
pub fn span(ms: u64) -> String {
    match ms {
        0..10_000 => took(Duration::from_millis(ms)),
        _ => whole_span(ms),
    }
}

/// Returns a span of time in whole units, as `90 s`, `12 min` or `3 h`.
pub fn whole_span(ms: u64) -> String {
    match ms / 1_000 {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3_600),
    }
}

/// Returns how long something took, in seconds to the tenth, as `0.4 s` or `754.1 s`.
pub fn took(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

/// Returns an amount of bytes with at most four digits, as `0 B`, `8 MiB` or `1.5 GiB`.
pub fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut scaled = amount as f64;
    let mut unit = 0;
    while scaled >= 1_000.0 && unit + 1 < UNITS.len() {
        scaled /= 1_024.0;
        unit += 1;
    }
    let digits = if scaled < 10.0 { format!("{scaled:.1}") } else { format!("{scaled:.0}") };
    format!("{} {}", digits.strip_suffix(".0").unwrap_or(&digits), UNITS[unit])
}

/// Returns an amount of memory for a narrow column, as `41M` or `1.2G`: at most five characters.
pub fn narrow_bytes(amount: u64) -> String {
    const MEBIBYTE: f64 = 1_048_576.0;
    let mebibytes = amount as f64 / MEBIBYTE;
    match mebibytes {
        0.0..999.5 => format!("{mebibytes:.0}M"),
        _ => format!("{:.1}G", (mebibytes / 1_024.0).min(999.9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_digits_that_matter() {
        let shown = [0, 2_540, 9_999, 10_000, 119_999, 120_000, 7_199_999, 7_200_000].map(span);
        assert_eq!(shown, ["0.0 s", "2.5 s", "10.0 s", "10 s", "119 s", "2 min", "119 min", "2 h"]);
        assert_eq!(whole_span(2_540), "2 s");
        assert_eq!(took(Duration::from_millis(754_120)), "754.1 s");
    }

    #[test]
    fn amounts_are_short() {
        let shown = [0, 9, 999, 1_000, 1_536, 524_288, 8 << 20, 1_610_612_736, u64::MAX].map(bytes);
        let expected = ["0 B", "9 B", "999 B", "1 KiB", "1.5 KiB", "512 KiB", "8 MiB", "1.5 GiB", "16777216 TiB"];
        assert_eq!(shown, expected);
        let narrow = [0, 41 << 20, 999 << 20, 1_000 << 20, u64::MAX].map(narrow_bytes);
        assert_eq!(narrow, ["0M", "41M", "999M", "1.0G", "999.9G"]);
    }
}
