//! Text that nobody waits for at the screen: it is typed once the program is idle and no person is in its way.
//!
//! A message that is typed into a question answers it, and one that is typed into what a person is writing is sent off
//! with it. So such text is held while
//!
//! * the program works, or what was asked for earlier is still being typed;
//! * it has called for a person (bell, notification; also under an earlier supervisor) and nobody has answered on the
//!   keyboard since, or its title asks;
//! * a person has typed something and not sent it off, for [`WRITING_SPELL`] after their last key;
//! * it is frozen.
//!
//! Nothing is looked at again and again: each of these ends with an event of the run's task, or at an instant known.

use super::attention::Attention;
use super::task::Task;
use super::typist::{Reply, Stroke};
use super::{InputRefused, Order, When};
use crate::term::TermSignal;
use crate::wire::FromKeeper;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Requests that are held at one time.
const HELD_REQUESTS_MAX: usize = 16;
/// How long a person's text that was not sent off is left alone.
const WRITING_SPELL: Duration = Duration::from_secs(60);

/// What is held, and what a person is at.
#[derive(Default)]
pub(super) struct Patience {
    held: VecDeque<Held>,
    /// The program has called, and nobody has answered.
    called: bool,
    /// Whether anything was typed that could be an answer.
    answered: bool,
    /// When a person last pressed a key without sending off what they wrote.
    writing_at: Option<Instant>,
    frozen: bool,
}

struct Held {
    strokes: Vec<Stroke>,
    reply: Reply,
}

impl Patience {
    /// The terminal gave this signal. A bell that answers a key calls nobody.
    pub(super) fn heard(&mut self, signal: &TermSignal, attention: &Attention, now: Instant) {
        self.called |= match signal {
            TermSignal::Bell => !attention.answers_key(now),
            TermSignal::Notification(_) => true,
            _ => false,
        };
    }

    /// The kernel gave this order.
    pub(super) fn ordered(&mut self, order: &Order) {
        self.frozen |= *order == Order::Freeze;
    }

    /// The keeper told this.
    pub(super) fn told(&mut self, message: &FromKeeper<'_>) {
        match message {
            FromKeeper::Frozen { .. } => self.frozen = true,
            FromKeeper::FreezeFailed { .. } | FromKeeper::Thawed => self.frozen = false,
            _ => {}
        }
    }

    /// This was typed. Reports of the mouse and of the window's focus, and keys that only move something, are neither
    /// an answer nor text.
    pub(super) fn typed(&mut self, bytes: &[u8], now: Instant) {
        let moves = bytes.starts_with(b"\x1b") && bytes.len() > 1 && !bytes.starts_with(b"\x1b[200~");
        if moves {
            return;
        }
        self.called = false;
        self.answered = true;
        let sent_off = bytes.ends_with(b"\r") || bytes.ends_with(b"\x03") || bytes == b"\x1b";
        self.writing_at = (!sent_off).then_some(now);
    }

    /// Takes a request in. Those whose asker has gone make room.
    fn hold(&mut self, strokes: Vec<Stroke>, when: When, reply: Reply, waiting: u64) {
        self.forget_the_gone();
        self.called |= when == When::IdleOnceAnswered && !self.answered;
        if self.held.len() >= HELD_REQUESTS_MAX {
            let _gone = reply.send(Err(InputRefused::Full { waiting }));
            return;
        }
        self.held.push_back(Held { strokes, reply });
    }

    fn forget_the_gone(&mut self) {
        self.held.retain(|held| !held.reply.is_closed());
    }

    /// When the first request may be typed, if nothing else happens; `silent_at` is when the program counts as idle.
    fn due(&self, silent_at: Option<Instant>, now: Instant) -> Option<Instant> {
        if self.held.is_empty() || self.called || self.frozen {
            return None;
        }
        let left_alone = self.writing_at.map(|at| at + WRITING_SPELL);
        Some([silent_at, left_alone].into_iter().flatten().fold(now, Instant::max))
    }
}

impl Task {
    /// Holds a request until the program is idle.
    pub(super) fn hold(&mut self, strokes: Vec<Stroke>, when: When, reply: Reply) {
        let waiting = self.typist.bytes_waiting();
        self.patience.hold(strokes, when, reply, waiting);
    }

    /// When what is held may be typed, if nothing else happens before.
    pub(super) fn held_due(&self, now: Instant) -> Option<Instant> {
        let in_the_way = self.attention.title_asks() || self.typist.next_due().is_some();
        self.patience.due(self.screen.silent_at(), now).filter(|_| !in_the_way)
    }

    /// Hands the first of what is held to the typist, if its time has come.
    pub(super) fn release_held(&mut self, now: Instant) {
        self.patience.forget_the_gone();
        if self.held_due(now).is_some_and(|due| due <= now)
            && let Some(Held { strokes, reply }) = self.patience.held.pop_front()
        {
            self.take_strokes(strokes, reply, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    /// One that holds a request, with the end of whoever asked.
    fn holding() -> (Patience, Instant, oneshot::Receiver<Result<u64, InputRefused>>) {
        let (reply, answer) = oneshot::channel();
        let mut patience = Patience::default();
        patience.hold(vec![Stroke::Paste("hi".into())], When::Idle, reply, 0);
        (patience, Instant::now(), answer)
    }

    #[test]
    fn a_program_that_works_is_waited_for() {
        let (patience, now, _answer) = holding();
        assert_eq!(patience.due(None, now), Some(now));
        let silent_at = now + Duration::from_secs(2);
        assert_eq!(patience.due(Some(silent_at), now), Some(silent_at));
    }

    #[test]
    fn a_call_is_over_when_someone_answers_it_on_the_keyboard() {
        let (mut patience, now, _answer) = holding();
        patience.heard(&TermSignal::Notification("may I?".into()), &Attention::default(), now);
        for moves in [&b"\x1b[I"[..], b"\x1b[<0;3;4M", b"\x1b[A", b"\x1bOB"] {
            patience.typed(moves, now);
            assert_eq!(patience.due(None, now), None, "{moves:?}");
        }
        patience.typed(b"y\r", now);
        assert_eq!(patience.due(None, now), Some(now));
    }

    #[test]
    fn what_a_person_writes_is_not_sent_off_for_them() {
        let (mut patience, now, _answer) = holding();
        patience.typed(b"half a sen", now);
        assert_eq!(patience.due(None, now), Some(now + WRITING_SPELL));
        patience.typed(b"tence\r", now);
        assert_eq!(patience.due(None, now), Some(now));
        patience.typed(b"\x1b[200~pasted\x1b[201~", now);
        assert_eq!(patience.due(None, now), Some(now + WRITING_SPELL));
        patience.typed(b"\x1b", now);
        assert_eq!(patience.due(None, now), Some(now), "it was thrown away");
    }

    #[test]
    fn a_call_that_an_earlier_supervisor_heard_may_still_stand() {
        let (mut patience, now, _answer) = holding();
        let (reply, _second) = oneshot::channel();
        patience.hold(Vec::new(), When::IdleOnceAnswered, reply, 0);
        assert_eq!(patience.due(None, now), None);
        patience.typed(b"n\r", now);
        let (reply, _third) = oneshot::channel();
        patience.hold(Vec::new(), When::IdleOnceAnswered, reply, 0);
        assert_eq!(patience.due(None, now), Some(now), "it was answered since");
    }

    #[test]
    fn a_frozen_program_is_typed_nothing() {
        let (mut patience, now, _answer) = holding();
        patience.ordered(&Order::Freeze);
        assert_eq!(patience.due(None, now), None);
        patience.told(&FromKeeper::Thawed);
        assert_eq!(patience.due(None, now), Some(now));
    }

    #[test]
    fn whoever_no_longer_waits_makes_room_and_too_many_are_refused() {
        let (mut patience, now, answer) = holding();
        drop(answer);
        let mut answers: Vec<_> = (0..=HELD_REQUESTS_MAX)
            .map(|_| {
                let (reply, answer) = oneshot::channel();
                patience.hold(Vec::new(), When::Idle, reply, 7);
                answer
            })
            .collect();
        assert_eq!(patience.held.len(), HELD_REQUESTS_MAX);
        let last = answers.pop().and_then(|mut answer| answer.try_recv().ok());
        assert_eq!(last, Some(Err(InputRefused::Full { waiting: 7 })));
        drop(answers);
        patience.forget_the_gone();
        assert_eq!(patience.due(None, now), None);
    }
}
