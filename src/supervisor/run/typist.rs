//! Types what was asked for into a terminal, one stroke after another.
//!
//! Agent programs take text and Enter that arrive together for a paste, and the Enter in it for a line break: the prompt
//! stands there and is never submitted. So a stroke follows another of the same request only once the program has
//! answered that one on its screen and fallen silent, or has had its time:
//!
//! ```text
//!  text ──► output … output ──► 150 ms of silence ──► key ──► output ──► 50 ms of silence ──► key
//!       └────────── 1 s at most ─────────────────┘       └──────── 250 ms at most ───────┘
//! ```
//!
//! Programs that are still starting drop what is typed, so the first paste waits in the same way: until the program shows
//! something and has been silent for a second. It waits 5 s at most for one that writes nothing, 15 s for one that
//! writes and shows nothing yet, and 3 s for one that shows something and goes on writing.
//!
//! Requests are served in their order; a single stroke, such as a person's key, waits for nothing but those before it.

use super::InputRefused;
use crate::term::frame::Modes;
use crate::term::keys::{self, Key};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// One thing that is typed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Stroke {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Pasted text: wrapped if the program has asked for that when its turn comes.
    Paste(String),
    /// A key, encoded as the program wants it when its turn comes.
    Key(Key),
}

/// How long a program is given to take a stroke in before the next one.
struct Pause {
    /// It has answered, and then written nothing for so long.
    silence: Duration,
    /// It gets no more than this, whatever it writes.
    longest: Duration,
}

/// After text. Codex takes an Enter for a part of a paste for 120 ms after a burst of characters.
const AFTER_TEXT: Pause = Pause { silence: Duration::from_millis(150), longest: Duration::from_secs(1) };
/// After a key. Short, because some programs want the second of two Ctrl-C within 800 ms.
const AFTER_KEY: Pause = Pause { silence: Duration::from_millis(50), longest: Duration::from_millis(250) };

/// After the start of a program that has written nothing.
const AFTER_START: Pause = Pause { silence: Duration::ZERO, longest: Duration::from_secs(5) };
/// After the start of a program that has written, and shows nothing: opencode asks what the terminal can do, and draws
/// itself up to 5 s later on a busy machine.
const AFTER_QUERIES: Pause = Pause { silence: Duration::ZERO, longest: Duration::from_secs(15) };
/// After a program has shown something for the first time. opencode, Gemini CLI, Claude Code and Codex draw themselves
/// with gaps of up to 300 ms; opencode takes no paste before all of it stands.
const AFTER_FIRST_SIGHT: Pause = Pause { silence: Duration::from_secs(1), longest: Duration::from_secs(3) };

/// Who waits to be told that a request was typed in full: how many bytes that were.
pub(super) type Reply = oneshot::Sender<Result<u64, InputRefused>>;

/// A request under way.
struct Job {
    taken_at: Instant,
    strokes: VecDeque<Stroke>,
    reply: Option<Reply>,
    bytes: u64,
    /// The stroke before, when there was one.
    last: Option<Typed>,
}

/// A stroke that was typed, or the program's start.
struct Typed {
    pause: &'static Pause,
    at: Instant,
    /// When the program last wrote since.
    answered_at: Option<Instant>,
}

impl Typed {
    fn new(pause: &'static Pause, at: Instant) -> Typed {
        Typed { pause, at, answered_at: None }
    }

    /// When the next stroke may follow.
    fn over_at(&self) -> Instant {
        let longest = self.at + self.pause.longest;
        self.answered_at.map_or(longest, |at| longest.min(at + self.pause.silence))
    }
}

/// The requests that wait, and the one under way.
#[derive(Default)]
pub(super) struct Typist {
    jobs: VecDeque<Job>,
    bytes_waiting: u64,
    /// The program's start, when that was seen.
    start: Option<Typed>,
}

impl Typist {
    /// One for a program that starts now.
    pub(super) fn with_start(now: Instant) -> Typist {
        Typist { start: Some(Typed::new(&AFTER_START, now)), ..Typist::default() }
    }

    /// Takes a request in; it follows the ones before it.
    pub(super) fn take(&mut self, strokes: Vec<Stroke>, reply: Option<Reply>, now: Instant) {
        self.bytes_waiting += strokes.iter().map(Stroke::size).sum::<u64>();
        self.jobs.push_back(Job { taken_at: now, strokes: strokes.into(), reply, bytes: 0, last: None });
    }

    /// Drops what is not typed yet; who waits for it learns that it was not typed.
    pub(super) fn drop_all(&mut self) {
        self.jobs.clear();
        self.bytes_waiting = 0;
    }

    /// Bytes of text that are not typed yet.
    pub(super) fn bytes_waiting(&self) -> u64 {
        self.bytes_waiting
    }

    /// The program wrote something; whether its screen shows anything is asked until it does.
    pub(super) fn answered(&mut self, shows: impl FnOnce() -> bool, now: Instant) {
        if let Some(last) = self.jobs.front_mut().and_then(|job| job.last.as_mut()) {
            last.answered_at = Some(now);
        }
        self.start = self.start.take().map(|start| match start.answered_at {
            Some(_) => Typed { answered_at: Some(now), ..start },
            None if shows() => Typed { answered_at: Some(now), ..Typed::new(&AFTER_FIRST_SIGHT, now) },
            None => Typed { pause: &AFTER_QUERIES, ..start },
        });
    }

    /// When the next stroke may be typed; none without one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let job = self.jobs.front()?;
        let waits_for = match job.strokes.front() {
            Some(Stroke::Paste(_)) => job.last.as_ref().or(self.start.as_ref()),
            _ => job.last.as_ref(),
        };
        Some(waits_for.map_or(job.taken_at, Typed::over_at))
    }

    /// The bytes of the next stroke, if its turn has come. Call it until it has none.
    pub(super) fn next(&mut self, modes: impl FnOnce() -> Modes, now: Instant) -> Option<Vec<u8>> {
        if self.next_due()? > now {
            return None;
        }
        let job = self.jobs.front_mut()?;
        let stroke = job.strokes.pop_front();
        let bytes = stroke.as_ref().map(|stroke| stroke.encode(modes)).unwrap_or_default();
        self.bytes_waiting -= stroke.as_ref().map_or(0, Stroke::size);
        job.bytes += bytes.len() as u64;
        job.last = stroke.map(|stroke| Typed::new(stroke.pause(), now));
        if job.strokes.is_empty()
            && let Some(Job { reply: Some(reply), bytes, .. }) = self.jobs.pop_front()
        {
            let _gone = reply.send(Ok(bytes));
        }
        Some(bytes)
    }
}

impl Stroke {
    fn encode(&self, modes: impl FnOnce() -> Modes) -> Vec<u8> {
        match self {
            Stroke::Bytes(bytes) => bytes.clone(),
            Stroke::Paste(text) => keys::encode_paste(text, &modes()),
            Stroke::Key(key) => keys::encode_key(*key, &modes()),
        }
    }

    /// What it counts for against the bound on waiting input. Keys count for nothing: a request has few.
    pub(super) fn size(&self) -> u64 {
        match self {
            Stroke::Bytes(bytes) => bytes.len() as u64,
            Stroke::Paste(text) => text.len() as u64,
            Stroke::Key(_) => 0,
        }
    }

    fn pause(&self) -> &'static Pause {
        match self {
            Stroke::Paste(_) => &AFTER_TEXT,
            Stroke::Bytes(bytes) if bytes.len() > 1 => &AFTER_TEXT,
            Stroke::Bytes(_) | Stroke::Key(_) => &AFTER_KEY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bracketed() -> Modes {
        Modes { bracketed_paste: true, ..Modes::default() }
    }

    fn prompt() -> Vec<Stroke> {
        vec![Stroke::Paste("hi".into()), Stroke::Key(Key::parse("enter").expect("a key"))]
    }

    /// A typist with a prompt, of which the text is typed, and the moment at which that was.
    fn typed_text() -> (Typist, Instant, oneshot::Receiver<Result<u64, InputRefused>>) {
        let (reply, answer) = oneshot::channel();
        let (mut typist, start) = (Typist::default(), Instant::now());
        typist.take(prompt(), Some(reply), start);
        assert_eq!(typist.next(bracketed, start).as_deref(), Some(&b"\x1b[200~hi\x1b[201~"[..]));
        assert_eq!(typist.next(bracketed, start), None);
        (typist, start, answer)
    }

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_key_follows_text_when_the_echo_has_settled() {
        let (mut typist, start, mut answer) = typed_text();
        typist.answered(|| true, start + ms(20));
        typist.answered(|| true, start + ms(100));
        assert_eq!(typist.next_due(), Some(start + ms(250)));
        assert_eq!(typist.next(bracketed, start + ms(249)), None);
        assert!(answer.try_recv().is_err(), "half a prompt is not typed");
        assert_eq!(typist.next(bracketed, start + ms(250)).as_deref(), Some(&b"\r"[..]));
        assert_eq!(answer.try_recv(), Ok(Ok(15)));
        assert_eq!(typist.next_due(), None);
    }

    #[test]
    fn a_program_that_is_never_silent_or_never_answers_gets_a_second() {
        for answers in [0, 20] {
            let (mut typist, start, _answer) = typed_text();
            (0..answers).for_each(|tenth| typist.answered(|| true, start + ms(tenth * 100)));
            assert_eq!(typist.next_due(), Some(start + ms(1_000)));
        }
    }

    #[test]
    fn two_ctrl_c_are_two_writes_and_no_more_than_a_quarter_of_a_second_apart() {
        let (mut typist, start) = (Typist::default(), Instant::now());
        typist.take(vec![Stroke::Bytes(vec![3]), Stroke::Bytes(vec![3])], None, start);
        assert_eq!(typist.next(Modes::default, start), Some(vec![3]));
        assert_eq!(typist.next(Modes::default, start + ms(249)), None);
        assert_eq!(typist.next(Modes::default, start + ms(250)), Some(vec![3]));
        assert_eq!(typist.next(Modes::default, start + ms(250)), None);
    }

    #[test]
    fn nothing_comes_between_a_text_and_its_enter() {
        let (mut typist, start, _answer) = typed_text();
        typist.take(vec![Stroke::Bytes(b"x".to_vec())], None, start);
        assert_eq!(typist.bytes_waiting(), 1);
        assert_eq!(typist.next(Modes::default, start + ms(999)), None);
        assert_eq!(typist.next(Modes::default, start + ms(1_000)).as_deref(), Some(&b"\r"[..]));
        assert_eq!(
            typist.next(Modes::default, start + ms(1_000)).as_deref(),
            Some(&b"x"[..]),
            "a new request does not wait"
        );
        assert_eq!(typist.bytes_waiting(), 0);
    }

    #[test]
    fn what_is_dropped_is_told() {
        let (mut typist, start, mut answer) = typed_text();
        typist.drop_all();
        assert_eq!(typist.next(Modes::default, start + ms(1_000)), None);
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }

    #[test]
    fn the_first_paste_waits_until_the_program_has_drawn_itself_and_a_persons_key_does_not() {
        let start = Instant::now();
        let mut typist = Typist::with_start(start);
        typist.take(vec![Stroke::Bytes(vec![b'y'])], None, start);
        assert!(typist.next(Modes::default, start).is_some());
        typist.take(prompt(), None, start);
        assert_eq!(typist.next_due(), Some(start + ms(5_000)));
        typist.answered(|| false, start + ms(100));
        assert_eq!(typist.next_due(), Some(start + ms(15_000)), "it asks what the terminal can do");
        typist.answered(|| true, start + ms(2_000));
        typist.answered(|| true, start + ms(2_300));
        assert_eq!(typist.next_due(), Some(start + ms(3_300)));
        assert!(typist.next(bracketed, start + ms(3_299)).is_none());
        assert!(typist.next(bracketed, start + ms(3_300)).is_some());
    }
}
