//! A run's emulator, and when its picture and its summary are shown.
//!
//! While nobody looks, no picture is made. While someone does, the first change after a quiet spell is shown at once
//! (a keystroke's echo must not wait), later ones at most once per [`FRAME_INTERVAL`]. The summary that lists show
//! follows at most [`SUMMARY_INTERVAL`] behind, and says when a program fell silent. With nothing written nothing
//! is due, and the task sleeps.

use crate::term::Terminal;
use crate::term::frame::{Frame, Row, Size};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::Instant;

/// The least time between two pictures of a terminal that keeps changing.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// After a keystroke, pictures may follow this closely for [`ECHO_SPELL`].
const ECHO_INTERVAL: Duration = Duration::from_millis(2);
/// How long an echo is waited for.
const ECHO_SPELL: Duration = Duration::from_millis(100);
/// The least time between two summaries.
const SUMMARY_INTERVAL: Duration = Duration::from_millis(250);
/// Silent for so long, and a program counts as idle.
pub(in crate::supervisor) const SILENCE: Duration = Duration::from_secs(3);
/// Lines above the screen held in memory; older ones come from the transcript.
pub(in crate::supervisor) const HISTORY_LINES_MAX: u32 = 2_000;

/// What a list shows of a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::supervisor) struct Summary {
    /// The window title.
    pub(in crate::supervisor) title: String,
    /// The last non-blank line.
    pub(in crate::supervisor) last_line: String,
    /// When it last wrote, in milliseconds since the Unix epoch.
    pub(in crate::supervisor) last_output_ms: Option<u64>,
    /// When it last rang the bell or sent a notification.
    pub(in crate::supervisor) attention_ms: Option<u64>,
    /// Whether it wrote within the last [`SILENCE`].
    pub(in crate::supervisor) active: bool,
}

impl Summary {
    /// What can be told from a terminal alone.
    pub(in crate::supervisor) fn of(terminal: &Terminal) -> Summary {
        Summary { title: terminal.title().to_owned(), last_line: terminal.last_line(), ..Summary::default() }
    }
}

/// A run's emulator and its publishing clock.
pub(super) struct Screen {
    pub(super) terminal: Terminal,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Sender<Summary>,
    /// Shown to lists: something about a run changed.
    pulse: watch::Sender<()>,
    shown_seq: u64,
    shown_at: Option<Instant>,
    echo_until: Option<Instant>,
    frame_stale: bool,
    /// When the next summary may be made.
    summary_from: Instant,
    summary_stale: bool,
    wrote_at: Option<Instant>,
    last_output_ms: Option<u64>,
    attention_ms: Option<u64>,
}

impl Screen {
    pub(super) fn new(
        terminal: Terminal,
        frames: watch::Sender<Arc<Frame>>,
        summary: watch::Sender<Summary>,
        pulse: watch::Sender<()>,
    ) -> Screen {
        Screen {
            terminal,
            frames,
            summary,
            pulse,
            shown_seq: 0,
            shown_at: None,
            echo_until: None,
            frame_stale: false,
            summary_from: Instant::now(),
            summary_stale: false,
            wrote_at: None,
            last_output_ms: None,
            attention_ms: None,
        }
    }

    /// Takes output in.
    pub(super) fn advance(&mut self, bytes: &[u8], now: Instant) {
        self.terminal.advance(bytes);
        self.wrote_at = Some(now);
        self.last_output_ms = Some(unix_ms());
        self.frame_stale = true;
        self.summary_stale = true;
    }

    /// Takes in what was written before anybody was there to see it: it shows, but is no activity.
    pub(super) fn advance_past(&mut self, bytes: &[u8]) {
        self.terminal.advance(bytes);
        self.is_restored();
    }

    /// The terminal was restored: what it shows is to be shown, though nothing was written.
    pub(super) fn is_restored(&mut self) {
        (self.frame_stale, self.summary_stale) = (true, true);
    }

    /// The program asks for a person.
    pub(super) fn call_attention(&mut self) {
        self.attention_ms = Some(unix_ms());
        self.summary_stale = true;
    }

    /// A key was pressed: its echo is awaited.
    pub(super) fn expect_echo(&mut self, now: Instant) {
        self.echo_until = Some(now + ECHO_SPELL);
    }

    /// Takes a new size.
    pub(super) fn resize(&mut self, size: Size) {
        self.terminal.resize(size);
        self.frame_stale = true;
    }

    /// Shows what is due at `now`.
    pub(super) fn show_due(&mut self, now: Instant) {
        if self.terminal.sync_deadline().is_some_and(|deadline| deadline <= now.into_std()) {
            self.terminal.end_sync();
            self.frame_stale = true;
        }
        if self.frame_due().is_some_and(|due| due <= now) {
            self.publish(now);
        }
        if self.summary_due().is_some_and(|due| due <= now) {
            self.summarise(now);
        }
    }

    /// When something is due next, if anything is.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let sync = self.terminal.sync_deadline().map(Instant::from_std);
        [sync, self.frame_due(), self.summary_due()].into_iter().flatten().min()
    }

    fn frame_due(&self) -> Option<Instant> {
        if !self.frame_stale || self.frames.receiver_count() == 0 {
            return None;
        }
        let shown_at = self.shown_at?;
        let echoing = self.echo_until.is_some_and(|until| shown_at < until);
        Some(shown_at + if echoing { ECHO_INTERVAL } else { FRAME_INTERVAL })
    }

    fn summary_due(&self) -> Option<Instant> {
        let stale = self.summary_stale.then_some(self.summary_from);
        let silent = self.wrote_at.filter(|_| self.summary.borrow().active).map(|wrote_at| wrote_at + SILENCE);
        stale.into_iter().chain(silent).min()
    }

    /// Shows the newest picture now.
    pub(super) fn publish(&mut self, now: Instant) {
        self.frame_stale = false;
        self.shown_at = Some(now);
        let frame = self.terminal.frame();
        if frame.seq != self.shown_seq || self.frames.borrow().size != frame.size {
            self.shown_seq = frame.seq;
            self.frames.send_replace(Arc::new(frame));
        }
    }

    /// Shows the summary now, if there is something new in it.
    pub(super) fn summarise_if_stale(&mut self, now: Instant) {
        if self.summary_stale {
            self.summarise(now);
        }
    }

    fn summarise(&mut self, now: Instant) {
        self.summary_stale = false;
        self.summary_from = now + SUMMARY_INTERVAL;
        let summary = Summary {
            last_output_ms: self.last_output_ms,
            attention_ms: self.attention_ms,
            active: self.wrote_at.is_some_and(|wrote_at| now < wrote_at + SILENCE),
            ..Summary::of(&self.terminal)
        };
        let changed = self.summary.send_if_modified(|shown| {
            let differs = *shown != summary;
            *shown = summary;
            differs
        });
        if changed {
            self.pulse.send_replace(());
        }
    }

    /// The newest picture, for someone who asks once.
    pub(super) fn frame(&mut self, now: Instant) -> Arc<Frame> {
        self.publish(now);
        self.frames.borrow().clone()
    }

    /// Lines from above the screen, and the screen below them.
    pub(super) fn scrollback(&mut self, lines: u32) -> Scrollback {
        Scrollback::of(&mut self.terminal, lines)
    }

    /// The last picture and the last summary, before the emulator goes.
    pub(super) fn finish(&mut self, now: Instant) {
        self.terminal.end_sync();
        self.publish(now);
        self.wrote_at = None;
        self.summarise(now);
    }
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

/// A screen and lines from above it, of one instant, so that they fit together.
#[derive(Debug)]
pub(in crate::supervisor) struct Scrollback {
    /// Oldest first.
    pub(in crate::supervisor) above: Vec<Arc<Row>>,
    /// Top first.
    pub(in crate::supervisor) screen: Vec<Arc<Row>>,
}

impl Scrollback {
    /// Of a terminal as it is now.
    pub(in crate::supervisor) fn of(terminal: &mut Terminal, lines: u32) -> Scrollback {
        Scrollback { above: terminal.history(lines), screen: terminal.frame().rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen() -> (Screen, watch::Receiver<Summary>) {
        let (frames, _) = watch::channel(Arc::new(Frame::blank(Size::clamped(20, 4))));
        let (summary, shown) = watch::channel(Summary::default());
        let terminal = Terminal::new(Size::clamped(20, 4), 10);
        (Screen::new(terminal, frames, summary, watch::channel(()).0), shown)
    }

    /// A deadline that moves with the clock is never met: no list would ever show the first line, and the task
    /// would wake for ever.
    #[test]
    fn the_first_summary_is_shown_at_once_and_then_nothing_is_due() {
        let (mut screen, shown) = screen();
        let now = Instant::now();
        screen.advance(b"tick 1\r\n", now);
        screen.show_due(now);
        assert_eq!((shown.borrow().last_line.as_str(), shown.borrow().active), ("tick 1", true));
        assert_eq!(screen.next_due(), Some(now + SILENCE));
        assert_eq!(screen.scrollback(10).screen[0].text(), "tick 1");
        screen.show_due(now + SILENCE);
        assert!(!shown.borrow().active);
        assert_eq!(screen.next_due(), None);
    }

    #[test]
    fn what_was_written_before_an_adoption_shows_and_is_no_activity() {
        let (mut screen, shown) = screen();
        screen.advance_past(b"long ago\r\n");
        screen.show_due(Instant::now());
        assert_eq!((shown.borrow().last_line.as_str(), shown.borrow().active), ("long ago", false));
        assert_eq!(screen.next_due(), None);
    }
}
