//! The fleet's facts as clients read them: history with filters, and live with replay.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Facts in one answer. Beyond it, the request is refused; `since_seq` and `order=oldest` lead through all.
pub const EVENTS_MAX: u32 = 10_000;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRecord {
    /// Counts up by one; replay from any number.
    pub seq: u64,
    /// Milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// A dotted type: `agent.started`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whom it is about.
    pub agent: Option<String>,
    /// Which run: `r17`.
    pub run: Option<String>,
    /// One line for people.
    pub message: String,
    /// What the type carries, as JSON.
    pub data: serde_json::Value,
}

/// How many processes of an ended run's tree went, and how: `3 processes ended, 1 killed`. None when
/// there was nothing left to end.
pub fn tree_words(left_on_signal: u64, killed: u64) -> Option<String> {
    let left = match left_on_signal {
        0 => None,
        1 => Some("1 process ended".to_owned()),
        many => Some(format!("{many} processes ended")),
    };
    let killed = (killed > 0).then(|| format!("{killed} killed"));
    let parts: Vec<String> = [left, killed].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How much a fact matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For us.
    Debug,
    /// The normal course of things.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
    /// The fleet itself is in danger.
    Critical,
}

/// `GET /events` query. With `follow=true` (or `Accept: text/event-stream`) the answer is a stream of
/// server-sent events: first what the filters find from `since_seq` on, then live ones. Three kinds come:
///
/// * `event: fact`, `id:` its number, `data:` an [`EventRecord`];
/// * `event: lagged`, `data:` a [`Lagged`]; the reader fetches what it missed;
/// * `event: quiescent`, `data: {}`: nothing runs and nothing is planned any more. Sent each time that becomes
///   so, and after the replay when it is so already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct EventQuery {
    /// Only facts with a larger number.
    pub since_seq: Option<u64>,
    /// Only facts at or after this instant (milliseconds since the Unix epoch).
    pub since_ms: Option<u64>,
    /// Only facts before this instant.
    pub until_ms: Option<u64>,
    /// Only this type, or all below it: `agent`, `agent.ended`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Only about this agent.
    pub agent: Option<String>,
    /// Only at least this severe.
    pub severity: Option<Severity>,
    /// How many at most; 100 unless told. More than 10,000 are refused.
    pub limit: Option<u32>,
    /// Skip so many of those found.
    pub offset: Option<u32>,
    /// `newest` (default, without follow) takes the last ones found, `oldest` the first. Always listed oldest first.
    pub order: Option<Order>,
    /// Go on with live facts.
    pub follow: Option<bool>,
}

impl EventQuery {
    /// Whether this fact passes the filters by type, agent, severity and time.
    pub fn admits(&self, record: &EventRecord) -> bool {
        let of_kind = |kind: &String| {
            record.kind.strip_prefix(kind.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.kind.as_ref().is_none_or(of_kind)
            && self.agent.as_ref().is_none_or(|agent| record.agent.as_ref() == Some(agent))
            && self.severity.is_none_or(|severity| record.severity >= severity)
            && self.since_ms.is_none_or(|since| record.at_ms >= since)
            && self.until_ms.is_none_or(|until| record.at_ms < until)
    }
}

/// Which end of what was found is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The last ones.
    #[default]
    Newest,
    /// The first ones.
    Oldest,
}

/// `GET /events` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<EventRecord>,
    /// The newest fact's number, found or not.
    pub newest_seq: u64,
}

/// One server-sent event's data: `event: fact`, `event: lagged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lagged {
    /// The reader was too slow; the stream goes on from the fact after this one, read from the journal.
    pub skipped_to_seq: u64,
}
