//! A stream of facts as they happen, without a gap: facts that the stream skipped because we were too slow are fetched.

use super::control::Client;
use super::error::ClientError;
use super::sse::{Event, Parser};
use crate::api::events::{EVENTS, EVENTS_MAX, EventQuery, EventRecord, Lagged, Order};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::collections::VecDeque;

/// The items of a stream of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// A fact was recorded.
    Fact(EventRecord),
    /// We were too slow. The facts that were skipped come next; then the stream continues live.
    Lagged(Lagged),
    /// Nothing runs and nothing is planned any more.
    Quiescent,
}

/// A stream of facts, without gaps and duplicates.
#[derive(Debug)]
pub struct Follow {
    client: Client,
    filters: EventQuery,
    body: Incoming,
    parser: Parser,
    /// Items that were parsed, or fetched to fill a gap, and not yet returned.
    ready: VecDeque<Followed>,
    last_seq: u64,
}

impl Follow {
    pub(super) fn new(client: Client, filters: EventQuery, body: Incoming) -> Follow {
        let last_seq = filters.since_seq.unwrap_or(0);
        Follow { client, filters, body, parser: Parser::default(), ready: VecDeque::new(), last_seq }
    }

    /// Returns the next item; none when the supervisor has ended the stream, as it does when it ends. A fact is never
    /// returned twice. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ClientError::Broken`] when the stream cannot be understood, and every error of fetching a gap.
    pub async fn next(&mut self) -> Result<Option<Followed>, ClientError> {
        loop {
            if let Some(Followed::Lagged(lagged)) = self.ready.front() {
                let skipped_to_seq = lagged.skipped_to_seq;
                let missed = self.fetch(skipped_to_seq).await?;
                let lagged = self.ready.pop_front();
                missed.into_iter().rev().for_each(|fact| self.ready.push_front(Followed::Fact(fact)));
                return Ok(lagged);
            }
            match self.ready.pop_front() {
                Some(Followed::Fact(fact)) if fact.seq <= self.last_seq => continue,
                Some(Followed::Fact(fact)) => {
                    self.last_seq = fact.seq;
                    return Ok(Some(Followed::Fact(fact)));
                }
                Some(other) => return Ok(Some(other)),
                None => {}
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            // A supervisor that is killed breaks the stream off; for the follower this is the stream's end.
            let Ok(frame) = frame else { return Ok(None) };
            let bytes = frame.into_data().unwrap_or_default();
            let events = self.parser.push(&bytes).map_err(|error| ClientError::broken(&EVENTS.to_string(), error))?;
            for event in events {
                self.ready.extend(heard(&event)?);
            }
        }
    }

    /// Returns the facts that pass the filters, between the last fact that was returned and `up_to_seq`.
    async fn fetch(&self, up_to_seq: u64) -> Result<Vec<EventRecord>, ClientError> {
        let mut missed: Vec<EventRecord> = Vec::new();
        loop {
            let since_seq = missed.last().map_or(self.last_seq, |fact| fact.seq);
            let filters = EventQuery {
                since_seq: Some(since_seq),
                limit: Some(EVENTS_MAX),
                order: Some(Order::Oldest),
                ..self.filters.clone()
            };
            let page = self.client.events(&filters).await?;
            let full = page.events.len() == EVENTS_MAX as usize;
            missed.extend(page.events.into_iter().filter(|fact| fact.seq > since_seq && fact.seq <= up_to_seq));
            if !full || missed.last().is_none_or(|fact| fact.seq == since_seq || fact.seq >= up_to_seq) {
                return Ok(missed);
            }
        }
    }
}

/// Returns the item that an event carries; none for kinds of events that only a newer supervisor sends.
fn heard(event: &Event) -> Result<Option<Followed>, ClientError> {
    let broken = |error| ClientError::broken(&EVENTS.to_string(), error);
    Ok(match event.name.as_str() {
        "fact" => Some(Followed::Fact(serde_json::from_str(&event.data).map_err(broken)?)),
        "lagged" => Some(Followed::Lagged(serde_json::from_str(&event.data).map_err(broken)?)),
        "quiescent" => Some(Followed::Quiescent),
        _ => None,
    })
}
