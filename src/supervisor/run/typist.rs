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

/// A stroke that was typed.
struct Typed {
    pause: &'static Pause,
    at: Instant,
    /// When the program last wrote since.
    answered_at: Option<Instant>,
}

impl Typed {
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
}

impl Typist {
    /// Takes a request in; it follows the ones before it.
    pub(super) fn take(&mut self, strokes: Vec<Stroke>, reply: Option<Reply>, now: Instant) {
        self.bytes_waiting += strokes.iter().map(Stroke::size).sum::<u64>();
        self.jobs.push_back(Job { taken_at: now, strokes: strokes.into(), reply, bytes: 0, last: None });
    }

    /// Drops what is not typed yet; who waits for it learns that it was not typed.
    pub(super) fn drop_all(&mut self) {
        *self = Typist::default();
    }

    /// Bytes of text that are not typed yet.
    pub(super) fn bytes_waiting(&self) -> u64 {
        self.bytes_waiting
    }

    /// The program wrote something.
    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(last) = self.jobs.front_mut().and_then(|job| job.last.as_mut()) {
            last.answered_at = Some(now);
        }
    }

    /// When the next stroke may be typed; none without one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.jobs.front().map(|job| job.last.as_ref().map_or(job.taken_at, Typed::over_at))
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
        job.last = stroke.map(|stroke| Typed { pause: stroke.pause(), at: now, answered_at: None });
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
        typist.answered(start + ms(20));
        typist.answered(start + ms(100));
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
            (0..answers).for_each(|tenth| typist.answered(start + ms(tenth * 100)));
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
}
