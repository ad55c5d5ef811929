//! Delivers letters (texts with keys) into a run's terminal, one after another. The core decides each step
//! (`quarterdeck_core::delivery`); this file gives it the clock, the view of the screen, and the typing.

use super::handle::{Answer, InputRefused};
use super::letter::{Delivered, Letter, Went};
use super::screen::{self, Screen};
use crate::process::{LineDiscipline, line_discipline, reads_terminal};
use quarterdeck_core::delivery::{
    Delivery, Discipline, Drawn, Left, Leftover, Next, Outcome, Picture, Reads, Receipt, Sight, Stroke,
};
use quarterdeck_core::status::{Activity, Source};
use quarterdeck_core::time::Time;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The deliveries of one run: those that wait, and the one in progress.
pub(super) struct Courier {
    jobs: VecDeque<Job>,
    /// The zero of the delivery clock, which changes of the time of day do not affect.
    epoch: Instant,
    /// When the delivery in progress must be checked next.
    wake: Option<Instant>,
    seen: Seen,
    /// A delivered text that could not be submitted.
    left: Option<Left>,
}

/// The observations of the program so far.
struct Seen {
    drawn: Drawn,
    wrote_at: Option<Time>,
    /// The number of bytes in the unfinished line of a cooked terminal.
    unfinished: usize,
    pid: Option<u32>,
}

struct Job {
    letter: Letter,
    /// The state of the delivery, once it has begun.
    delivery: Option<Delivery>,
    bytes: u64,
    reply: Answer<Delivered>,
}

impl Courier {
    /// Creates a courier for a program whose screen is found in this state, or that starts now.
    pub(super) fn new(shows: Drawn, now: Instant) -> Courier {
        let seen = Seen { drawn: shows, wrote_at: None, unfinished: 0, pid: None };
        Courier { jobs: VecDeque::new(), epoch: now, wake: None, seen, left: None }
    }

    /// Queues a letter after those that wait already.
    pub(super) fn take(&mut self, letter: Letter, reply: Answer<Delivered>) {
        self.jobs.push_back(Job { letter, delivery: None, bytes: 0, reply });
    }

    /// Drops all deliveries; their callers learn that they were not typed in full.
    pub(super) fn drop_all(&mut self) {
        self.jobs.clear();
        self.wake = None;
    }

    /// Ends all deliveries because the program has ended: a text that the program accepted with its Enter is reported,
    /// the rest is dropped.
    pub(super) fn program_ended(&mut self) {
        if let Some(Job { delivery: Some(delivery), bytes, reply, .. }) = self.jobs.pop_front()
            && let Some(receipt) = delivery.ended()
        {
            let _gone = reply.send(Ok(Delivered { bytes, receipt, went: went(&delivery) }));
        }
        self.drop_all();
    }

    /// Returns the number of bytes of text that are not typed yet.
    pub(super) fn bytes_waiting(&self) -> u64 {
        self.jobs.iter().filter(|job| !job.has_begun()).map(|job| job.letter.size()).sum()
    }

    /// Records the process to which the terminal belongs.
    pub(super) fn started(&mut self, pid: u32) {
        self.seen.pid = Some(pid);
    }

    /// Records that the program wrote something. `shows` is asked only while the program starts: whether its screen
    /// shows anything.
    pub(super) fn answered(&mut self, shows: impl FnOnce(bool) -> bool, now: Instant) {
        let time = self.time(now);
        self.seen.wrote_at = Some(time);
        self.seen.drawn = self.seen.drawn.after_output(shows, time);
        if self.holds_keyboard() {
            self.wake = None;
        }
    }

    /// Records that these bytes were typed by somebody else.
    pub(super) fn others_typed(&mut self, bytes: &[u8]) {
        self.seen.typed(bytes, Discipline::Raw);
        if let Some(delivery) = self.jobs.front_mut().and_then(|job| job.delivery.as_mut()) {
            delivery.disturb();
        }
    }

    /// Whether nobody else may type now, because a text waits for its Enter.
    pub(super) fn holds_keyboard(&self) -> bool {
        self.jobs.front().and_then(|job| job.delivery.as_ref()).is_some_and(Delivery::holds_keyboard)
    }

    /// Returns when the next step is due; none without a letter.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        self.jobs.front()?;
        Some(self.wake.unwrap_or(now))
    }

    /// Returns when the program last wrote, if that was seen.
    pub(super) fn wrote_at(&self) -> Option<Instant> {
        self.seen.wrote_at.map(|at| self.instant(at))
    }

    /// Returns whether a delivered text that could not be submitted is still in the terminal. It knows nothing of texts
    /// that persons type.
    pub(super) fn leftover(&mut self, screen: &mut Screen) -> Leftover {
        self.left = self.left.take().and_then(|left| left.on(&picture(screen)));
        match &self.left {
            Some(left) if left.stands() => Leftover::Text,
            _ => Leftover::Nothing,
        }
    }

    /// Returns the next bytes to type, if there are any; `line` says whether a person has begun a line. Call it until
    /// it returns none.
    pub(super) fn next(&mut self, screen: &mut Screen, line: Leftover, now: Instant) -> Option<Vec<u8>> {
        loop {
            self.jobs.retain(|job| job.has_begun() || !job.reply.is_closed());
            if self.next_due(now)? > now {
                return None;
            }
            let time = self.time(now);
            let leftover = if self.leftover(screen) == Leftover::Text { Leftover::Text } else { line };
            let job = self.jobs.front_mut()?;
            let delivery = job.delivery.get_or_insert_with(|| Delivery::new(job.letter.parcel(), time));
            let mut eyes = Eyes { screen, seen: &self.seen, letter: &job.letter, leftover, now, time };
            match delivery.next(&mut eyes, time) {
                Next::Type(stroke) => {
                    let bytes = job.letter.encode(stroke, &eyes.screen.terminal.frame().modes);
                    if matches!(stroke, Stroke::Text(_)) {
                        let discipline = eyes.discipline();
                        self.seen.typed(&bytes, discipline);
                    } else {
                        self.seen.typed(&bytes, Discipline::Raw);
                    }
                    job.bytes += bytes.len() as u64;
                    self.wake = None;
                    return Some(bytes);
                }
                Next::Wait(at) => self.wake = Some(self.instant(at).max(now + TICK)),
                Next::Settled(outcome) => {
                    match outcome {
                        // A text that was lost earlier must not be looked for in output that came later.
                        Outcome::Typed(Receipt::Submitted) => self.left = None,
                        _ => self.left = delivery.left().or(self.left.take()),
                    }
                    self.wake = None;
                    let went = went(delivery);
                    let Some(Job { bytes, reply, .. }) = self.jobs.pop_front() else { continue };
                    let _gone = reply.send(match outcome {
                        Outcome::Typed(receipt) => Ok(Delivered { bytes, receipt, went }),
                        Outcome::Refused(why) => Err(InputRefused::Delivery(why)),
                    });
                }
            }
        }
    }

    fn time(&self, at: Instant) -> Time {
        Time(at.saturating_duration_since(self.epoch).as_millis() as u64)
    }

    fn instant(&self, at: Time) -> Instant {
        self.epoch + Duration::from_millis(at.0)
    }
}

fn went(delivery: &Delivery) -> Went {
    match delivery.answers() {
        Some(_) => Went::ToQuestion,
        None => Went::ToPrompt,
    }
}

/// The unit of the core's clock.
const TICK: Duration = Duration::from_millis(1);

impl Job {
    fn has_begun(&self) -> bool {
        self.delivery.as_ref().is_some_and(Delivery::has_begun)
    }
}

impl Seen {
    fn typed(&mut self, bytes: &[u8], discipline: Discipline) {
        // Bytes that end a line, discard it, or submit it unfinished: CR, LF, ^C, ^D, ^U.
        let ended = bytes.iter().rposition(|byte| matches!(byte, b'\r' | b'\n' | 0x03 | 0x04 | 0x15));
        match (ended, discipline) {
            (Some(at), _) => self.unfinished = bytes.len() - at - 1,
            (None, Discipline::Cooked) => self.unfinished += bytes.len(),
            (None, Discipline::Raw) => {}
        }
    }
}

/// The view of the screen and the program that a delivery gets.
struct Eyes<'a> {
    screen: &'a mut Screen,
    seen: &'a Seen,
    letter: &'a Letter,
    leftover: Leftover,
    now: Instant,
    time: Time,
}

impl Sight for Eyes<'_> {
    fn asks(&mut self) -> Option<String> {
        self.screen.summarise_if_stale(self.now);
        self.screen.verdict(self.now).activity.question().map(|question| question.text.clone())
    }

    fn leftover(&mut self) -> Leftover {
        self.leftover
    }

    fn works_since(&mut self) -> Option<Time> {
        let verdict = self.screen.verdict(self.now);
        let exact = matches!(verdict.source, Source::Program | Source::Title);
        let works = exact && matches!(verdict.activity, Activity::Working | Activity::Failing(_));
        let age = screen::now() - verdict.since;
        works.then(|| Time(self.time.0.saturating_sub(age.0)))
    }

    fn drawn(&mut self) -> Drawn {
        self.seen.drawn
    }

    fn wrote_at(&mut self) -> Option<Time> {
        self.seen.wrote_at
    }

    fn discipline(&mut self) -> Discipline {
        match self.seen.pid.and_then(line_discipline) {
            Some(LineDiscipline::Cooked) => Discipline::Cooked,
            Some(LineDiscipline::Raw) | None => Discipline::Raw,
        }
    }

    fn reads(&mut self) -> Reads {
        match self.seen.pid.is_some_and(reads_terminal) {
            true => Reads::Yes,
            false => Reads::Unknown,
        }
    }

    fn line_bytes(&mut self) -> usize {
        self.letter.line_bytes(self.seen.unfinished, &self.screen.terminal.frame().modes)
    }

    fn picture(&mut self) -> Picture {
        picture(self.screen)
    }
}

fn picture(screen: &mut Screen) -> Picture {
    let frame = screen.terminal.frame();
    Picture { rows: frame.rows.iter().map(|row| row.text()).collect(), cursor: (frame.cursor.column, frame.cursor.row) }
}
