//! The loop: the only part of the dashboard that touches the terminal, the clock and signals. It waits for six things,
//! and does nothing while none of them happens: no tick, no polling.

use super::canvas::Canvas;
use super::deadline::next_deadline_ms;
use super::events::{Came, Events};
use super::ground::{Answers, QUERY, Surroundings};
use super::input::{InputEvent, from_crossterm};
use super::keymap::Keymap;
use super::link::{Link, ToFleet};
use super::model::{Mode, Model, Tone};
use super::msg::{Cmd, Msg, Outcome};
use super::notice::Notices;
use super::pen::Pen;
use super::terminal::{self, Guard};
use super::theme::Looks;
use super::update::{heeds, update};
use crate::clock;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::Event;
use crossterm::style::Print;
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// The shortest time between two drawings while much happens. The first drawing after a pause is never delayed.
const FRAME: Duration = Duration::from_millis(16);
/// The number of drawings after a key that are not delayed, so that the echo of the key is shown as fast as possible,
/// even when something else is drawn in between.
const HURRIED_DRAWINGS: u32 = 4;
/// How long the first drawing waits for the terminal to report its background.
const GROUND: Duration = Duration::from_millis(60);
/// The most messages that wait for the link to take them. Beyond it, the newest is refused, and the user is told.
const OUTBOX_MESSAGES_MAX: usize = 1_024;
/// How long the end of the dashboard waits for a drawing that the terminal does not take.
const LAST_DRAWING: Duration = Duration::from_millis(250);

/// The options with which the dashboard is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the dashboard shows the fleet or one agent.
    pub mode: Mode,
    /// The keymap, overlaid with the user's files.
    pub keymap: Keymap,
    /// The styles, overlaid with the user's files, in the colours that the terminal has.
    pub looks: Looks,
    /// The properties of the terminal that are known before it is asked.
    pub surroundings: Surroundings,
    /// Remarks that the user is told at once, such as why their keymap was not accepted, or what was adopted.
    pub remarks: Vec<String>,
}

impl Options {
    /// Returns the options without any file of the user.
    pub fn new(mode: Mode) -> Options {
        let surroundings = Surroundings::default();
        Options { mode, keymap: Keymap::default(), looks: Looks::built_in(), surroundings, remarks: Vec::new() }
    }

    /// Overlays these options with a user's files, the later over the earlier, for a terminal with these known
    /// properties. A file with an error is omitted, and the user is told.
    pub fn with_files(
        mut self,
        keymaps: &[(String, String)],
        themes: &[(String, String)],
        surroundings: Surroundings,
    ) -> Options {
        for (path, text) in keymaps {
            match self.keymap.overlaid(text) {
                Ok(keymap) => self.keymap = keymap,
                Err(error) => self.remarks.push(format!("{path}: {error}")),
            }
        }
        for (path, text) in themes {
            match self.looks.overlaid(text) {
                Ok(looks) => self.looks = looks,
                Err(error) => self.remarks.push(format!("{path}: {error}")),
            }
        }
        self.looks = self.looks.in_colours(surroundings.colours);
        self.surroundings = surroundings;
        self
    }
}

/// Shows the fleet until the user leaves. The terminal is restored before this returns.
///
/// # Errors
/// Standard output is not a terminal, or is gone.
pub async fn run(options: Options, link: Link) -> io::Result<Outcome> {
    let guard = Guard::take()?;
    let mut stage = Stage::new(options, link)?;
    let outcome = stage.play(&guard).await;
    stage.last_drawing().await;
    drop(guard);
    outcome
}

/// The state of the dashboard's loop.
struct Stage {
    model: Model,
    link: Link,
    link_open: bool,
    outbox: VecDeque<ToFleet>,
    canvas: Canvas,
    pen: Pen,
    dirty: bool,
    /// Whether the terminal is asked for its background.
    asks: bool,
    next_frame: Instant,
    hurried: u32,
    notices: Notices,
}

/// The things that the loop waits for.
enum Woken {
    Input(io::Result<Option<Came>>),
    Fleet(Option<super::link::FromFleet>),
    Sent,
    Written(io::Result<()>),
    Signal(i32),
    Continued,
    Timer,
}

/// The signals that end the process. Ctrl-C is a key here, so SIGINT comes only from outside.
struct Endings {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
}

impl Endings {
    fn listen() -> io::Result<Endings> {
        Ok(Endings {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns the number of the next signal. The future may be dropped without losing a signal.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => libc::SIGTERM,
            _ = self.hangup.recv() => libc::SIGHUP,
            _ = self.interrupt.recv() => libc::SIGINT,
        }
    }
}

impl Stage {
    fn new(options: Options, link: Link) -> io::Result<Stage> {
        let (columns, rows) = crossterm::terminal::size()?;
        let notices = options.looks.notices(options.surroundings.notices);
        let asks = options.looks.differ() && options.surroundings.answers == Answers::Perhaps;
        let mut model = Model::new(options.mode, (columns, rows), clock::now_ms(), options.keymap, options.looks);
        model.zone = TimeZone::system();
        model.remarks = options.remarks;
        model.stand_on(options.surroundings.ground);
        Ok(Stage {
            model,
            link,
            link_open: true,
            outbox: VecDeque::new(),
            canvas: Canvas::new(options.surroundings.letters),
            pen: Pen::new()?,
            dirty: true,
            asks,
            next_frame: Instant::now(),
            hurried: 0,
            notices,
        })
    }

    async fn play(&mut self, guard: &Guard) -> io::Result<Outcome> {
        let mut events = Events::new()?;
        let mut endings = Endings::listen()?;
        let mut continued = signal(SignalKind::from_raw(libc::SIGCONT))?;
        if self.asks {
            self.model.listener.asked(clock::now_ms());
            terminal::ask(QUERY)?;
            self.next_frame = Instant::now() + GROUND;
        }
        loop {
            if let Some(drawn) = self.draw_if_due()? {
                self.take_in(drawn, clock::now_ms(), guard).await?;
            }
            let woken = self.wait(&mut events, &mut endings, &mut continued).await;
            let msg = match woken {
                Woken::Input(came) => match came? {
                    None => return Ok(Outcome::Signalled { signal: libc::SIGHUP }),
                    Some(came) => match self.take_all(came, guard).await? {
                        Some(outcome) => return Ok(outcome),
                        None => None,
                    },
                },
                Woken::Fleet(Some(word)) => Some(Msg::Fleet(word)),
                Woken::Fleet(None) if self.model.stopping => return Ok(Outcome::FleetStopped),
                Woken::Fleet(None) => {
                    self.link_open = false;
                    let reason = "the connection was closed for good".to_owned();
                    Some(Msg::Fleet(super::link::FromFleet::Disconnected { reason }))
                }
                Woken::Sent => None,
                Woken::Written(result) => {
                    result?;
                    Some(Msg::Drawn)
                }
                Woken::Signal(signal) => return Ok(Outcome::Signalled { signal }),
                Woken::Continued => {
                    guard.retake()?;
                    self.forget_screen()?;
                    None
                }
                Woken::Timer => Some(Msg::Tick),
            };
            let Some(msg) = msg else { continue };
            if let Some(outcome) = self.take_in(msg, clock::now_ms(), guard).await? {
                return Ok(outcome);
            }
        }
    }

    /// Handles events that came together, all as of one instant.
    async fn take_all(&mut self, came: Came, guard: &Guard) -> io::Result<Option<Outcome>> {
        let age_ms = u64::try_from(came.age.as_millis()).unwrap_or(u64::MAX);
        let at_ms = clock::now_ms().saturating_sub(age_ms);
        for event in came.events {
            let Some(msg) = self.heed(event)? else { continue };
            if let Some(outcome) = self.take_in(msg, at_ms, guard).await? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    async fn take_in(&mut self, msg: Msg, at_ms: u64, guard: &Guard) -> io::Result<Option<Outcome>> {
        // `Drawn` only acknowledges the frames; it changes nothing that is shown.
        self.dirty |= msg != Msg::Drawn;
        let heard = matches!(msg, Msg::Fleet(_));
        let cmds = update(&mut self.model, msg, at_ms);
        if heard && self.hurried > 0 {
            self.next_frame = Instant::now();
        } else if matches!(cmds.as_slice(), [Cmd::Send(ToFleet::Input { .. })]) {
            // The result of a key in the agent is still to come; a drawing before it would delay both the key and its
            // echo.
            self.next_frame = Instant::now() + FRAME;
        }
        for cmd in cmds {
            if let Some(outcome) = self.perform(cmd, guard).await? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    async fn wait(&mut self, events: &mut Events, endings: &mut Endings, continued: &mut Signal) -> Woken {
        let waiting_to_draw = (self.dirty && !self.pen.is_busy()).then_some(self.next_frame);
        let now = clock::now_ms();
        let due = next_deadline_ms(&self.model)
            .map(|due_ms| Instant::now() + Duration::from_millis(due_ms.saturating_sub(now)));
        let wake = [waiting_to_draw, due].into_iter().flatten().min();
        let timer_is_due = due.is_some() && wake == due;
        let busy = self.pen.is_busy();
        tokio::select! {
            biased;
            signal = endings.next() => Woken::Signal(signal),
            came = events.next() => Woken::Input(came),
            written = self.pen.written(), if busy => Woken::Written(written),
            permit = self.link.to.reserve(), if self.link_open && !self.outbox.is_empty() => {
                match (permit, self.outbox.pop_front()) {
                    (Ok(permit), Some(word)) => permit.send(word),
                    _ => self.outbox.clear(),
                }
                Woken::Sent
            }
            word = self.link.from.recv(), if self.link_open => Woken::Fleet(word),
            _ = continued.recv() => Woken::Continued,
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                if timer_is_due { Woken::Timer } else { Woken::Sent }
            }
        }
    }

    /// Converts an event into a message. After a key, the next drawings are not delayed. After a new size, everything
    /// is drawn again. Movements of the mouse that nobody needs are dropped. After the window gained the focus, the
    /// terminal is asked for its background again, because its colours may have changed.
    fn heed(&mut self, event: Event) -> io::Result<Option<Msg>> {
        let Some(input) = from_crossterm(event) else { return Ok(None) };
        match input {
            InputEvent::FocusGained if self.asks => {
                self.model.listener.asked(clock::now_ms());
                self.canvas.add(Print(QUERY))?;
            }
            InputEvent::Resize(..) => self.canvas.forget(),
            InputEvent::Key(_) | InputEvent::Paste(_) => {
                self.hurried = HURRIED_DRAWINGS;
                self.next_frame = Instant::now();
            }
            _ => {}
        }
        Ok(heeds(&self.model, &input).then_some(Msg::Came(input)))
    }

    async fn perform(&mut self, cmd: Cmd, guard: &Guard) -> io::Result<Option<Outcome>> {
        match cmd {
            Cmd::Send(word) => self.send(word),
            Cmd::Copy(text) => self.canvas.add(CopyToClipboard::to_clipboard_from(text))?,
            Cmd::Call(words) => self.canvas.add(Print(self.notices.bytes(&words)))?,
            Cmd::Redraw => self.forget_screen()?,
            Cmd::Suspend => {
                self.last_drawing().await;
                guard.suspend()?;
                self.forget_screen()?;
            }
            Cmd::Quit(outcome) => return Ok(Some(outcome)),
        }
        Ok(None)
    }

    /// Sends a message at once if the link has room, else in order once it has.
    fn send(&mut self, word: ToFleet) {
        let word = match self.outbox.is_empty() {
            true => match self.link.to.try_send(word) {
                Ok(()) => return,
                Err(refused) => refused.into_inner(),
            },
            false => word,
        };
        if self.link_open && self.outbox.len() < OUTBOX_MESSAGES_MAX {
            self.outbox.push_back(word);
        } else if self.link_open {
            self.model.toast(Tone::Failure, "the supervisor is too slow: the newest input is lost");
        }
    }

    /// Makes the next drawing write every cell.
    fn forget_screen(&mut self) -> io::Result<()> {
        let (columns, rows) = crossterm::terminal::size()?;
        self.model.size = (columns, rows);
        self.dirty = true;
        self.canvas.forget();
        Ok(())
    }

    /// Draws what changed, if the pen is free and the last drawing is long enough ago. Frames are acknowledged once
    /// their drawing is written, or at once when they changed nothing that is shown.
    fn draw_if_due(&mut self) -> io::Result<Option<Msg>> {
        let now = Instant::now();
        if !self.dirty || self.pen.is_busy() || now < self.next_frame {
            return Ok(None);
        }
        self.dirty = false;
        self.next_frame = if self.hurried > 0 { now } else { now + FRAME };
        self.hurried = self.hurried.saturating_sub(1);
        update(&mut self.model, Msg::Drawing, clock::now_ms());
        let (drawing, seen) = self.canvas.draw(&self.model)?;
        self.model.seen = seen;
        if let Some(drawing) = drawing {
            self.pen.write(drawing);
        }
        self.canvas.wipe();
        Ok((!self.pen.is_busy()).then_some(Msg::Drawn))
    }

    /// Waits for the drawing that is being written, but not forever: bytes that the terminal does not take are
    /// dropped, so that the terminal can still be restored.
    async fn last_drawing(&mut self) {
        if self.pen.is_busy() && tokio::time::timeout(LAST_DRAWING, self.pen.written()).await.is_err() {
            terminal::unblock();
        }
    }
}
