//! Handles one request for a lock: it is granted, or waits with a client that may disconnect at any moment.
//!
//! ```text
//!  asked ─┬─► granted ───────────────► taken
//!         │      └─ client gone ─► released
//!         └─► waits ─► told of each change ─► granted · refused
//!                └─ client gone ─► withdrawn
//! ```
//!
//! **Invariant:** no client that has disconnected still waits or holds a lease that it was not told of
//! (`tests/e2e`, `a_client_that_goes_away_waits_no_more`).

use super::super::ask::ask_and_wait;
use super::Failure;
use crate::api::locks::{Granted, Waiting};
use crate::clock;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::words::lock::refusal::settled as refusal;
use crate::supervisor::words::lock::show;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use quarterdeck_core::command::Settled;
use quarterdeck_core::ids::RequestId;
use quarterdeck_core::lock::{Grant, LockAnswer, LockCommand, LockSettled, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::time::Time;
use quarterdeck_core::view::View;
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// The shortest time between two messages about a waiting client's position: with many waiting, each grant moves them
/// all.
const TOLD_INTERVAL: Duration = Duration::from_millis(200);
/// The length of the silence after which a comment is sent, so that a reader that has disconnected is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The title of a refused request for a lock.
const REFUSED: &str = "the lock was not granted";

/// A request for a lock that was not refused.
pub(super) enum Asked {
    /// A request that was granted at once.
    Granted(Held),
    /// A request that must wait.
    Waits(Waits),
}

/// A granted lease that its client has not been told of yet.
pub(super) struct Held {
    granted: Granted,
    undo: Undo,
}

/// A request for a lock that waits.
pub(super) struct Waits {
    request: RequestId,
    settled: oneshot::Receiver<Settled>,
    undo: Undo,
}

/// The command that undoes the request if the client disconnects before it was told the result.
struct Undo {
    kernel: KernelHandle,
    command: Option<LockCommand>,
}

impl Undo {
    /// Cancels the undo, because the client knows the result.
    fn disarm(&mut self) {
        self.command = None;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let (Some(command), Ok(runtime)) = (self.command.take(), tokio::runtime::Handle::try_current()) else { return };
        let kernel = self.kernel.clone();
        runtime.spawn(async move { kernel.ask(command).await });
    }
}

impl Held {
    /// Returns the lease for the client, and prevents its release.
    pub(super) fn taken(mut self) -> Granted {
        self.undo.disarm();
        self.granted.clone()
    }
}

impl Waits {
    /// Waits until the request is granted or refused.
    pub(super) async fn end(mut self) -> Result<Granted, Failure> {
        let end = (&mut self.settled).await;
        let end = outcome(&self.undo.kernel, end.ok());
        self.undo.disarm();
        end
    }
}

/// Asks the kernel for the lock. The request is completed even if the client disconnects at once, so that its result
/// can be undone.
pub(super) async fn ask(kernel: &KernelHandle, party: Party, command: LockCommand) -> Result<Asked, Failure> {
    let (tell, told) = oneshot::channel();
    let kernel = kernel.clone();
    tokio::spawn(async move {
        // An answer that nobody receives is undone when it is dropped.
        let _unheard = tell.send(ask_to_the_end(kernel, party, command).await);
    });
    told.await.unwrap_or_else(|_| Err(Failure::impossible()))
}

async fn ask_to_the_end(kernel: KernelHandle, party: Party, command: LockCommand) -> Result<Asked, Failure> {
    let (answer, settled) = ask_and_wait(&kernel, REFUSED, command).await?;
    match answer {
        LockAnswer::Granted(grant) => {
            let release = LockCommand::Release { party, which: Which::Lease(grant.lease) };
            let undo = Undo { kernel, command: Some(release) };
            Ok(Asked::Granted(Held { granted: show::granted(&grant, now()), undo }))
        }
        LockAnswer::Waits { request, asking, .. } => {
            let undo = Undo { kernel, command: Some(LockCommand::Withdraw { request, asking }) };
            Ok(Asked::Waits(Waits { request, settled, undo }))
        }
        LockAnswer::Released { .. } | LockAnswer::Withdrawn => Err(Failure::impossible()),
    }
}

/// Returns the result of a wait. No result arrives if the supervisor ends.
fn outcome(kernel: &KernelHandle, settled: Option<Settled>) -> Result<Granted, Failure> {
    let grant: Grant = match settled {
        Some(Settled::Lock(LockSettled::Granted(grant))) => grant,
        Some(Settled::Lock(ended)) => return Err(refused(&ended, &kernel.view())),
        _ => return Err(crate::supervisor::kernel::KernelGone.into()),
    };
    Ok(show::granted(&grant, now()))
}

fn refused(ended: &LockSettled, view: &View) -> Failure {
    Failure::of(REFUSED, refusal(ended, view))
}

/// Returns the request as a stream of events: each change of the wait, then the result.
pub(super) fn stream(kernel: KernelHandle, asked: Asked) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = kernel.changes();
    let teller = Teller { changes, stage: Stage::from(asked), told: None, tell_from: Instant::now() };
    let events = stream::unfold(teller, |mut teller| async {
        let event = teller.next().await?;
        Some((Ok(event), teller))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Sends one client the progress of its request.
struct Teller {
    changes: watch::Receiver<View>,
    stage: Stage,
    /// The last position of the request that was sent.
    told: Option<Waiting>,
    /// The earliest time at which the next change of the position is sent.
    tell_from: Instant,
}

enum Stage {
    Waits(Waits),
    Granted(Held),
    /// The last event is being sent; when the stream is polled again, it has been sent.
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
                    let undo = Undo { kernel: held.undo.kernel.clone(), command: held.undo.command.take() };
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
                        // A kernel that has ended settles nothing any more either.
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
        let kernel = waits.undo.kernel.clone();
        let command = waits.undo.command.take();
        let (event, command) = match outcome(&kernel, settled) {
            Ok(granted) => (event("granted", &granted), command),
            Err(Failure(problem)) => (event("refused", &problem), None),
        };
        self.stage = Stage::Told(Undo { kernel, command });
        event
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).expect("an answer is JSON")
}

/// Returns the wall clock's time in the kernel's form.
pub(super) fn now() -> Time {
    Time(clock::now_ms())
}
