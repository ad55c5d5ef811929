//! Reads events from the terminal: all that came together at once, with their age. Events that are read at once may be
//! a paste, which is recognised by its speed.
//!
//! A thread reads, because crossterm never returns from a terminal that was hung up. It needs one thread and one
//! wake-up for a key; crossterm's own stream needs two.
//!
//! crossterm is told only of new input (EPOLLET of epoll(7)), and reads a kilobyte of it: the rest of a paste would
//! wait for the next key. The thread sees that there is more, and makes the terminal report it again.

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// The most events that are read before everything else is checked again. Beyond it, the next round reads the rest.
const EVENTS_MAX: usize = 4_096;
/// How long the thread waits for the terminal to report again the input that crossterm has not read.
const TOLD_AGAIN: Duration = Duration::from_millis(1);
/// How many reads wait for the loop. Beyond it, further input stays in the terminal.
const READS_MAX: usize = 16;

/// The events that come from the terminal.
pub(super) struct Events {
    reads: mpsc::Receiver<io::Result<Read>>,
    /// The signal of a new terminal size, of which the reading thread is not told.
    resized: Signal,
    /// An end of a pipe; closing it ends the reading thread.
    _reading: OwnedFd,
}

/// The events that the thread read at once; empty if there is input that crossterm does not see.
struct Read {
    events: Vec<Event>,
    at: Instant,
}

/// Events that came together, and their age.
pub(super) struct Came {
    pub(super) events: Vec<Event>,
    /// Time since the events were read.
    pub(super) age: Duration,
}

impl Events {
    /// Starts the thread that reads events from now on.
    ///
    /// # Errors
    /// Standard input can't be duplicated, or there can be no more threads.
    pub(super) fn new() -> io::Result<Events> {
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        let (stop, _reading) = pipe_with(PipeFlags::CLOEXEC)?;
        let (tell, reads) = mpsc::channel(READS_MAX);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read_all(&terminal, &stop, &tell))?;
        Ok(Events { reads, resized: signal(SignalKind::window_change())?, _reading })
    }

    /// Returns the next events; none once the terminal is gone. The future may be dropped without losing events.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(super) async fn next(&mut self) -> io::Result<Option<Came>> {
        loop {
            tokio::select! {
                read = self.reads.recv() => match read.transpose()? {
                    Some(read) if read.events.is_empty() => have_told_again(),
                    read => return Ok(read.map(|read| Came { events: read.events, age: read.at.elapsed() })),
                },
                Some(()) = self.resized.recv() => {
                    let (columns, rows) = crossterm::terminal::size()?;
                    return Ok(Some(Came { events: vec![Event::Resize(columns, rows)], age: Duration::ZERO }));
                }
            }
        }
    }
}

/// Makes the terminal report its input again: on Linux, setting a terminal's modes wakes everyone who waits for it
/// (`n_tty_set_termios`), even if the modes stay the same. The loop does this, because the loop is also the part that
/// changes the modes.
fn have_told_again() {
    let set = tcgetattr(io::stdin()).and_then(|modes| tcsetattr(io::stdin(), OptionalActions::Now, &modes));
    if let Err(error) = set {
        tracing::debug!(%error, "the terminal's modes can't be set");
    }
}

/// Reads events until the terminal is hung up, or the receiver is gone.
fn read_all(terminal: &OwnedFd, stop: &OwnedFd, tell: &mpsc::Sender<io::Result<Read>>) {
    loop {
        let read = match comes(terminal, stop) {
            Ok(true) => gather(),
            Ok(false) => return,
            Err(error) => Err(error),
        };
        let (over, unseen) = (read.is_err(), matches!(&read, Ok(read) if read.events.is_empty()));
        if tell.blocking_send(read).is_err() || over {
            return;
        }
        if unseen {
            std::thread::sleep(TOLD_AGAIN);
        }
    }
}

/// Waits until there is something to read; false when there will be nothing more.
fn comes(terminal: &OwnedFd, stop: &OwnedFd) -> io::Result<bool> {
    let mut both = [PollFd::new(terminal, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
    match poll(&mut both, None) {
        Err(rustix::io::Errno::INTR) => return comes(terminal, stop),
        polled => polled?,
    };
    let [terminal, stop] = both.map(|polled| polled.revents());
    Ok(stop.is_empty() && !terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

fn gather() -> io::Result<Read> {
    let mut events = Vec::new();
    let at = Instant::now();
    while events.len() < EVENTS_MAX && event::poll(Duration::ZERO)? {
        match event::read()? {
            // The receiver of the signal reports the new size.
            Event::Resize(..) => {}
            event => events.push(event),
        }
    }
    Ok(Read { events, at })
}
