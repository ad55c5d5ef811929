//! Text that nobody waits for at the screen: it is typed once the program is idle and no person is in its way.
//!
//! A message that is typed into a question answers it, and one that is typed into what a person is writing is sent off
//! with it. So such text is held while
//!
//! * the program works, or what was asked for earlier is still being typed;
//! * it asks a person, as its status says;
//! * a person has typed something and not sent it off, for [`WRITING_SPELL`] after their last key;
//! * it is frozen.
//!
//! Nothing is looked at again and again: each of these ends with an event of the run's task, or at an instant known.

use super::task::Task;
use super::typist::{Reply, Stroke};
use super::{InputRefused, Order};
use crate::status::stroke;
use crate::wire::FromKeeper;
use quarterdeck_core::status::{self, Activity};
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
    /// When a person last pressed a key without sending off what they wrote.
    writing_at: Option<Instant>,
    frozen: bool,
}

struct Held {
    strokes: Vec<Stroke>,
    reply: Reply,
}

impl Patience {
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

    /// This was typed.
    pub(super) fn typed(&mut self, bytes: &[u8], now: Instant) {
        let Some(stroke) = stroke(bytes) else { return };
        let sent_off = stroke == status::Stroke::Sent || bytes == b"\x1b";
        self.writing_at = (!sent_off).then_some(now);
    }

    /// Takes a request in. Those whose asker has gone make room.
    fn hold(&mut self, strokes: Vec<Stroke>, reply: Reply, waiting: u64) {
        self.forget_the_gone();
        if self.held.len() >= HELD_REQUESTS_MAX {
            let _gone = reply.send(Err(InputRefused::Full { waiting }));
            return;
        }
        self.held.push_back(Held { strokes, reply });
    }

    fn forget_the_gone(&mut self) {
        self.held.retain(|held| !held.reply.is_closed());
    }

    /// When the first request may be typed, if nothing else happens. `activity`: of the program.
    fn due(&self, activity: &Activity, now: Instant) -> Option<Instant> {
        if self.held.is_empty() || self.frozen || !activity.is_at_rest() {
            return None;
        }
        Some(self.writing_at.map_or(now, |at| now.max(at + WRITING_SPELL)))
    }
}

impl Task {
    /// Holds a request until the program is idle.
    pub(super) fn hold(&mut self, strokes: Vec<Stroke>, reply: Reply) {
        let waiting = self.typist.bytes_waiting();
        self.patience.hold(strokes, reply, waiting);
    }

    /// When what is held may be typed, if nothing else happens before.
    pub(super) fn held_due(&mut self, now: Instant) -> Option<Instant> {
        let activity = &self.screen.verdict(now).activity;
        self.patience.due(activity, now).filter(|_| self.typist.next_due().is_none())
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
    use quarterdeck_core::status::{Question, QuestionKind};
    use tokio::sync::oneshot;

    /// One that holds a request, with the end of whoever asked.
    fn holding() -> (Patience, Instant, oneshot::Receiver<Result<u64, InputRefused>>) {
        let (reply, answer) = oneshot::channel();
        let mut patience = Patience::default();
        patience.hold(vec![Stroke::Paste("hi".into())], reply, 0);
        (patience, Instant::now(), answer)
    }

    #[test]
    fn only_a_program_that_waits_for_a_prompt_is_typed_one() {
        let (patience, now, _answer) = holding();
        let asks = Activity::Asks(Question::new(QuestionKind::Permission, "May I?"));
        for (activity, due) in [
            (Activity::Idle, Some(now)),
            (Activity::Done, Some(now)),
            (Activity::Failed(String::new()), Some(now)),
            (Activity::Failing(String::new()), None),
            (Activity::Working, None),
            (asks, None),
        ] {
            assert_eq!(patience.due(&activity, now), due, "{activity:?}");
        }
    }

    #[test]
    fn what_a_person_writes_is_not_sent_off_for_them() {
        let (mut patience, now, _answer) = holding();
        patience.typed(b"half a sen", now);
        assert_eq!(patience.due(&Activity::Idle, now), Some(now + WRITING_SPELL));
        patience.typed(b"tence\r", now);
        assert_eq!(patience.due(&Activity::Idle, now), Some(now));
        patience.typed(b"\x1b[200~pasted\x1b[201~", now);
        assert_eq!(patience.due(&Activity::Idle, now), Some(now + WRITING_SPELL));
        patience.typed(b"\x1b", now);
        assert_eq!(patience.due(&Activity::Idle, now), Some(now), "it was thrown away");
    }

    #[test]
    fn a_frozen_program_is_typed_nothing() {
        let (mut patience, now, _answer) = holding();
        patience.ordered(&Order::Freeze);
        assert_eq!(patience.due(&Activity::Idle, now), None);
        patience.told(&FromKeeper::Thawed);
        assert_eq!(patience.due(&Activity::Idle, now), Some(now));
    }

    #[test]
    fn whoever_no_longer_waits_makes_room_and_too_many_are_refused() {
        let (mut patience, now, answer) = holding();
        drop(answer);
        let mut answers: Vec<_> = (0..=HELD_REQUESTS_MAX)
            .map(|_| {
                let (reply, answer) = oneshot::channel();
                patience.hold(Vec::new(), reply, 7);
                answer
            })
            .collect();
        assert_eq!(patience.held.len(), HELD_REQUESTS_MAX);
        let last = answers.pop().and_then(|mut answer| answer.try_recv().ok());
        assert_eq!(last, Some(Err(InputRefused::Full { waiting: 7 })));
        drop(answers);
        patience.forget_the_gone();
        assert_eq!(patience.due(&Activity::Idle, now), None);
    }
}
