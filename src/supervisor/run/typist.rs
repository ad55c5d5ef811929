//! Types keys without checks: a person's keys, because the person sees the result, and the keys that ask a program to
//! end.
//!
//! One stroke of a request follows another only once the program has answered that one and fallen silent, or its time
//! has ended:
//!
//! ```text
//!  key ──► output ──► 50 ms of silence ──► key
//!      └──────── 250 ms at most ───────┘
//! ```
//!
//! Requests are served in their order; a single stroke waits only for those before it. Input that will be submitted,
//! or must not answer a question, goes through the courier instead (`courier.rs`).

use super::handle::InputRefused;
use quarterdeck_core::delivery::{KEY_MAX_MS, KEY_STILL_MS, TEXT_MAX_MS, TEXT_STILL_MS};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The pause in which a program may process a stroke before the next one.
struct Pause {
    /// The silence after the program's answer that ends the pause.
    silence: Duration,
    /// The longest duration of the pause, whatever the program writes.
    longest: Duration,
}

const AFTER_TEXT: Pause =
    Pause { silence: Duration::from_millis(TEXT_STILL_MS), longest: Duration::from_millis(TEXT_MAX_MS) };
const AFTER_KEY: Pause =
    Pause { silence: Duration::from_millis(KEY_STILL_MS), longest: Duration::from_millis(KEY_MAX_MS) };

/// The sender for the result of a request: the number of bytes that were typed.
pub(super) type Reply = oneshot::Sender<Result<u64, InputRefused>>;

/// A request in progress.
struct Job {
    taken_at: Instant,
    strokes: VecDeque<Vec<u8>>,
    reply: Option<Reply>,
    bytes: u64,
    /// The previous stroke, if there was one.
    last: Option<Typed>,
}

/// A stroke that was typed.
struct Typed {
    pause: &'static Pause,
    at: Instant,
    /// When the program last wrote since the stroke.
    answered_at: Option<Instant>,
}

impl Typed {
    /// Returns when the next stroke may follow.
    fn over_at(&self) -> Instant {
        let longest = self.at + self.pause.longest;
        self.answered_at.map_or(longest, |at| longest.min(at + self.pause.silence))
    }
}

/// The requests that wait, and the one in progress.
#[derive(Default)]
pub(super) struct Typist {
    jobs: VecDeque<Job>,
    bytes_waiting: u64,
}

impl Typist {
    /// Queues a request after those before it.
    pub(super) fn take(&mut self, strokes: Vec<Vec<u8>>, reply: Option<Reply>, now: Instant) {
        self.bytes_waiting += strokes.iter().map(|stroke| stroke.len() as u64).sum::<u64>();
        self.jobs.push_back(Job { taken_at: now, strokes: strokes.into(), reply, bytes: 0, last: None });
    }

    /// Drops the strokes that are not typed yet; their callers learn that they were not typed.
    pub(super) fn drop_all(&mut self) {
        self.jobs.clear();
        self.bytes_waiting = 0;
    }

    /// Returns the number of bytes that are not typed yet.
    pub(super) fn bytes_waiting(&self) -> u64 {
        self.bytes_waiting
    }

    /// Records that the program wrote something.
    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(last) = self.jobs.front_mut().and_then(|job| job.last.as_mut()) {
            last.answered_at = Some(now);
        }
    }

    /// Returns when the next stroke may be typed; none if there is none.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let job = self.jobs.front()?;
        Some(job.last.as_ref().map_or(job.taken_at, Typed::over_at))
    }

    /// Returns the next stroke, if it is due. Call it until it returns none.
    pub(super) fn next(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_due()? > now {
            return None;
        }
        let job = self.jobs.front_mut()?;
        let stroke = job.strokes.pop_front().unwrap_or_default();
        let pause = if stroke.len() > 1 { &AFTER_TEXT } else { &AFTER_KEY };
        self.bytes_waiting -= stroke.len() as u64;
        job.bytes += stroke.len() as u64;
        job.last = Some(Typed { pause, at: now, answered_at: None });
        if job.strokes.is_empty()
            && let Some(Job { reply: Some(reply), bytes, .. }) = self.jobs.pop_front()
        {
            let _gone = reply.send(Ok(bytes));
        }
        Some(stroke)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a typist with two strokes, of which the first is typed, and the instant of that.
    fn typed_first() -> (Typist, Instant, oneshot::Receiver<Result<u64, InputRefused>>) {
        let (reply, answer) = oneshot::channel();
        let (mut typist, start) = (Typist::default(), Instant::now());
        typist.take(vec![vec![3], vec![3]], Some(reply), start);
        assert_eq!(typist.next(start), Some(vec![3]));
        assert_eq!(typist.next(start), None);
        (typist, start, answer)
    }

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn two_ctrl_c_are_two_writes_and_no_more_than_a_quarter_of_a_second_apart() {
        let (mut typist, start, mut answer) = typed_first();
        assert_eq!(typist.next(start + ms(249)), None);
        assert!(answer.try_recv().is_err(), "half of it is not typed");
        assert_eq!(typist.next(start + ms(250)), Some(vec![3]));
        assert_eq!(answer.try_recv(), Ok(Ok(2)));
        assert_eq!((typist.next(start + ms(250)), typist.next_due()), (None, None));
    }

    #[test]
    fn a_stroke_follows_when_the_answer_to_the_one_before_has_settled() {
        let (mut typist, start, _answer) = typed_first();
        typist.answered(start + ms(20));
        typist.answered(start + ms(40));
        assert_eq!(typist.next_due(), Some(start + ms(90)));
    }

    #[test]
    fn a_single_stroke_waits_for_nothing_but_those_before_it() {
        let (mut typist, start, _answer) = typed_first();
        typist.take(vec![b"x".to_vec()], None, start);
        assert_eq!(typist.bytes_waiting(), 2);
        assert!(typist.next(start + ms(249)).is_none());
        assert_eq!(typist.next(start + ms(250)), Some(vec![3]));
        assert_eq!(typist.next(start + ms(250)), Some(b"x".to_vec()));
        assert_eq!(typist.bytes_waiting(), 0);
    }

    #[test]
    fn what_is_dropped_is_told() {
        let (mut typist, start, mut answer) = typed_first();
        typist.drop_all();
        assert_eq!(typist.next(start + ms(1_000)), None);
        assert_eq!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
