//! The keeper's one loop: it waits until something happens or is due, and handles it. Nothing inside a turn of the loop
//! waits.

mod end;
mod serve;

use super::birth::Newborn;
use super::connection::Connection;
use super::ending::{self, Stage};
use super::input::Input;
use super::life::{Due, Life};
use super::link::Link;
use super::program;
use super::queries::Queries;
use super::terminal::{After, Terminal};
use super::transcript::{Health, Transcript};
use super::tree::{Freeze, Tree};
use crate::process::Cgroup;
use crate::wire::FromKeeper;
use crate::wire::launch::Launch;
use crate::wire::record::KeeperRecord;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use nix::sys::stat::Mode;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

/// The most bytes that are read from the terminal, or sent again from the transcript, at a time.
const SCRATCH_BYTES: usize = 64 * 1024;

/// The most that is sent again from the transcript in one turn, before other work, bytes. Beyond it, the next turn
/// sends the rest.
const RESEND_BYTES_MAX: usize = 1024 * 1024;

/// The number of bytes that a supervisor may lag. Beyond it, the terminal's output waits for the supervisor.
const LAG_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The longest time for which output waits for a supervisor that reads nothing. Beyond it, the supervisor is treated as
/// gone: the transcript has what it missed.
const DEAF_LIMIT: Duration = Duration::from_secs(2);

/// The delay before the supervisor is told that a few bytes of input were accepted: the echo of a key is sent first,
/// and alone.
const COUNTS_DELAY: Duration = Duration::from_millis(100);

/// The number of accepted bytes of input that is reported without delay.
const COUNTED_BYTES: u64 = 4 * 1024;

/// The longest time for which output waits for the supervisor that started this keeper to connect. Beyond it, output
/// goes into the transcript alone.
const FIRST_SUPERVISOR_LIMIT: Duration = Duration::from_secs(2);

/// A run and everything that a keeper holds for it.
pub(super) struct Keeper {
    launch: Launch,
    signals: SignalFd,
    link: Link,
    terminal: Option<Terminal>,
    tree: Tree,
    transcript: Transcript,
    input: Input,
    queries: Queries,
    /// The bytes of all messages that supervisors said over the run's life, each hello excepted.
    heard: u64,
    /// The time at which the supervisor must be told how much input was accepted; none if it has been told.
    counts_due: Option<Instant>,
    /// The time until which output waits in the terminal for the first supervisor: only a supervisor answers all
    /// queries of a program.
    awaited_until: Option<Instant>,
    life: Life,
    /// The id of the agent's process, if it could be started; it may have ended.
    agent: Option<u32>,
    stage: Stage,
    started: SystemTime,
    ended: SystemTime,
    /// For an exit record that is not on the disk yet: the time of the next attempt, and the number of attempts.
    unrecorded: Option<(Instant, u32)>,
    /// The buffer for output, allocated with the first output.
    scratch: Vec<u8>,
    _lock: File,
}

/// The descriptors that one poll(2) found ready.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    signals: bool,
    listener: bool,
    candidate: bool,
    connection_in: bool,
    terminal_in: bool,
    terminal_out: bool,
}

impl Keeper {
    /// Starts the program. A failure to start it is kept, and told to each supervisor that connects.
    pub(super) fn new(newborn: Newborn) -> Keeper {
        let Newborn { mut launch, listener, signals, inherited_umask, lock } = newborn;
        let cgroup = launch.cgroup.as_deref().map(Cgroup::at);
        let now = Instant::now();
        let started = start(&launch, inherited_umask, cgroup.as_ref());
        // The environment may hold secrets, and is not needed any more.
        (launch.environment, launch.arguments) = (Vec::new(), Vec::new());
        let (terminal, agent, stage) = match started {
            Ok((terminal, pid)) => (Some(terminal), Some(pid), Stage::Running { pid }),
            Err(reason) => (None, None, Stage::StartFailed { reason }),
        };
        let (segment_bytes, segments_max) = (launch.transcript_segment_bytes, launch.transcript_segments_max);
        let mut keeper = Keeper {
            link: Link::new(listener, &launch.directory),
            tree: Tree::new(cgroup),
            transcript: Transcript::open(&launch.directory, segment_bytes, segments_max),
            input: Input::default(),
            queries: Queries::default(),
            heard: 0,
            counts_due: None,
            awaited_until: Some(now + FIRST_SUPERVISOR_LIMIT),
            life: Life::new(launch.on_loss, launch.stop_grace, now),
            started: SystemTime::now(),
            ended: SystemTime::now(),
            unrecorded: None,
            scratch: Vec::new(),
            _lock: lock,
            launch,
            signals,
            terminal,
            agent,
            stage,
        };
        if keeper.stage.is_over() {
            keeper.wind_up(now);
        }
        keeper
    }

    /// Runs the loop until the keeper has no more work; then only the record and the transcript remain.
    pub(super) fn live(mut self) {
        while self.act_by_ourselves() {
            let ready = self.wait();
            self.turn(ready);
        }
        // If it was removed before, there is nothing to do.
        let _ = fs::remove_file(&self.launch.socket);
        let _ = fs::remove_file(self.launch.directory.join(KeeperRecord::FILE));
    }

    fn turn(&mut self, ready: Ready) {
        let now = Instant::now();
        if ready.signals {
            self.take_signals(now);
        }
        if ready.terminal_out
            && let Some(terminal) = &self.terminal
        {
            self.input.type_into(terminal.master());
        }
        if ready.terminal_in || self.is_draining() {
            self.read_terminal(now);
        }
        if ready.listener {
            self.link.accept(now);
        }
        if ready.candidate {
            self.greet();
        }
        if ready.connection_in {
            self.hear(now);
        }
        if let Some(freeze) = self.tree.work(now) {
            self.tell_freeze(freeze);
        }
        self.pump(now);
    }

    /// Waits for the first thing that happens or is due. Without output and deadlines, it waits forever.
    fn wait(&mut self) -> Ready {
        let timeout = match self.deadline() {
            None => PollTimeout::NONE,
            Some(deadline) => {
                // Rounded up: a wait that ends just before the deadline would be followed by a wait of zero.
                let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            }
        };
        let connection_events = |connection: &Connection| {
            let lags = !connection.is_flushed() || connection.reader.position() < self.transcript.newest();
            if lags { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN }
        };
        let terminal_events = {
            let read = if self.is_held_up() { PollFlags::empty() } else { PollFlags::POLLIN };
            let write = if self.input.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
            read | write
        };
        // A hang-up is reported even for a descriptor without requested events, so such a descriptor is omitted.
        let terminal = self.terminal.as_ref().filter(|_| !terminal_events.is_empty());
        let [mut candidate_at, mut current_at, mut terminal_at] = [usize::MAX; 3];
        let mut fds = Vec::with_capacity(5);
        fds.push(PollFd::new(self.signals.as_fd(), PollFlags::POLLIN));
        fds.push(PollFd::new(self.link.listener(), PollFlags::POLLIN));
        if let Some(candidate) = &self.link.candidate {
            candidate_at = fds.len();
            fds.push(PollFd::new(candidate.as_fd(), PollFlags::POLLIN));
        }
        if let Some(current) = &self.link.current {
            current_at = fds.len();
            fds.push(PollFd::new(current.as_fd(), connection_events(current)));
        }
        if let Some(terminal) = terminal {
            terminal_at = fds.len();
            fds.push(PollFd::new(terminal.master(), terminal_events));
        }
        if poll(&mut fds, timeout).is_err() {
            return Ready::default();
        }
        let happened = |at: usize| fds.get(at).and_then(PollFd::revents).unwrap_or(PollFlags::empty());
        let readable = PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR;
        Ready {
            signals: !happened(0).is_empty(),
            listener: !happened(1).is_empty(),
            candidate: !happened(candidate_at).is_empty(),
            connection_in: happened(current_at).intersects(readable),
            terminal_in: happened(terminal_at).intersects(readable),
            terminal_out: happened(terminal_at).contains(PollFlags::POLLOUT),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let deaf = self.link.current.as_ref().filter(|_| self.is_held_up()).map(|it| it.progress + DEAF_LIMIT);
        let record = self.unrecorded.map(|(next, _)| next);
        let life = self.life.deadline().filter(|_| self.unrecorded.is_none());
        let transcript = self.transcript.deadline();
        let ours = [self.awaited_until, self.counts_due];
        [life, self.tree.deadline(), self.stage.deadline(), deaf, record, transcript]
            .into_iter()
            .chain(ours)
            .flatten()
            .min()
    }

    /// Does the work that is due. Returns false when the keeper has no more work.
    fn act_by_ourselves(&mut self) -> bool {
        let now = Instant::now();
        self.awaited_until = self.awaited_until.filter(|until| now < *until);
        if self.unrecorded.is_some_and(|(next, _)| next <= now) {
            self.write_record(now);
        }
        if self.transcript.deadline().is_some_and(|deadline| deadline <= now) {
            let health = self.transcript.retry();
            self.tell_health(health);
        }
        // A record that the disk refuses is waited for, before anything else is due.
        while self.unrecorded.is_none()
            && let Some(due) = self.life.due(now)
        {
            match due {
                Due::Stop => self.signal(self.launch.stop_signal),
                Due::Kill => self.tree.kill(now),
                Due::End => return false,
            }
        }
        true
    }

    fn is_draining(&self) -> bool {
        matches!(self.stage, Stage::Draining { .. })
    }

    /// Whether the terminal has to wait for a supervisor that lags, or for the first one. A run's last output is read
    /// in any case.
    fn is_held_up(&self) -> bool {
        let lag_bytes_max = self.transcript.lag_bytes_max().min(LAG_BYTES_MAX);
        let lags = |connection: &Connection| self.transcript.newest() - connection.reader.position() > lag_bytes_max;
        !self.is_draining() && (self.awaited_until.is_some() || self.link.current.as_ref().is_some_and(lags))
    }

    fn take_signals(&mut self, now: Instant) {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            if signal.ssi_signo == Signal::SIGTERM as u32 && self.life.stop(now).is_some() {
                self.signal(self.launch.stop_signal);
            }
        }
        let reaped = ending::reap(self.stage.pid());
        self.tree.child_ended(now);
        if let Some(exit) = reaped.exit {
            self.ended = SystemTime::now();
            self.stage = Stage::draining(exit, now);
            self.input.discard();
            if let Some(terminal) = &mut self.terminal {
                terminal.release();
            }
        }
        if reaped.none_left {
            self.empty_if_exited(now);
        }
    }

    fn signal(&mut self, signal: i32) {
        let was_frozen = self.tree.frozen().is_some();
        self.tree.signal(signal);
        if was_frozen {
            self.thaw();
        }
    }

    fn thaw(&mut self) {
        self.tree.thaw();
        self.say(FromKeeper::Thawed);
    }

    fn tell_freeze(&mut self, freeze: Freeze) {
        match freeze {
            Freeze::Done { processes } => self.say(FromKeeper::Frozen { processes }),
            Freeze::Failed(reason) => self.say(FromKeeper::FreezeFailed { reason }),
        }
    }

    fn read_terminal(&mut self, now: Instant) {
        let Some(terminal) = &self.terminal else { return self.drained(0, After::Closed, now) };
        if self.scratch.is_empty() {
            self.scratch = vec![0; SCRATCH_BYTES];
        }
        let (length, after) = terminal.read(&mut self.scratch);
        if length > 0 {
            self.put_out(length);
        }
        if after == After::Closed {
            self.terminal = None;
        }
        self.drained(length, after, now);
    }

    /// Writes output to the transcript, then sends it to the supervisor, straight from the buffer if the supervisor has
    /// all earlier output.
    fn put_out(&mut self, length: usize) {
        let bytes = &self.scratch[..length];
        let offset = self.transcript.newest();
        let health = self.transcript.append(bytes);
        match self.link.current.take() {
            None if self.life.has_met_somebody() => self.answer_queries(length),
            // The supervisor that launched this keeper connects in a moment, sees this output, and knows better
            // answers.
            None => {}
            Some(mut current) => {
                let is_current = current.is_flushed() && current.reader.position() == offset;
                let sent = if is_current { current.send_output(offset, bytes) } else { Ok(()) };
                if is_current {
                    current.reader.seek(offset + length as u64);
                }
                self.keep_unless_gone(current, sent);
            }
        }
        self.tell_health(health);
    }

    fn answer_queries(&mut self, length: usize) {
        for answer in self.queries.answers(&self.scratch[..length]) {
            if let Some(terminal) = &self.terminal
                && self.input.is_empty()
            {
                // If the terminal does not accept the answer now, the program does not read, and needs no answer.
                let _ = terminal.answer(answer);
            }
        }
    }

    fn tell_health(&mut self, health: Health) {
        match health {
            Health::Same => {}
            Health::Failing(reason) => self.say(FromKeeper::TranscriptFailing { reason: &reason }),
            Health::Recovered => self.say(FromKeeper::TranscriptRecovered),
        }
    }
}

/// Starts the program on a terminal of its own.
fn start(launch: &Launch, umask: Mode, cgroup: Option<&Cgroup>) -> Result<(Terminal, u32), String> {
    let terminal = Terminal::open(launch.size).map_err(|error| format!("terminal: {error}"))?;
    let slave = terminal.slave().ok_or("terminal: it has no other end")?;
    let pid = program::start(launch, slave, umask, cgroup)?;
    Ok((terminal, pid))
}
