//! Reads from the last lines of a terminal why a program or a turn of it ended: whether its provider bars it, and until
//! when. It is only used for programs that have a provider (`config`'s kind of a program): others print such lines
//! about other things.

use super::patterns::{Bars, Patterns};
use super::words::last_words;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use quarterdeck_core::barred::Barred;
use quarterdeck_core::status::{Activity, QuestionKind, one_line};
use quarterdeck_core::time::Time;
use regex::Regex;
use std::sync::LazyLock;

/// The last words of a program, and whether its provider bars it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// The reason why the provider bars the program, if its last lines say so.
    pub barred: Option<Barred>,
    /// The line that says that the program is barred, else its last line with words; empty when there is none.
    pub line: String,
}

impl Last {
    /// Returns the last line with words of a program that is not barred.
    pub fn words(text: &str) -> Last {
        Last { barred: None, line: last_words(text) }
    }
}

/// The number of lines below the line with an error in which the rest of its text may be.
const MORE_LINES: usize = 3;

/// Returns why the turn of a live program has ended, if its provider bars it; else none. `text` is the program's
/// screen, on which the error may continue below the line that the verdict quotes.
pub fn turn_ending(activity: &Activity, text: &str, now: Timestamp, zone: &TimeZone) -> Option<Last> {
    let words = match activity {
        Activity::Asks(question) if question.kind == QuestionKind::Login => {
            return Some(Last { barred: Some(Barred::Login), line: question.text.clone() });
        }
        Activity::Failed(words) => words,
        _ => return None,
    };
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.iter().rposition(|line| !words.is_empty() && one_line(line).contains(words.as_str()));
    let below = shown.map_or(&[][..], |at| &lines[at + 1..(at + 1 + MORE_LINES).min(lines.len())]);
    let below: Vec<&str> = below.iter().copied().take_while(|line| !line.trim().is_empty()).collect();
    let last = ending(&[words.as_str()].iter().chain(&below).copied().collect::<Vec<_>>().join("\n"), now, zone);
    last.barred.is_some().then_some(Last { line: words.clone(), ..last })
}

/// Reads the last screen of a program. `zone` is the time zone of a time of day that names no place.
pub fn ending(text: &str, now: Timestamp, zone: &TimeZone) -> Last {
    let Some((bars, lines)) = Patterns::built_in().ending(text) else {
        return Last::words(text);
    };
    let barred = match bars {
        Bars::Login => Barred::Login,
        Bars::Quota => Barred::Quota { until: renewal(&lines.join(" "), now, zone).map(time) },
    };
    Last { barred: Some(barred), line: one_line(lines.first().copied().unwrap_or_default()) }
}

fn time(at: Timestamp) -> Time {
    Time(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

/// Matches seconds since the Unix epoch: `…limit reached|1751850000`.
static EPOCH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\|(\d{10})\b").ok());
/// Matches the words behind which a time is given.
static SOON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(resets?|renews?|retry|try again|available)\b(?P<rest>.*)").ok());
/// Matches a span of time: `in 2 days 3 hours`, `after 5h12m`.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\b(in|after)\s+(?P<rest>\d.*)").ok());
static PART: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)^[\s,]*(and\s+)?(\d{1,6})\s*([a-z]+)").ok());
/// Matches a time of day: `3pm`, `11:53 PM`, `15:00`.
static CLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(\d{1,2})(?::(\d{2}))?\s*([ap]m)\b|\b(\d{1,2}):(\d{2})\b").ok());
/// Matches the name of a time zone: `(Europe/Berlin)`.
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\(([A-Za-z]+(?:/[A-Za-z_]+)+|UTC)\)").ok());

/// Returns when the quota is renewed, according to these words. A day of the calendar is not read: the next such time
/// of day is taken, and an attempt made then tells more.
fn renewal(words: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Some(found) = EPOCH.as_ref()?.captures(words) {
        return Timestamp::from_second(found[1].parse().ok()?).ok();
    }
    let soon = SOON.as_ref()?.captures(words)?;
    let rest = soon.name("rest")?.as_str();
    match SPAN.as_ref()?.captures(rest) {
        Some(found) => now.checked_add(span(found.name("rest")?.as_str())?).ok(),
        None => time_of_day(rest, now, zone),
    }
}

fn span(words: &str) -> Option<SignedDuration> {
    let (mut rest, mut secs) = (words, 0_i64);
    while let Some(part) = PART.as_ref()?.captures(rest) {
        let unit = match part[3].to_ascii_lowercase().as_str() {
            "d" | "day" | "days" => 86_400,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            _ => break,
        };
        secs += part[2].parse::<i64>().ok()? * unit;
        rest = &rest[part[0].len()..];
    }
    (secs > 0).then(|| SignedDuration::from_secs(secs))
}

fn time_of_day(words: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let found = CLOCK.as_ref()?.captures(words)?;
    let number = |group: usize| found.get(group).and_then(|digits| digits.as_str().parse::<i8>().ok());
    let hour = match found.get(3).map(|half| half.as_str().to_ascii_lowercase()) {
        Some(half) if (1..=12).contains(&number(1)?) => number(1)? % 12 + if half == "pm" { 12 } else { 0 },
        Some(_) => return None,
        None => number(4)?,
    };
    let minute = number(2).or(number(5)).unwrap_or(0);
    let place = PLACE.as_ref()?.captures(words).and_then(|place| TimeZone::get(&place[1]).ok());
    let today = now.to_zoned(place.unwrap_or_else(|| zone.clone()));
    let at = today.with().time(jiff::civil::Time::new(hour, minute, 0, 0).ok()?).build().ok()?;
    let next = if at.timestamp() > now { at } else { at.tomorrow().ok()? };
    Some(next.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarterdeck_core::status::Question;

    const NOON: &str = "2026-11-27T12:00:00Z";

    fn read(text: &str) -> Last {
        ending(text, NOON.parse().expect("a time"), &TimeZone::UTC)
    }

    #[test]
    fn what_real_programs_write_when_they_are_barred_is_known() {
        for (text, barred) in [
            ("Claude AI usage limit reached|1751850000", "quota"),
            ("You've hit your limit · resets 3pm (Europe/Berlin)", "quota"),
            ("You've hit your session limit · resets 3:45pm", "quota"),
            ("Credit balance is too low", "quota"),
            ("ERROR: You've hit your usage limit. Upgrade to Pro or try again at 11:53 PM.", "quota"),
            ("■ exceeded retry limit, last status: 429 Too Many Requests", "quota"),
            ("TerminalQuotaError: You have exhausted your daily quota on this model.", "quota"),
            ("You have exceeded your monthly quota", "quota"),
            ("quota exceeded for this workspace", "quota"),
            ("You've reached your weekly standard usage limit (resets in 2 days)", "quota"),
            ("litellm.RateLimitError: AnthropicException", "quota"),
            ("Error: Insufficient balance. Manage your billing here", "quota"),
            ("Invalid API key · Please run /login", "login"),
            ("Not logged in · Please run /login", "login"),
            ("API Error: 401 {\"type\":\"error\",\"error\":{\"type\":\"authentication_error\"}}", "login"),
            ("OAuth token has expired. Please obtain a new token", "login"),
            ("ERROR: unexpected status 401 Unauthorized: Missing bearer or basic authentication", "login"),
            ("Please set an Auth method in your /root/.gemini/settings.json or specify GEMINI_API_KEY", "login"),
            ("Error: Authentication required. Please run 'agent login' first", "login"),
        ] {
            let last = read(&format!("> do it\nworking\n\n{text}\n\n"));
            assert_eq!(last.barred.map(|barred| barred.to_string()).as_deref(), Some(barred), "{text}");
            assert_eq!(last.line, text);
        }
    }

    #[test]
    fn the_turn_of_a_program_is_barred_by_the_words_of_its_error() {
        let turn = |activity: &Activity, screen: &str| {
            let last = turn_ending(activity, screen, NOON.parse().expect("a time"), &TimeZone::UTC)?;
            Some((last.barred?.to_string(), last.line))
        };
        let failed = |words: &str| Activity::Failed(words.to_owned());
        let limit = "■ You've hit your usage limit.";
        let at_three = format!("• working\n{limit}\n  Try again in 3 hours.\n\n› Ask Codex to do anything\n");
        assert_eq!(turn(&failed(limit), &at_three), Some(("quota".into(), limit.into())));
        let last = turn_ending(&failed(limit), &at_three, NOON.parse().expect("a time"), &TimeZone::UTC);
        let three: Timestamp = "2026-11-27T15:00:00Z".parse().expect("a time");
        assert_eq!(last.and_then(|last| last.barred), Some(Barred::Quota { until: Some(time(three)) }));
        assert_eq!(
            turn(&failed("API Error: 429 Too Many Requests"), ""),
            Some(("quota".into(), "API Error: 429 Too Many Requests".into()))
        );
        assert_eq!(turn(&failed("API Error: 500 Internal server error"), "429 Too Many Requests\n"), None);
        let asks = |kind| Activity::Asks(Question::new(kind, "Please run /login"));
        assert_eq!(turn(&asks(QuestionKind::Login), ""), Some(("login".into(), "Please run /login".into())));
        assert_eq!(turn(&asks(QuestionKind::Permission), "Invalid API key"), None);
        assert_eq!(turn(&Activity::Done, "429 Too Many Requests"), None, "it may have written about it");
    }

    #[test]
    fn other_failures_are_not_taken_for_it() {
        for text in [
            "error[E0432]: unresolved import `login`",
            "test rate_limiter ... FAILED",
            "expected 401, got 200",
            "429 passed, 3 failed",
            "assertion failed: user.is_authenticated()",
            "gave up after 3 attempts",
            "cp: error writing 'b': Disk quota exceeded",
        ] {
            assert_eq!(read(text), Last { barred: None, line: text.to_owned() });
        }
        let long_ago = format!("429 Too Many Requests\n{}", "and then something else\n".repeat(3));
        assert_eq!(read(&long_ago).barred, None);
    }

    #[test]
    fn when_a_quota_is_renewed_is_read_where_it_is_said() {
        let until = |words: &str| {
            let at = renewal(words, NOON.parse().expect("a time"), &TimeZone::UTC);
            at.map(|at| at.to_string()).unwrap_or_default()
        };
        for (words, at) in [
            ("usage limit reached|1795780800", "2026-11-27T12:00:00Z"),
            ("resets 3pm", "2026-11-27T15:00:00Z"),
            ("resets 3am", "2026-11-28T03:00:00Z"),
            ("resets 12am", "2026-11-28T00:00:00Z"),
            ("resets 3pm (Europe/Berlin)", "2026-11-27T14:00:00Z"),
            ("try again at 11:53 PM.", "2026-11-27T23:53:00Z"),
            ("try again at 15:30", "2026-11-27T15:30:00Z"),
            ("try again in 3 days 2 hours 5 minutes.", "2026-11-30T14:05:00Z"),
            ("(resets in 2 days)", "2026-11-29T12:00:00Z"),
            ("Your quota will reset after 5h12m30s.", "2026-11-27T17:12:30Z"),
            ("retry after 30 seconds", "2026-11-27T12:00:30Z"),
            ("resets in 2 moons", ""),
            ("resets 13pm", ""),
            ("resets 25:00", ""),
            ("Credit balance is too low", ""),
        ] {
            assert_eq!(until(words), at, "{words}");
        }
    }
}
