//! Facts as lines: one line of text for people, one of versioned JSON for programs.

use super::color::Colors;
use super::output::{Tone, clean, painted};
use super::time::time_of_day;
use crate::api::events::{EventRecord, Severity};
use serde::Serialize;

/// The version of the JSON lines; it increases when a field changes its meaning or is removed.
pub const LINES_VERSION: u32 = 1;

/// A fact as one line of JSON: `{"v":1,"seq":…}`.
#[derive(Serialize)]
pub struct JsonLine<'a> {
    v: u32,
    #[serde(flatten)]
    fact: &'a EventRecord,
}

impl JsonLine<'_> {
    /// Returns the JSON line of a fact.
    pub fn of(fact: &EventRecord) -> JsonLine<'_> {
        JsonLine { v: LINES_VERSION, fact }
    }
}

/// The number of columns to which an agent's name is padded.
const NAME_COLUMNS: usize = 12;

/// Returns a fact as one line for people: `09:30:07  builder       started r3 (pid 4711)`.
pub fn line(fact: &EventRecord, colors: Colors) -> String {
    let who = format!("{:<NAME_COLUMNS$}", clean(fact.agent.as_deref().unwrap_or("fleet")));
    format!(
        "{}  {}  {}",
        painted(&time_of_day(fact.at_ms), Tone::Faint, colors),
        painted(&who, Tone::Notable, colors),
        painted(&clean(&fact.message), tone(fact.severity), colors)
    )
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Debug => Tone::Faint,
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warning,
        Severity::Error | Severity::Critical => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ended(data: serde_json::Value) -> EventRecord {
        EventRecord {
            seq: 9,
            at_ms: 0,
            kind: "agent.ended".into(),
            severity: Severity::Info,
            agent: Some("a".into()),
            run: Some("r1".into()),
            message: "ended\x1b]0;evil\x07".into(),
            data,
        }
    }

    #[test]
    fn a_line_of_json_carries_its_version_and_a_line_for_people_no_controls() {
        let fact = ended(json!({}));
        let value = serde_json::to_value(JsonLine::of(&fact)).expect("json");
        assert_eq!((&value["v"], &value["seq"], &value["type"]), (&json!(1), &json!(9), &json!("agent.ended")));
        assert!(!line(&fact, Colors::Plain).contains(char::is_control));
    }
}
