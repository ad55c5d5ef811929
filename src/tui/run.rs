//! The loop: the only part of the screen that touches the terminal, the clock and signals. It waits for one of
//! six things, and for nothing when nothing happens: no tick, no polling.

use super::input::from_crossterm;
use super::keymap::Keymap;
use super::link::{Link, ToFleet};
use super::model::{Mode, Model, Tone};
use super::msg::{Cmd, Msg, Outcome};
use super::pen::{Pen, Sheet};
use super::terminal::Guard;
use super::theme::Theme;
use super::update::{next_deadline_ms, update};
use super::view::{self, CursorAt};
use crate::term::frame::CursorShape;
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::SetCursorStyle;
use crossterm::event::EventStream;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// The shortest time between two drawings while much happens. The first after a pause is never held up.
const FRAME: Duration = Duration::from_millis(16);
/// The same while a person types: what they typed comes back as fast as it can.
const FRAME_TYPING: Duration = Duration::from_millis(2);
/// For so long after a key, they type.
const TYPING: Duration = Duration::from_millis(200);
/// Words that wait for the link to take them. Beyond that, the newest is refused and the user told.
const OUTBOX_MESSAGES_MAX: usize = 1_024;
/// How long the end waits for a drawing that the terminal does not take.
const LAST_DRAWING: Duration = Duration::from_millis(250);

/// What the screen is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is for.
    pub mode: Mode,
    /// Keys, a user's overlaid.
    pub keymap: Keymap,
    /// Looks, a user's overlaid.
    pub theme: Theme,
    /// What to tell the user at once: why their keymap was not taken, what was adopted.
    pub remarks: Vec<String>,
}

impl Options {
    /// The options as shipped.
    pub fn new(mode: Mode) -> Options {
        Options { mode, keymap: Keymap::default(), theme: Theme::built_in(), remarks: Vec::new() }
    }

    /// These options with a user's files overlaid, the later over the earlier; one that is wrong is left out, and
    /// the user told. `no_color`: the variable `NO_COLOR` is set and not empty.
    pub fn with_files(mut self, keymaps: &[(String, String)], themes: &[(String, String)], no_color: bool) -> Options {
        for (path, text) in keymaps {
            match self.keymap.overlaid(text) {
                Ok(keymap) => self.keymap = keymap,
                Err(error) => self.remarks.push(format!("{path}: {error}")),
            }
        }
        for (path, text) in themes {
            match self.theme.overlaid(text) {
                Ok(theme) => self.theme = theme,
                Err(error) => self.remarks.push(format!("{path}: {error}")),
            }
        }
        if no_color {
            self.theme = self.theme.without_colour();
        }
        self
    }
}

/// Shows the fleet until the user leaves. The terminal is given back before this returns.
///
/// # Errors
/// Standard output is not a terminal, or is gone.
pub async fn run(options: Options, link: Link) -> io::Result<Outcome> {
    let title = match &options.mode {
        Mode::Dashboard => "Quarterdeck".to_owned(),
        Mode::Attach { agent } => format!("{agent} · Quarterdeck"),
    };
    let guard = Guard::take(&title)?;
    let mut stage = Stage::new(options, link, title)?;
    let outcome = stage.play(&guard).await;
    stage.last_drawing().await;
    drop(guard);
    outcome
}

/// Everything the loop holds.
struct Stage {
    model: Model,
    link: Link,
    link_open: bool,
    outbox: VecDeque<ToFleet>,
    terminal: Terminal<CrosstermBackend<Sheet>>,
    sheet: Sheet,
    pen: Pen,
    dirty: bool,
    drawn: bool,
    next_frame: Instant,
    typed: Option<Instant>,
    title: String,
}

/// What the loop waits for.
enum Woken {
    Input(Option<io::Result<crossterm::event::Event>>),
    Fleet(Option<super::link::FromFleet>),
    Sent,
    Written(io::Result<()>),
    Signal(i32),
    Continued,
    Timer,
}

impl Stage {
    fn new(options: Options, link: Link, title: String) -> io::Result<Stage> {
        let (columns, rows) = crossterm::terminal::size()?;
        let mut model = Model::new(options.mode, (columns, rows), now_ms(), options.keymap, options.theme);
        model.zone = TimeZone::system();
        for remark in options.remarks {
            model.toast(Tone::Warning, remark);
        }
        let sheet = Sheet::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let backend = CrosstermBackend::new(sheet.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Stage {
            model,
            link,
            link_open: true,
            outbox: VecDeque::new(),
            terminal,
            sheet,
            pen: Pen::new()?,
            dirty: true,
            drawn: false,
            next_frame: Instant::now(),
            typed: None,
            title,
        })
    }

    async fn play(&mut self, guard: &Guard) -> io::Result<Outcome> {
        let mut events = EventStream::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut continued = signal(SignalKind::from_raw(libc::SIGCONT))?;
        loop {
            self.draw_if_due()?;
            let msg = match self.wait(&mut events, &mut terminate, &mut hangup, &mut continued).await {
                Woken::Input(Some(Ok(event))) => {
                    self.note_input(&event)?;
                    from_crossterm(event).map(Msg::Input)
                }
                Woken::Input(Some(Err(error))) => return Err(error),
                Woken::Input(None) => return Ok(Outcome::Signalled { signal: libc::SIGHUP }),
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
                    std::mem::take(&mut self.drawn).then_some(Msg::Drawn)
                }
                Woken::Signal(signal) => return Ok(Outcome::Signalled { signal }),
                Woken::Continued => {
                    guard.retake(&self.title)?;
                    self.forget_screen()?;
                    None
                }
                Woken::Timer => Some(Msg::Tick),
            };
            let Some(msg) = msg else { continue };
            // What was drawn is acknowledged, but nothing on the screen changes by it.
            self.dirty |= msg != Msg::Drawn;
            for cmd in update(&mut self.model, msg, now_ms()) {
                if let Some(outcome) = self.perform(cmd, guard).await? {
                    return Ok(outcome);
                }
            }
        }
    }

    async fn wait(
        &mut self,
        events: &mut EventStream,
        terminate: &mut Signal,
        hangup: &mut Signal,
        continued: &mut Signal,
    ) -> Woken {
        let waiting_to_draw = (self.dirty && !self.pen.is_busy()).then_some(self.next_frame);
        let now = now_ms();
        let due = next_deadline_ms(&self.model)
            .map(|due_ms| Instant::now() + Duration::from_millis(due_ms.saturating_sub(now)));
        let wake = [waiting_to_draw, due].into_iter().flatten().min();
        let timer_is_due = due.is_some() && wake == due;
        let busy = self.pen.is_busy();
        tokio::select! {
            biased;
            _ = terminate.recv() => Woken::Signal(libc::SIGTERM),
            _ = hangup.recv() => Woken::Signal(libc::SIGHUP),
            event = events.next() => Woken::Input(event),
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

    /// A key shortens the time between drawings; a new size makes everything be drawn anew.
    fn note_input(&mut self, event: &crossterm::event::Event) -> io::Result<()> {
        match event {
            crossterm::event::Event::Resize(columns, rows) => self.terminal.resize(Rect::new(0, 0, *columns, *rows)),
            _ => {
                self.typed = Some(Instant::now());
                Ok(())
            }
        }
    }

    async fn perform(&mut self, cmd: Cmd, guard: &Guard) -> io::Result<Option<Outcome>> {
        match cmd {
            Cmd::Send(word) => self.send(word),
            Cmd::Copy(text) => queue!(self.sheet, CopyToClipboard::to_clipboard_from(text))?,
            Cmd::Redraw => self.forget_screen()?,
            Cmd::Suspend => {
                self.last_drawing().await;
                guard.suspend(&self.title)?;
                self.forget_screen()?;
            }
            Cmd::Quit(outcome) => return Ok(Some(outcome)),
        }
        Ok(None)
    }

    /// At once where the link has room, else in order once it has.
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
            self.model.toast(Tone::Failure, "the supervisor does not keep up: what was typed last is lost");
        }
    }

    /// The next drawing writes every cell.
    fn forget_screen(&mut self) -> io::Result<()> {
        let (columns, rows) = crossterm::terminal::size()?;
        self.model.size = (columns, rows);
        self.dirty = true;
        self.terminal.resize(Rect::new(0, 0, columns, rows))
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = Instant::now();
        if !self.dirty || self.pen.is_busy() || now < self.next_frame {
            return Ok(());
        }
        let mut cursor = None;
        queue!(self.sheet, BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            cursor = view::draw(&self.model, frame.buffer_mut());
            if let Some(CursorAt { position, .. }) = cursor {
                frame.set_cursor_position(position);
            }
        })?;
        if let Some(CursorAt { shape, .. }) = cursor {
            queue!(self.sheet, cursor_style(shape))?;
        }
        queue!(self.sheet, EndSynchronizedUpdate)?;
        self.pen.write(self.sheet.take());
        self.dirty = false;
        self.drawn = true;
        let typing = self.typed.is_some_and(|typed| now.duration_since(typed) < TYPING);
        self.next_frame = now + if typing { FRAME_TYPING } else { FRAME };
        Ok(())
    }

    /// Waits for the drawing under way, but not for ever.
    async fn last_drawing(&mut self) {
        if self.pen.is_busy() {
            // A terminal that takes nothing or is gone can't be helped here.
            let _ = tokio::time::timeout(LAST_DRAWING, self.pen.written()).await;
        }
    }
}

fn cursor_style(shape: CursorShape) -> SetCursorStyle {
    match shape {
        CursorShape::Hidden | CursorShape::Block => SetCursorStyle::SteadyBlock,
        CursorShape::Underline => SetCursorStyle::SteadyUnderScore,
        CursorShape::Bar => SetCursorStyle::SteadyBar,
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
