//! Facts as lines: one line of text for people, one of versioned JSON for programs.

use super::color::Colors;
use super::output::{Tone, clean, painted};
use super::time::time_of_day;
use crate::api::events::{EventRecord, Severity, tree_words};
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

/// How a run ended, from the data of an `agent.ended` fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The outcome: `completed`, `failed` or `terminated`.
    pub outcome: String,
    /// The number of processes that ended after the stop signal.
    pub left_on_signal: u64,
    /// The number of processes that needed SIGKILL.
    pub killed: u64,
}

impl Ended {
    /// Returns the end that a fact's data describes; none when it describes none.
    pub fn of(fact: &EventRecord) -> Option<Ended> {
        let report = |field: &str| fact.data["report"][field].as_u64().unwrap_or(0);
        (fact.kind == "agent.ended").then(|| Ended {
            outcome: fact.data["outcome"].as_str().unwrap_or("ended").to_lowercase(),
            left_on_signal: report("left_on_signal"),
            killed: report("killed"),
        })
    }

    /// Returns in words how the remaining processes of the run's tree ended; none when no process remained.
    pub fn tree(&self) -> Option<String> {
        tree_words(self.left_on_signal, self.killed)
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
    fn an_ending_says_how_many_processes_went_and_how() {
        let report = |left, killed| {
            let data = json!({"outcome": "terminated", "report": {"left_on_signal": left, "killed": killed}});
            Ended::of(&ended(data)).expect("an ending").tree().unwrap_or_default()
        };
        assert_eq!(report(3, 1), "3 processes ended, 1 killed");
        assert_eq!(report(1, 0), "1 process ended");
        assert_eq!(report(0, 2), "2 killed");
        assert_eq!(report(0, 0), "");
    }

    #[test]
    fn data_that_says_nothing_harms_nothing() {
        assert_eq!(Ended::of(&ended(json!(null))).expect("an ending").tree(), None);
        assert_eq!(Ended::of(&EventRecord { kind: "agent.ready".into(), ..ended(json!(null)) }), None);
    }

    #[test]
    fn a_line_of_json_carries_its_version_and_a_line_for_people_no_controls() {
        let fact = ended(json!({}));
        let value = serde_json::to_value(JsonLine::of(&fact)).expect("json");
        assert_eq!((&value["v"], &value["seq"], &value["type"]), (&json!(1), &json!(9), &json!("agent.ended")));
        assert!(!line(&fact, Colors::Plain).contains(char::is_control));
    }
}
