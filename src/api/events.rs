//! The fleet's facts as clients read them: the history with filters, and a live stream with replay.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const EVENTS: GET "/events", EventQuery => EventPage;
}

/// The largest number of facts in one answer. Beyond it, the request is refused; `since_seq` and `order=oldest` lead
/// through all facts.
pub const EVENTS_MAX: u32 = 10_000;

/// One fact of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRecord {
    /// Number of the fact, which increases by one with each fact. A replay can begin at any number.
    pub seq: u64,
    /// When the fact was recorded, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Type of the fact with its parts separated by dots: `agent.started`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How important the fact is.
    pub severity: Severity,
    /// Name of the agent that the fact is about.
    pub agent: Option<String>,
    /// Name of the run that the fact is about, such as `r17`.
    pub run: Option<String>,
    /// The fact as one line of text for people.
    pub message: String,
    /// The fact's data, as JSON; its fields depend on the type.
    pub data: serde_json::Value,
}

/// How important a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The fact helps the developers of Quarterdeck.
    Debug,
    /// The fact belongs to the normal course of things.
    Info,
    /// The fact is something that a person should look at.
    Warning,
    /// The fact says that something failed.
    Error,
    /// The fact says that the fleet itself is in danger.
    Critical,
}

/// Query of `GET /events`. With `follow=true` (or `Accept: text/event-stream`) the answer is a stream of server-sent
/// events: first the facts from `since_seq` on that pass the filters, then live facts. The stream has three kinds of
/// events:
///
/// * `event: fact`, with the fact's number as `id:` and an [`EventRecord`] as `data:`;
/// * `event: lagged`, with a [`Lagged`] as `data:`; the reader fetches the facts that it missed;
/// * `event: quiescent`, `data: {}`: nothing runs and nothing is planned any more. It is sent each time the fleet
///   becomes quiescent, and after the replay if the fleet already is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct EventQuery {
    /// Only facts with a larger number than this.
    pub since_seq: Option<u64>,
    /// Only facts at or after this instant (milliseconds since the Unix epoch).
    pub since_ms: Option<u64>,
    /// Only facts before this instant.
    pub until_ms: Option<u64>,
    /// Only facts of this type or of a type below it: `agent`, `agent.ended`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Only facts about this agent.
    pub agent: Option<String>,
    /// Only facts of at least this severity.
    pub severity: Option<Severity>,
    /// The largest number of facts to return; default 100. More than 10,000 are refused.
    pub limit: Option<u32>,
    /// The number of matching facts to skip.
    pub offset: Option<u32>,
    /// Which end of the matching facts is returned: `newest` (the default without `follow`) or `oldest`. The answer is
    /// always in order, oldest first.
    pub order: Option<Order>,
    /// Continue with live facts after the stored ones.
    pub follow: Option<bool>,
}

impl EventQuery {
    /// Whether a fact passes the filters by type, agent, severity and time.
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

/// The end from which matching facts are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Take the newest matching facts.
    #[default]
    Newest,
    /// Take the oldest matching facts.
    Oldest,
}

/// Answer to `GET /events`: the facts that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    /// The facts that were found, oldest first.
    pub events: Vec<EventRecord>,
    /// Number of the fleet's newest fact, even if the filters exclude it.
    pub newest_seq: u64,
}

/// Data of the server-sent event `lagged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lagged {
    /// The number of the last skipped fact. The reader was too slow; the stream continues with the next fact, read from
    /// the journal.
    pub skipped_to_seq: u64,
}
