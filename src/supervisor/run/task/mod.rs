//! The task of one run: from the first hello to its keeper until the keeper may go.
//!
//! ```text
//!  connect ─► follow ──(emptied, dismissed)──► done
//!     ▲         │ the connection breaks
//!     └─────────┴─ keeper alive: again, from the next byte │ exit record there: told from it │ neither: lost
//! ```

mod checkpoints;
mod drawing;
mod endings;
mod hearing;
mod pulse;
mod signals;
mod telling;
mod turns;

use super::behind::{Behind, TURN_TIME};
use super::calls::Calls;
use super::courier::Courier;
use super::ending::Ending;
use super::handle::{Inbox, Order, Request, RunHandle};
use super::input_count::InputCount;
use super::link::{Link, LinkError};
use super::outbox::Outbox;
use super::outset::{Adopted, Outset, Restored};
use super::patience::Patience;
use super::ready::PatternWatch;
use super::screen::{Screen, Summary, now};
use super::told::Told;
use super::typist::Typist;
use super::vitals::Pulse;
use crate::status::Watcher;
use crate::term::frame::{Frame, Size};
use crate::wire::{FromKeeper, ToKeeper};
use quarterdeck_core::delivery::Drawn;
use quarterdeck_core::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The amount of output after which a checkpoint is due.
const CHECKPOINT_BYTES: u64 = 1 << 20;
/// The shortest time between two checkpoints of a run that writes without pause.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(2);
/// The shortest time between two changes of the size: the first is applied at once, and of later ones the last applies.
const RESIZE_INTERVAL: Duration = Duration::from_millis(60);
/// The most attempts to restore a broken connection to a living keeper. Beyond it, the keeper counts as lost.
const RECONNECTS_MAX: u32 = 5;
/// The pause before each attempt to reconnect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

/// Starts the task of a run. The handle stays usable after the run ended: it keeps the last picture.
pub(in crate::supervisor) fn start(outset: Outset) -> RunHandle {
    let (frames, _) = watch::channel(Arc::new(Frame::blank(outset.size)));
    let (summary, summary_out) = watch::channel(Summary::default());
    let (caught_up, caught_up_out) = watch::channel(false);
    let (handle, inbox) = RunHandle::new(frames.clone(), summary_out, caught_up_out);
    tokio::spawn(async move {
        let mut restored = Restored::from(&outset);
        let watcher = match outset.adopted {
            Adopted::No => Watcher::new(now()),
            Adopted::Yes => Watcher::resumed(&mut restored.terminal, outset.known.clone(), now()),
        }
        .unresponsive_after(outset.unresponsive_after);
        let mut screen = Screen::new(restored.terminal, watcher, frames, summary, outset.pulse.clone());
        let mut patience = Patience::default();
        let mut shows = Drawn::Nothing;
        if outset.adopted == Adopted::Yes {
            screen.is_restored(Instant::now());
            patience.may_have_asked(Instant::now());
            // The screen of an adopted run has been shown for a while already.
            shows = Drawn::Since(Time(0));
        }
        let task = Task {
            pattern: outset.pattern.as_deref().and_then(PatternWatch::new),
            screen,
            caught_up,
            offset: restored.offset,
            behind: Behind::default(),
            omitted: Omitted::default(),
            ending: Ending::default(),
            outbox: Outbox::default(),
            answered_below: 0,
            checkpoint_offset: restored.offset,
            checkpoint_at: Instant::now(),
            checkpoint_written: None,
            resized_at: None,
            wanted_size: None,
            input: InputCount::default(),
            typist: Typist::default(),
            courier: Courier::new(shows, Instant::now()),
            patience,
            calls: Calls::default(),
            told: Told::before(outset.known.clone()),
            pulse: Pulse::default(),
            phase: Phase::Live,
            outset,
        };
        task.run(inbox).await;
    });
    handle
}

/// The output of a run that is being ended that is not drawn.
#[derive(Default)]
struct Omitted {
    bytes: u64,
    /// The offset of the next output byte when the note about it was written.
    noted_at: u64,
}

/// The phase of a run, as far as its task has reported it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The processes of the run may still be alive.
    Live,
    /// The process tree is empty, or never started; the keeper waits to be dismissed.
    Over,
    /// The keeper of the run was dismissed.
    Dismissed,
}

pub(super) struct Task {
    pub(super) outset: Outset,
    pub(super) screen: Screen,
    pattern: Option<PatternWatch>,
    /// Whether all output from before the first connection is processed.
    caught_up: watch::Sender<bool>,
    /// The offset of the next output byte.
    pub(super) offset: u64,
    pub(super) behind: Behind,
    omitted: Omitted,
    pub(super) ending: Ending,
    /// The messages that the keeper has not heard yet.
    pub(super) outbox: Outbox,
    /// The offset below which queries in the output are not answered: that output was written while nobody was
    /// connected, and the keeper answered. Before the first connection a keeper answers nothing, so the supervisor that
    /// launched a run answers from its first byte on.
    pub(super) answered_below: u64,
    pub(super) checkpoint_offset: u64,
    pub(super) checkpoint_at: Instant,
    /// The newest checkpoint that is being written.
    checkpoint_written: Option<JoinHandle<()>>,
    resized_at: Option<Instant>,
    wanted_size: Option<Size>,
    pub(super) input: InputCount,
    pub(super) typist: Typist,
    pub(super) courier: Courier,
    pub(super) patience: Patience,
    pub(super) calls: Calls,
    pub(super) told: Told,
    pub(super) pulse: Pulse,
    pub(super) phase: Phase,
}

impl Task {
    async fn run(mut self, mut inbox: Inbox) {
        let mut failures = 0;
        loop {
            let before = self.offset;
            let error = match Link::open(&self.outset.socket, self.offset).await {
                Ok(link) => self.follow(link, &mut inbox).await,
                Err(error) => error,
            };
            if self.phase != Phase::Live {
                break;
            }
            if let LinkError::LeftBehind { newest } = error {
                self.drop_backlog(newest);
                continue;
            }
            if let LinkError::Refused(theirs) = error {
                self.stand_by(theirs, &mut inbox).await;
                break;
            }
            tracing::debug!(run = %self.outset.run, %error, "the connection to the keeper broke");
            failures = if self.offset > before { 1 } else { failures + 1 };
            if !self.keeper_lives() || failures > RECONNECTS_MAX {
                self.tell_how_it_ended().await;
                break;
            }
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
        self.courier.program_ended();
        self.screen.finish(Instant::now());
        self.write_last_checkpoint().await;
        // A keeper removes its own socket, unless it was killed while it exited.
        let _gone_already = std::fs::remove_file(&self.outset.socket);
    }

    /// Communicates with the keeper until the connection ends.
    async fn follow(&mut self, mut link: Link, inbox: &mut Inbox) -> LinkError {
        self.outbox.connected();
        self.behind.clear();
        self.ending.greeted(self.outset.adopted, Instant::now());
        loop {
            let due = self.next_due();
            let step = tokio::select! {
                biased;
                Some(order) = inbox.orders.recv() => {
                    self.obey(order);
                    Ok(())
                }
                Ok(()) = inbox.sizes.changed() => {
                    self.wanted_size = *inbox.sizes.borrow_and_update();
                    Ok(())
                }
                Some(request) = inbox.requests.recv() => {
                    self.serve(request);
                    Ok(())
                }
                () = std::future::ready(()), if self.behind.has_more() => self.take_in(&mut link).await,
                ready = link.ready(&self.outbox) => match ready {
                    Ok(()) => self.read(&mut link).await,
                    Err(error) => Err(error),
                },
                () = sleep_until(due) => Ok(()),
            };
            if let Err(error) = step.and_then(|()| link.flush(&mut self.outbox)) {
                return error;
            }
            self.do_what_is_due();
            if let Some(error) = self.look_at_ending() {
                return error;
            }
            self.feel_pulse().await;
            self.tell_status().await;
            // A program that never pauses keeps the socket readable all the time, and readiness alone does not yield.
            tokio::task::yield_now().await;
        }
    }

    fn next_due(&mut self) -> Option<Instant> {
        let resize = self.wanted_size.and(self.resized_at).map(|at| at + RESIZE_INTERVAL);
        let checkpoint = (self.offset >= self.checkpoint_offset + CHECKPOINT_BYTES)
            .then(|| self.checkpoint_at + CHECKPOINT_INTERVAL);
        let now = Instant::now();
        let screen = self.screen.next_due(now);
        let own = [self.typing_due(now), self.turn_due(now), self.status_due(), self.ending.due(), self.pulse_due(now)];
        own.into_iter().chain([screen, resize, checkpoint]).flatten().min()
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        self.screen.show_due(now);
        self.give_turn(now);
        self.type_due(now);
        if self.offset >= self.checkpoint_offset + CHECKPOINT_BYTES && now >= self.checkpoint_at + CHECKPOINT_INTERVAL {
            self.write_checkpoint();
        }
        if self.resized_at.is_none_or(|at| now >= at + RESIZE_INTERVAL)
            && let Some(size) = self.wanted_size.take()
        {
            self.resize(size, now);
        }
    }

    fn obey(&mut self, order: Order) {
        self.begin(&order);
        match order {
            Order::StopKeys(strokes) => {
                self.courier.drop_all();
                self.typist.drop_all();
                self.typist.take(strokes, None, Instant::now());
            }
            Order::Signal(signal) => self.outbox.say(&ToKeeper::Signal { signal }),
            Order::KillTree => self.outbox.say(&ToKeeper::KillTree),
            Order::Freeze => self.outbox.say(&ToKeeper::Freeze),
            Order::Thaw => self.outbox.say(&ToKeeper::Thaw),
            Order::Dismiss => {
                self.phase = Phase::Dismissed;
                self.outbox.say(&ToKeeper::Dismiss);
            }
        }
    }

    fn serve(&mut self, request: Request) {
        let now = Instant::now();
        match request {
            Request::Press { bytes, reply } => {
                self.take_key(bytes, reply, now);
                self.type_due(now);
            }
            Request::Deliver { letter, reply } => self.take_letter(letter, reply),
            Request::Turn(reply) => self.wait_for_turn(reply),
            Request::Publish => self.screen.publish(now),
            Request::Frame(reply) => {
                let _gone = reply.send(self.screen.frame(now));
            }
            Request::Scrollback { lines, reply } => {
                let _gone = reply.send(self.screen.scrollback(lines));
            }
        }
    }

    fn resize(&mut self, size: Size, now: Instant) {
        if size != self.screen.terminal.size() {
            self.outbox.say(&ToKeeper::Resize { columns: size.columns, rows: size.rows });
            self.screen.resize(size, now);
            self.resized_at = Some(now);
            self.write_checkpoint();
        }
    }

    /// Reads once from the keeper and processes the messages.
    async fn read(&mut self, link: &mut Link) -> Result<(), LinkError> {
        self.behind.unread = link.fill()?;
        self.take_in(link).await
    }

    /// Processes the messages that were read, as many as one turn may process.
    async fn take_in(&mut self, link: &mut Link) -> Result<(), LinkError> {
        let mut events = Vec::new();
        let now = Instant::now();
        let until = now + TURN_TIME;
        // Messages after output are processed when that output is drawn.
        while self.draw_behind(until) {
            let message = if Instant::now() < until { link.decoder.next_from_keeper()? } else { break };
            self.behind.unread = message.is_some();
            match message {
                None => break,
                Some(FromKeeper::Refused { versions }) => return Err(LinkError::Refused(versions)),
                Some(message) => self.take(message, until, &mut events),
            }
        }
        let replies = self.screen.terminal.take_replies();
        if !replies.is_empty() && self.offset > self.answered_below {
            self.outbox.say(&ToKeeper::Input(&replies));
        }
        self.take_signals(now, &mut events);
        let catches_up = !*self.caught_up.borrow() && self.offset >= self.answered_below;
        if !events.is_empty() || catches_up {
            // A fact must not be known before the screen that it refers to can be seen.
            self.screen.summarise_if_stale(now);
        }
        if catches_up {
            self.caught_up.send_replace(true);
        }
        for event in events {
            self.outset.kernel.tell(event).await;
        }
        Ok(())
    }
}

async fn sleep_until(due: Option<Instant>) {
    let Some(due) = due else { return std::future::pending().await };
    tokio::time::sleep_until(due).await;
}
