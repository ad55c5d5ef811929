//! What comes from the terminal: all that came together at once, and how long ago it came at most. What is read at once
//! may be a paste, and that is told by its pace.

use crossterm::event::{Event, EventStream};
use futures_util::Stream;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// Events taken in between two looks at everything else. Beyond it, they are taken in at the next one.
const EVENTS_MAX: usize = 4_096;

/// What comes from the terminal.
pub(super) struct Events {
    stream: EventStream,
    /// Since when nobody has looked.
    away: Instant,
}

/// What came together.
pub(super) struct Came {
    pub(super) events: Vec<Event>,
    /// How long ago it came at most: when nobody looked for a while, two keys may seem to have come together, but never
    /// further apart than they did.
    pub(super) age: Duration,
}

impl Events {
    /// From now on.
    pub(super) fn new() -> Events {
        Events { stream: EventStream::new(), away: Instant::now() }
    }

    /// Something else is done until [`Events::next`] is asked again.
    pub(super) fn look_away(&mut self) {
        self.away = Instant::now();
    }

    /// What comes next; none once the terminal is gone. Safe to cut off.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(super) async fn next(&mut self) -> io::Result<Option<Came>> {
        let mut waited = false;
        let events = poll_fn(|context| {
            let mut events = Vec::new();
            while events.len() < EVENTS_MAX {
                match Pin::new(&mut self.stream).poll_next(context) {
                    Poll::Ready(Some(Ok(event))) => events.push(event),
                    Poll::Ready(Some(Err(error))) if events.is_empty() => return Poll::Ready(Err(error)),
                    Poll::Ready(_) => return Poll::Ready(Ok(events)),
                    Poll::Pending if events.is_empty() => {
                        waited = true;
                        return Poll::Pending;
                    }
                    Poll::Pending => break,
                }
            }
            Poll::Ready(Ok(events))
        });
        let events = events.await?;
        let age = if waited { Duration::ZERO } else { self.away.elapsed() };
        Ok((!events.is_empty()).then_some(Came { events, age }))
    }
}
