//! A request for a lock on its way: granted, or waiting with somebody who may go away at any moment.
//!
//! ```text
//!  asked ─┬─► granted ───────────────► taken
//!         │      └─ client gone ─► given back
//!         └─► waits ─► told of each change ─► granted · refused
//!                └─ client gone ─► withdrawn
//! ```
//!
//! **Invariant:** nobody who has gone away goes on waiting or holds what he never heard of (`tests/e2e`,
//! `a_client_that_goes_away_waits_no_more`).

use super::{Failure, now};
use crate::api::locks::{Granted, Waiting};
use crate::supervisor::context::Context;
use crate::supervisor::describe::locks::settled as refusal;
use crate::supervisor::show::locks as show;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use quarterdeck_core::command::{Answer, Command, Settled};
use quarterdeck_core::ids::RequestId;
use quarterdeck_core::lock::{Grant, LockAnswer, LockCommand, LockSettled, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::view::View;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// What a waiting client is told of its place changes at most this often: with many waiting, each grant moves them all.
const TOLD_INTERVAL: Duration = Duration::from_millis(200);
/// A comment is sent after so long a silence, so that a reader that is gone is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A request that was not refused.
pub(super) enum Asked {
    /// Granted at once.
    Granted(Held),
    /// It must wait.
    Waits(Waits),
}

/// A lease that nobody has heard of yet.
pub(super) struct Held {
    granted: Granted,
    undo: Undo,
}

/// A request that waits.
pub(super) struct Waits {
    request: RequestId,
    settled: oneshot::Receiver<Settled>,
    undo: Undo,
}

/// What is to be done when the client is gone before it has heard how it ended.
struct Undo {
    context: Arc<Context>,
    command: Option<LockCommand>,
}

impl Undo {
    /// The client knows.
    fn disarm(&mut self) {
        self.command = None;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let (Some(command), Ok(runtime)) = (self.command.take(), tokio::runtime::Handle::try_current()) else { return };
        let context = Arc::clone(&self.context);
        runtime.spawn(async move { context.kernel.command(Command::Lock(command)).await });
    }
}

impl Held {
    /// Hands the lease out.
    pub(super) fn taken(mut self) -> Granted {
        self.undo.disarm();
        self.granted.clone()
    }
}

impl Waits {
    /// Waits for the end.
    pub(super) async fn end(mut self) -> Result<Granted, Failure> {
        let end = (&mut self.settled).await;
        let end = outcome(&self.undo.context, end.ok());
        self.undo.disarm();
        end
    }
}

/// Asks. It is asked to the end even if the client goes away at once, so that what came of it can be undone.
pub(super) async fn ask(context: &Arc<Context>, party: Party, command: LockCommand) -> Result<Asked, Failure> {
    let (tell, told) = oneshot::channel();
    let context = Arc::clone(context);
    tokio::spawn(async move {
        // Dropped unheard, it is undone.
        let _unheard = tell.send(ask_to_the_end(context, party, command).await);
    });
    told.await.unwrap_or_else(|_| Err(unexpected()))
}

async fn ask_to_the_end(context: Arc<Context>, party: Party, command: LockCommand) -> Result<Asked, Failure> {
    let (acknowledged, settled) = context.kernel.command_and_wait(Command::Lock(command)).await?;
    match acknowledged.answer {
        Answer::Lock(LockAnswer::Granted(grant)) => {
            let release = LockCommand::Release { party, which: Which::Lease(grant.lease) };
            let undo = Undo { context, command: Some(release) };
            Ok(Asked::Granted(Held { granted: show::granted(&grant, now()), undo }))
        }
        Answer::Lock(LockAnswer::Waits { request, asking, .. }) => {
            let undo = Undo { context, command: Some(LockCommand::Withdraw { request, asking }) };
            Ok(Asked::Waits(Waits { request, settled, undo }))
        }
        Answer::Denied(denied) => Err(Failure::refused("the lock was not granted", &denied, &context.kernel.view())),
        _ => Err(unexpected()),
    }
}

/// How a wait came to its end. Nobody tells when the supervisor ends.
fn outcome(context: &Context, settled: Option<Settled>) -> Result<Granted, Failure> {
    let grant: Grant = match settled {
        Some(Settled::Lock(LockSettled::Granted(grant))) => grant,
        Some(Settled::Lock(ended)) => return Err(refused(&ended, &context.kernel.view())),
        _ => return Err(crate::supervisor::kernel::KernelGone.into()),
    };
    Ok(show::granted(&grant, now()))
}

fn refused(ended: &LockSettled, view: &View) -> Failure {
    let refusal = refusal(ended, view);
    let failure = Failure::new(StatusCode::CONFLICT, refusal.code, "the lock was not granted", refusal.why);
    match refusal.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The same, told as it goes on.
pub(super) fn stream(context: Arc<Context>, asked: Asked) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = context.kernel.changes();
    let teller = Teller { changes, stage: Stage::from(asked), told: None, tell_from: Instant::now() };
    let events = stream::unfold(teller, |mut teller| async {
        let event = teller.next().await?;
        Some((Ok(event), teller))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Tells one client how its request goes on.
struct Teller {
    changes: watch::Receiver<View>,
    stage: Stage,
    /// What was told last of its place.
    told: Option<Waiting>,
    /// The next change of it is told no earlier than then.
    tell_from: Instant,
}

enum Stage {
    Waits(Waits),
    Granted(Held),
    /// The last word is on its way; when the next is asked for it has gone out.
    Told(Undo),
}

impl From<Asked> for Stage {
    fn from(asked: Asked) -> Stage {
        match asked {
            Asked::Granted(held) => Stage::Granted(held),
            Asked::Waits(waits) => Stage::Waits(waits),
        }
    }
}

impl Teller {
    async fn next(&mut self) -> Option<Event> {
        loop {
            match &mut self.stage {
                Stage::Told(undo) => {
                    undo.disarm();
                    return None;
                }
                Stage::Granted(held) => {
                    let event = event("granted", &held.granted);
                    let undo = Undo { context: Arc::clone(&held.undo.context), command: held.undo.command.take() };
                    self.stage = Stage::Told(undo);
                    return Some(event);
                }
                Stage::Waits(waits) => {
                    if self.told.is_none()
                        && let Some(waiting) = show::waiting(waits.request, &self.changes.borrow_and_update(), now())
                    {
                        let event = event("waiting", &waiting);
                        self.told = Some(waiting);
                        self.tell_from = Instant::now() + TOLD_INTERVAL;
                        return Some(event);
                    }
                    let changed = async {
                        tokio::time::sleep_until(self.tell_from).await;
                        // A kernel that is gone settles nothing any more either.
                        let _gone = self.changes.changed().await;
                    };
                    tokio::select! {
                        biased;
                        end = &mut waits.settled => return Some(self.end(end.ok())),
                        () = changed => {}
                    }
                    let waiting = show::waiting(waits.request, &self.changes.borrow_and_update(), now());
                    if let Some(waiting) = waiting.filter(|waiting| Some(waiting) != self.told.as_ref()) {
                        let event = event("waiting", &waiting);
                        self.told = Some(waiting);
                        self.tell_from = Instant::now() + TOLD_INTERVAL;
                        return Some(event);
                    }
                }
            }
        }
    }

    fn end(&mut self, settled: Option<Settled>) -> Event {
        let Stage::Waits(waits) = &mut self.stage else { return Event::default() };
        let context = Arc::clone(&waits.undo.context);
        let command = waits.undo.command.take();
        let (event, command) = match outcome(&context, settled) {
            Ok(granted) => (event("granted", &granted), command),
            Err(Failure(problem)) => (event("refused", &problem), None),
        };
        self.stage = Stage::Told(Undo { context, command });
        event
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).expect("an answer is JSON")
}

/// The core answered something that is no answer to what was asked.
pub(super) fn unexpected() -> Failure {
    let why = "the answer is not one to what was asked";
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_answer", "the supervisor is confused", why)
}
