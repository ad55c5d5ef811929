//! What comes from the terminal: all that came together at once, and how long ago it came at most. What is read at once
//! may be a paste, and that is told by its pace.
//!
//! crossterm's own stream waits in a thread of its own, and each key would wake two threads. Here the loop waits for the
//! terminal itself, and asks crossterm only when there is something.

use crossterm::event::{self, Event};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Events taken in between two looks at everything else. Beyond it, they are taken in at the next one.
const EVENTS_MAX: usize = 4_096;

/// What comes from the terminal.
pub(super) struct Events {
    terminal: AsyncFd<OwnedFd>,
    /// crossterm hears of a new size by itself, and must be asked.
    resized: Signal,
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
    ///
    /// # Errors
    /// Standard input is no terminal that can be waited for.
    pub(super) fn new() -> io::Result<Events> {
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        // SAFETY: an `OwnedFd` is the same descriptor, and open, for as long as it lives.
        let terminal = unsafe { AsyncFd::register_with_interest(terminal, Interest::READABLE) }?;
        Ok(Events { terminal, resized: signal(SignalKind::window_change())?, away: Instant::now() })
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
        let mut age = self.away.elapsed();
        loop {
            let mut events = Vec::new();
            while events.len() < EVENTS_MAX && event::poll(Duration::ZERO)? {
                events.push(event::read()?);
            }
            if !events.is_empty() {
                return Ok(Some(Came { events, age }));
            }
            tokio::select! {
                // Forgotten before it is read: what comes meanwhile is told again.
                ready = self.terminal.readable() => ready?.clear_ready(),
                Some(()) = self.resized.recv() => {}
            }
            age = Duration::ZERO;
        }
    }
}
