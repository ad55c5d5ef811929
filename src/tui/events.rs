//! What comes from the terminal: all that came together at once, and how long ago that was. What is read at once may be
//! a paste, and that is told by its pace.
//!
//! A thread reads, because crossterm never comes back from a terminal that was hung up. It is one thread and one wake-up
//! for a key; crossterm's own stream has two.
//!
//! crossterm hears only of what comes anew (EPOLLET of epoll(7)), and reads a kilobyte of it: the rest of a paste would
//! wait for the next key. The thread sees that there is more, and has the terminal tell of it again.

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// Events taken in between two looks at everything else. Beyond it, they are taken in at the next one.
const EVENTS_MAX: usize = 4_096;
/// How long the thread waits for the terminal to tell again of what crossterm has not read.
const TOLD_AGAIN: Duration = Duration::from_millis(1);
/// What was read waits so often for the loop. Beyond it, the terminal keeps what comes.
const READS_MAX: usize = 16;

/// What comes from the terminal.
pub(super) struct Events {
    reads: mpsc::Receiver<io::Result<Read>>,
    /// The thread is told of a new size by nobody.
    resized: Signal,
    /// Closed, it ends the thread.
    _reading: OwnedFd,
}

/// What the thread read at once; nothing where crossterm does not see what there is.
struct Read {
    events: Vec<Event>,
    at: Instant,
}

/// What came together.
pub(super) struct Came {
    pub(super) events: Vec<Event>,
    /// How long ago.
    pub(super) age: Duration,
}

impl Events {
    /// From now on.
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

    /// What comes next; none once the terminal is gone. Safe to cut off.
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

/// Whoever waits for the terminal is woken when its modes are set (Linux, `n_tty_set_termios`), to what they are, too. Done
/// by the loop, because it is the one that changes them.
fn have_told_again() {
    let set = tcgetattr(io::stdin()).and_then(|modes| tcsetattr(io::stdin(), OptionalActions::Now, &modes));
    if let Err(error) = set {
        tracing::debug!(%error, "the terminal's modes can't be set");
    }
}

/// Reads until the terminal is hung up, or nobody wants to hear of it any more.
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

/// Waits until there is something to read; false when there will be nothing.
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
            // Whoever looks at the signal tells of it.
            Event::Resize(..) => {}
            event => events.push(event),
        }
    }
    Ok(Read { events, at })
}
