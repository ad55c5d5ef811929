//! Handler of `GET /events`: facts selected by filters, and new ones as server-sent events, with replay from any
//! number.

use super::extract::Keys;
use crate::api;
use crate::api::events::{EVENTS_MAX, EventPage, EventQuery, EventRecord, Lagged, Order};
use crate::supervisor::context::Context;
use crate::supervisor::journal::JournalReader;
use crate::supervisor::problem::Failure;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// How many facts are read from the journal at a time while a stream replays.
const REPLAY_PAGE_FACTS: u32 = 500;
/// The length of the silence after which a comment is sent, so that a reader that has disconnected is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Returns facts as a page or as a stream.
///
/// With `follow=true` or `Accept: text/event-stream` the answer is a stream of server-sent events: first the facts that
/// match the filters from `since_seq` on, then new ones. `event: fact` carries an `EventRecord`, with its number as
/// `id:` (`Last-Event-ID` continues after it). `event: lagged` carries a `Lagged` if the reader was too slow; the facts
/// that it missed follow. `event: quiescent` says that nothing runs and nothing is planned any more.
#[utoipa::path(get, path = api::events::EVENTS.path, operation_id = "events", tag = "events", params(EventQuery),
    responses((status = 200, description = "The facts that match the filters, as one page or as a stream.",
        content((EventPage = "application/json"), (String = "text/event-stream"))), Failure))]
pub(super) async fn list(
    State(context): State<Arc<Context>>,
    headers: HeaderMap,
    Keys(mut query): Keys<EventQuery>,
) -> Result<Response, Failure> {
    if let Some(limit) = query.limit.filter(|limit| *limit > EVENTS_MAX) {
        return Err(Failure::bad_request(format!("{limit} facts were asked for, and {EVENTS_MAX} at most are given"))
            .hint("ask in parts, with `since_seq` and `order=oldest`; `qd export` writes all"));
    }
    query.since_seq = query.since_seq.or_else(|| last_event_id(&headers));
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if query.follow.unwrap_or(accepts.contains("text/event-stream")) {
        let follower = Follower::new(&context, query).await?;
        let stream = Sse::new(events(follower)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
        return Ok(stream.into_response());
    }
    Ok(Json(context.record.journal.query(query).await?).into_response())
}

/// Returns the number of the last fact that a reader received before it lost its connection. A browser's `EventSource`
/// sends it when it reconnects.
fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// The position of one reader in the facts.
struct Follower {
    journal: JournalReader,
    live: broadcast::Receiver<Arc<EventRecord>>,
    ended: watch::Receiver<bool>,
    quiescent: watch::Receiver<bool>,
    filter: EventQuery,
    /// The number up to which facts have been sent or filtered out.
    after_seq: u64,
    waiting: VecDeque<Event>,
    mode: Mode,
}

/// The source of the next fact.
enum Mode {
    /// The journal, read page by page until a page is not full.
    Replay,
    /// The feed of facts that happen now.
    Live,
}

impl Follower {
    /// Creates a reader. Without `since_seq`, `since_ms` or `limit` it begins with the next fact that happens. It
    /// subscribes to the feed before it reads the journal, so that no fact is missed between the two.
    async fn new(context: &Context, filter: EventQuery) -> Result<Follower, Failure> {
        let live = context.record.feed.follow();
        let newest = context.kernel.view().seq;
        let replays = filter.since_seq.is_some() || filter.since_ms.is_some() || filter.limit.is_some();
        let mut follower = Follower {
            journal: context.record.journal.clone(),
            live,
            ended: context.life.ended.subscribe(),
            quiescent: context.life.quiescent.subscribe(),
            after_seq: if replays { filter.since_seq.unwrap_or(0) } else { newest },
            waiting: VecDeque::new(),
            mode: if replays { Mode::Replay } else { Mode::Live },
            filter,
        };
        follower.quiescent.mark_changed();
        if follower.filter.limit.is_some() && follower.filter.since_seq.is_none() {
            follower.begin_with_the_last_ones().await?;
        }
        Ok(follower)
    }

    /// Begins with the newest `limit` facts that match, and continues with new ones. Used for `limit` without
    /// `since_seq`.
    async fn begin_with_the_last_ones(&mut self) -> Result<(), Failure> {
        let page = self.journal.query(EventQuery { follow: None, ..self.filter.clone() }).await?;
        self.waiting.extend(page.events.iter().map(fact));
        self.after_seq = page.newest_seq;
        self.mode = Mode::Live;
        Ok(())
    }

    /// Returns the next event, or none when the supervisor ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            match self.mode {
                Mode::Replay => self.replay_page().await?,
                Mode::Live => self.await_live().await?,
            }
        }
    }

    async fn replay_page(&mut self) -> Option<()> {
        let query = EventQuery {
            since_seq: Some(self.after_seq),
            order: Some(Order::Oldest),
            limit: Some(REPLAY_PAGE_FACTS),
            offset: None,
            follow: None,
            ..self.filter.clone()
        };
        let page = self.journal.query(query).await.ok()?;
        self.waiting.extend(page.events.iter().map(fact));
        match page.events.last() {
            Some(last) if page.events.len() as u32 >= REPLAY_PAGE_FACTS => self.after_seq = last.seq,
            _ => {
                self.after_seq = self.after_seq.max(page.newest_seq);
                self.mode = Mode::Live;
            }
        }
        Some(())
    }

    async fn await_live(&mut self) -> Option<()> {
        tokio::select! {
            biased;
            received = self.live.recv() => match received {
                Ok(record) => self.take_live(&record),
                Err(broadcast::error::RecvError::Lagged(_)) => self.lagged(),
                Err(broadcast::error::RecvError::Closed) => return None,
            },
            changed = self.quiescent.changed() => {
                changed.ok()?;
                self.take_published();
                match self.mode {
                    // The quiescent event follows after the facts that are read from the journal first.
                    Mode::Replay => self.quiescent.mark_changed(),
                    Mode::Live if *self.quiescent.borrow_and_update() => {
                        self.waiting.push_back(Event::default().event("quiescent").data("{}"));
                    }
                    Mode::Live => {}
                }
            }
            () = has_ended(&mut self.ended) => {
                self.take_published();
                let nothing_more = self.waiting.is_empty() && matches!(self.mode, Mode::Live);
                return (!nothing_more).then_some(());
            }
        }
        Some(())
    }

    /// Takes all facts that the feed holds now. Facts are published before their consequences are shown, but a reader
    /// that waits for both may have read the feed just before that.
    fn take_published(&mut self) {
        loop {
            match self.live.try_recv() {
                Ok(record) => self.take_live(&record),
                Err(broadcast::error::TryRecvError::Lagged(_)) => return self.lagged(),
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => return,
            }
        }
    }

    fn take_live(&mut self, record: &EventRecord) {
        if record.seq > self.after_seq {
            self.after_seq = record.seq;
            if self.filter.admits(record) {
                self.waiting.push_back(fact(record));
            }
        }
    }

    /// Sends a `lagged` event, and continues from the journal.
    fn lagged(&mut self) {
        self.live = self.live.resubscribe();
        let lagged = Lagged { skipped_to_seq: self.after_seq };
        self.waiting.push_back(Event::default().event("lagged").json_data(lagged).expect("a number is JSON"));
        self.mode = Mode::Replay;
    }
}

async fn has_ended(ended: &mut watch::Receiver<bool>) {
    // A sender that is dropped has ended as well.
    let _gone = ended.wait_for(|ended| *ended).await;
}

fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

fn fact(record: &EventRecord) -> Event {
    Event::default().event("fact").id(record.seq.to_string()).json_data(record).expect("a fact is JSON")
}
