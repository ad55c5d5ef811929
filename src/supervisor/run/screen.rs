//! A run's emulator, and the timing of its pictures and summaries.
//!
//! While nobody watches, no picture is made. While someone does, the first change after a pause is shown at once (a
//! keystroke's echo must not wait), later ones at most once per [`FRAME_INTERVAL`]. The summary that lists show follows
//! at most [`SUMMARY_INTERVAL`] later, and also tells when a program fell silent. While nothing is written, nothing is
//! due, and the task sleeps.

use crate::clock;
use crate::status::{Watcher, Wrote, last_words};
use crate::supervisor::memory;
use crate::term::frame::{Frame, Row, Size};
use crate::term::{TermSignal, Terminal};
use quarterdeck_core::status::{self, Verdict, Vitals};
use quarterdeck_core::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The shortest time between two pictures of a terminal that keeps changing.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// The shortest time between two pictures within [`ECHO_SPELL`] after a keystroke.
const ECHO_INTERVAL: Duration = Duration::from_millis(2);
/// How long an echo is expected after a keystroke.
const ECHO_SPELL: Duration = Duration::from_millis(100);
/// How long a program may redraw itself after a change of its size.
const REDRAW_SPELL: Duration = Duration::from_secs(1);
/// The shortest time between two summaries.
const SUMMARY_INTERVAL: Duration = Duration::from_millis(250);
/// The silence after which a program counts as idle.
pub(in crate::supervisor) const SILENCE: Duration = Duration::from_millis(status::SILENCE.0);
/// The most lines above the screen that are held in memory. Beyond it, older ones come from the transcript.
pub(in crate::supervisor) const HISTORY_LINES_MAX: u32 = 2_000;

/// The summary of a terminal that lists show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::supervisor) struct Summary {
    /// The title of the window.
    pub(in crate::supervisor) title: String,
    /// The last line that contains words.
    pub(in crate::supervisor) last_line: String,
    /// When the program last wrote, in milliseconds since the Unix epoch.
    pub(in crate::supervisor) last_output_ms: Option<u64>,
    /// The verdict about what the program is doing; none when it has ended.
    pub(in crate::supervisor) verdict: Option<Verdict>,
}

impl Summary {
    /// Returns the part of the summary that follows from the terminal alone.
    pub(in crate::supervisor) fn of(terminal: &mut Terminal) -> Summary {
        Summary { title: terminal.title().to_owned(), last_line: last_words(&terminal.text()), ..Summary::default() }
    }
}

/// A run's emulator, and when its pictures and summaries are due.
pub(super) struct Screen {
    pub(super) terminal: Terminal,
    watcher: Watcher,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Sender<Summary>,
    /// The signal to lists that something about a run changed.
    pulse: watch::Sender<()>,
    shown_seq: u64,
    shown_at: Option<Instant>,
    echo_until: Option<Instant>,
    frame_stale: bool,
    summarised_at: Option<Instant>,
    /// Since when the summary is outdated; none if it is current.
    summary_stale_since: Option<Instant>,
    /// Until when the output of an idle program counts as an answer to input or to a new size.
    answers_until: Option<Instant>,
    last_output_ms: Option<u64>,
}

impl Screen {
    pub(super) fn new(
        terminal: Terminal,
        watcher: Watcher,
        frames: watch::Sender<Arc<Frame>>,
        summary: watch::Sender<Summary>,
        pulse: watch::Sender<()>,
    ) -> Screen {
        Screen {
            terminal,
            watcher,
            frames,
            summary,
            pulse,
            shown_seq: 0,
            shown_at: None,
            echo_until: None,
            frame_stale: false,
            summarised_at: None,
            summary_stale_since: None,
            answers_until: None,
            last_output_ms: None,
        }
    }

    /// Processes output of the program.
    pub(super) fn advance(&mut self, bytes: &[u8], now: Instant) {
        self.terminal.advance(bytes);
        let answers = self.answers_until.is_some_and(|until| now < until) && !self.works(now);
        let why = if answers { Wrote::InAnswer } else { Wrote::OfItsOwn };
        self.watcher.wrote(bytes, why, time(now));
        self.last_output_ms = Some(clock::now_ms());
        self.frame_stale = true;
        self.summary_stale_since.get_or_insert(now);
    }

    /// Processes output from before this supervisor was connected: it is shown, but does not count as activity.
    pub(super) fn advance_past(&mut self, bytes: &[u8], now: Instant) {
        self.terminal.advance(bytes);
        self.is_restored(now);
    }

    /// Schedules a picture and a summary because the terminal was restored, though nothing was written.
    pub(super) fn is_restored(&mut self, now: Instant) {
        self.frame_stale = true;
        self.summary_stale_since.get_or_insert(now);
    }

    /// Returns the signals that the program sent since the last call.
    pub(super) fn take_signals(&mut self, now: Instant) -> Vec<TermSignal> {
        let signals = self.terminal.take_signals();
        for signal in &signals {
            self.watcher.signal(signal, &self.terminal, time(now));
            self.summary_stale_since.get_or_insert(now);
        }
        signals
    }

    /// Returns what the program is doing, as of the last examination.
    pub(super) fn verdict(&mut self, now: Instant) -> &Verdict {
        let verdict = self.watcher.verdict(time(now));
        // A caller that asks first after a silence must not prevent the lists from being updated.
        if self.summary.borrow().verdict.as_ref().is_some_and(|shown| shown != verdict) {
            self.summary_stale_since.get_or_insert(now);
        }
        verdict
    }

    /// Records that these bytes were typed: their echo is expected.
    pub(super) fn typed(&mut self, bytes: &[u8], now: Instant) {
        self.watcher.typed(bytes, time(now));
        self.summary_stale_since.get_or_insert(now);
        self.echo_until = Some(now + ECHO_SPELL);
        self.expect_answer(now + ECHO_SPELL);
    }

    /// Records that the run's processes continue after they were frozen.
    pub(super) fn thawed(&mut self, now: Instant) {
        self.watcher.thawed(time(now));
    }

    /// Returns when the run's processes must be measured, if activity is expected of them.
    pub(super) fn measures_at(&self, now: Instant) -> Option<Instant> {
        self.watcher.measures_at().map(|at| instant(at, now))
    }

    /// Records a measurement of the run's processes.
    pub(super) fn measured(&mut self, vitals: Option<Vitals>, now: Instant) {
        self.watcher.measured(vitals, time(now));
    }

    fn expect_answer(&mut self, until: Instant) {
        self.answers_until = self.answers_until.max(Some(until));
    }

    /// Resizes the terminal, and expects the program to redraw itself.
    pub(super) fn resize(&mut self, size: Size, now: Instant) {
        self.terminal.resize(size);
        self.expect_answer(now + REDRAW_SPELL);
        self.frame_stale = true;
    }

    /// Publishes the picture or the summary that is due at `now`. After a picture the summary waits for its next turn:
    /// reading the screen takes longer than the round trip of a key.
    pub(super) fn show_due(&mut self, now: Instant) {
        if self.terminal.sync_deadline().is_some_and(|deadline| deadline <= now.into_std()) {
            self.terminal.end_sync();
            self.frame_stale = true;
        }
        if self.frame_due().is_some_and(|due| due <= now) {
            self.publish(now);
        } else if self.summary_due(now).is_some_and(|due| due <= now) {
            self.summarise(now);
        }
    }

    /// Returns when a picture or a summary is due next, if one is.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let sync = self.terminal.sync_deadline().map(Instant::from_std);
        [sync, self.frame_due(), self.summary_due(now)].into_iter().flatten().min()
    }

    fn frame_due(&self) -> Option<Instant> {
        if !self.frame_stale || self.frames.receiver_count() == 0 {
            return None;
        }
        let shown_at = self.shown_at?;
        let echoing = self.echo_until.is_some_and(|until| shown_at < until);
        Some(shown_at + if echoing { ECHO_INTERVAL } else { FRAME_INTERVAL })
    }

    fn summary_due(&self, now: Instant) -> Option<Instant> {
        let stale = self
            .summary_stale_since
            .map(|since| self.summarised_at.map_or(since, |at| since.max(at + SUMMARY_INTERVAL)));
        stale.into_iter().chain(self.watcher.changes_at().map(|at| instant(at, now))).min()
    }

    /// Publishes the newest picture now.
    pub(super) fn publish(&mut self, now: Instant) {
        self.frame_stale = false;
        self.shown_at = Some(now);
        let frame = self.terminal.frame();
        if frame.seq != self.shown_seq || self.frames.borrow().size != frame.size {
            self.shown_seq = frame.seq;
            self.frames.send_replace(Arc::new(frame));
        }
    }

    fn works(&mut self, now: Instant) -> bool {
        self.verdict(now).activity == status::Activity::Working
    }

    /// Publishes the summary now, if it is outdated.
    pub(super) fn summarise_if_stale(&mut self, now: Instant) {
        if self.summary_stale_since.is_some() {
            self.summarise(now);
        }
    }

    fn summarise(&mut self, now: Instant) {
        self.watcher.look(&mut self.terminal, time(now));
        let summary = Summary {
            last_output_ms: self.last_output_ms,
            verdict: Some(self.watcher.verdict(time(now)).clone()),
            ..Summary::of(&mut self.terminal)
        };
        if self.terminal.take_gave_back() {
            memory::freed();
        }
        self.summary_stale_since = None;
        self.summarised_at = Some(now);
        let changed = self.summary.send_if_modified(|shown| {
            let differs = *shown != summary;
            *shown = summary;
            differs
        });
        if changed {
            self.pulse.send_replace(());
        }
    }

    /// Returns the newest picture, for a caller that asks once.
    pub(super) fn frame(&mut self, now: Instant) -> Arc<Frame> {
        self.publish(now);
        self.frames.borrow().clone()
    }

    /// Returns lines from above the screen, and the screen below them.
    pub(super) fn scrollback(&mut self, lines: u32) -> Scrollback {
        Scrollback::of(&mut self.terminal, lines)
    }

    /// Publishes the last picture and the last summary, before the emulator is dropped.
    pub(super) fn finish(&mut self, now: Instant) {
        self.terminal.end_sync();
        self.publish(now);
        self.summarise(now);
        self.summary.send_modify(|summary| summary.verdict = None);
        memory::freed();
    }
}

/// Returns the time of day at an instant.
fn time(at: Instant) -> Time {
    let now = Instant::now();
    let since = at.saturating_duration_since(now).as_millis() as u64;
    let before = now.saturating_duration_since(at).as_millis() as u64;
    Time((clock::now_ms() + since).saturating_sub(before))
}

/// Returns the current time of day.
pub(super) fn now() -> Time {
    Time(clock::now_ms())
}

/// Returns the instant of a time of day, or `now` if that is past.
fn instant(at: Time, now: Instant) -> Instant {
    now + Duration::from_millis((at - time(now)).0)
}

/// A screen and lines from above it, of one instant, so that they fit together.
#[derive(Debug)]
pub(in crate::supervisor) struct Scrollback {
    /// The lines above the screen, the oldest first.
    pub(in crate::supervisor) above: Vec<Arc<Row>>,
    /// The lines of the screen, the top one first.
    pub(in crate::supervisor) screen: Vec<Arc<Row>>,
}

impl Scrollback {
    /// Returns the screen and the lines above it of a terminal as it is now.
    pub(in crate::supervisor) fn of(terminal: &mut Terminal, lines: u32) -> Scrollback {
        Scrollback { above: terminal.history(lines), screen: terminal.frame().rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen() -> (Screen, watch::Receiver<Summary>) {
        let size = Size::clamped(20, 5);
        let (summary, shown) = watch::channel(Summary::default());
        let frames = watch::Sender::new(Arc::new(crate::term::frame::Frame::blank(size)));
        let watcher = Watcher::new(time(Instant::now()));
        (Screen::new(Terminal::new(size, 10), watcher, frames, summary, watch::Sender::new(())), shown)
    }

    fn works(shown: &watch::Receiver<Summary>) -> bool {
        shown.borrow().verdict.as_ref().is_some_and(|verdict| verdict.activity == status::Activity::Working)
    }

    /// Whether something is due at an instant, with the precision of the time of day.
    fn is_due(screen: &Screen, at: Instant) -> bool {
        let due = screen.next_due(Instant::now()).expect("something is due");
        due.max(at) - due.min(at) < Duration::from_millis(100)
    }

    #[test]
    fn what_is_written_is_summarised_when_it_is_due_and_then_nothing_is_due_before_the_silence() {
        let (mut screen, shown) = screen();
        let start = Instant::now();
        assert_eq!(screen.next_due(Instant::now()), None);
        screen.advance(b"\x1b]2;title\x07hello", start);
        assert_eq!(screen.next_due(Instant::now()), Some(start), "the first is due at once, and stays so");
        screen.show_due(start);
        let summary = shown.borrow().clone();
        assert_eq!((summary.title.as_str(), summary.last_line.as_str(), works(&shown)), ("title", "hello", true));
        assert!(is_due(&screen, start + SILENCE));
        screen.show_due(start + SILENCE * 2);
        assert!(!works(&shown));
        assert_eq!(screen.next_due(Instant::now()), None, "an idle program costs nothing");
    }

    #[test]
    fn a_silence_that_is_over_is_shown_whoever_asks_first() {
        let (mut screen, shown) = screen();
        let start = Instant::now();
        screen.advance(b"hello", start);
        screen.show_due(start);
        let later = start + Duration::from_millis(status::SILENCE.0 + 10);
        assert_eq!(screen.verdict(later).activity, status::Activity::Idle);
        screen.show_due(later + SUMMARY_INTERVAL);
        assert_eq!(shown.borrow().verdict.as_ref().map(|verdict| &verdict.activity), Some(&status::Activity::Idle));
    }

    #[test]
    fn a_flood_is_summarised_at_a_bounded_rate() {
        let (mut screen, _shown) = screen();
        let start = Instant::now();
        screen.advance(b"a", start);
        screen.show_due(start);
        let soon = start + Duration::from_millis(1);
        screen.advance(b"b", soon);
        assert_eq!(screen.next_due(Instant::now()), Some(start + SUMMARY_INTERVAL));
        screen.show_due(start + SUMMARY_INTERVAL);
        assert!(is_due(&screen, soon + SILENCE));
    }

    #[test]
    fn an_idle_program_that_answers_a_key_or_a_new_size_does_not_work() {
        let (mut screen, shown) = screen();
        let start = Instant::now();
        screen.typed(b"k", start);
        screen.advance(b"k", start);
        screen.resize(Size::clamped(30, 6), start);
        screen.advance(b"k", start + REDRAW_SPELL / 2);
        screen.show_due(start + REDRAW_SPELL / 2);
        assert!(!works(&shown));
        assert_eq!(shown.borrow().last_line, "kk");
        screen.advance(b"working", start + REDRAW_SPELL);
        screen.resize(Size::clamped(20, 5), start + SILENCE);
        screen.advance(b"still", start + SILENCE);
        screen.show_due(start + SILENCE);
        screen.show_due(start + REDRAW_SPELL + SILENCE);
        assert!(works(&shown), "a program that works still works, even if somebody looks");
    }

    #[test]
    fn what_was_written_before_an_adoption_shows_and_is_no_activity() {
        let (mut screen, shown) = screen();
        let now = Instant::now();
        screen.advance_past(b"long ago\r\n", now);
        screen.show_due(now);
        assert_eq!((shown.borrow().last_line.as_str(), works(&shown)), ("long ago", false));
        assert_eq!(screen.scrollback(10).screen[0].text(), "long ago");
        assert_eq!(screen.next_due(Instant::now()), None);
    }
}
