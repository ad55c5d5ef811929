//! Gives turns to texts that no person types: a turn is given once the program is idle and no person is typing.
//!
//! A message that is typed into a question answers it, and a message that is typed into a person's unfinished line is
//! submitted with it. So no turn is given while
//!
//! * the program works, or an earlier text is still being typed;
//! * the program asks a person, according to its status; or it has asked, and only its silence indicates that no other
//!   question follows: then it must have been silent for [`AFTER_QUESTION`];
//! * a text that was typed and could not be submitted is still there;
//! * a person has typed something and not submitted it, for [`WRITING_SPELL`] after their last key;
//! * the run is frozen.
//!
//! Nothing is polled: each of these conditions ends with an event of the run's task, or at a known instant.

use super::handle::{Answer, InputRefused, Order};
use crate::status::stroke;
use crate::wire::FromKeeper;
use quarterdeck_core::delivery::Leftover;
use quarterdeck_core::status::{self, Source, Verdict};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The most requests for a turn that wait at one time. Beyond it, the input is refused.
const TURNS_WAITING_MAX: usize = 16;
/// How long nothing is typed because of a person's text that was not submitted.
const WRITING_SPELL: Duration = Duration::from_secs(60);
/// How long a program must be silent after a question before anything but the answer is typed. Programs that only ring
/// a bell may ask the next question some seconds later, and nothing distinguishes that from the end of their work.
const AFTER_QUESTION: Duration = Duration::from_secs(10);
/// The shortest time between two turns: the text that got the turn is typed meanwhile.
const TURN: Duration = Duration::from_secs(1);

/// The requests that wait for a turn, and the person's unfinished line.
#[derive(Default)]
pub(super) struct Patience {
    pub(super) waiting: VecDeque<Answer<()>>,
    /// When the last turn was given.
    pub(super) given_at: Option<Instant>,
    /// When the program was last seen to ask; none if it has been silent since.
    asked_at: Option<Instant>,
    /// When a person last pressed a key without submitting the line.
    writing_at: Option<Instant>,
    frozen: bool,
}

impl Patience {
    /// Records an order of the kernel.
    pub(super) fn ordered(&mut self, order: &Order) {
        self.frozen |= *order == Order::Freeze;
    }

    /// Records a message of the keeper.
    pub(super) fn told(&mut self, message: &FromKeeper<'_>) {
        match message {
            FromKeeper::Frozen { .. } => self.frozen = true,
            FromKeeper::FreezeFailed { .. } | FromKeeper::Thawed => self.frozen = false,
            _ => {}
        }
    }

    /// Records that a person typed these bytes.
    pub(super) fn typed(&mut self, bytes: &[u8], now: Instant) {
        let Some(stroke) = stroke(bytes) else { return };
        let sent_off = stroke == status::Stroke::Sent || bytes == b"\x1b";
        self.writing_at = (!sent_off).then_some(now);
    }

    /// Returns whether a person has begun a line and not submitted it.
    pub(super) fn line(&self, now: Instant) -> Leftover {
        match self.writing_at {
            Some(at) if now < at + WRITING_SPELL => Leftover::Line,
            _ => Leftover::Nothing,
        }
    }

    /// Whether the run is frozen.
    pub(super) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Assumes that the program asked a question before this task could see it.
    pub(super) fn may_have_asked(&mut self, now: Instant) {
        self.asked_at = Some(now);
    }

    /// Records what the program is doing, and when it last wrote.
    pub(super) fn saw(&mut self, verdict: &Verdict, wrote_at: Option<Instant>, now: Instant) {
        if verdict.activity.question().is_some() {
            self.asked_at = Some(now);
        } else if self.quiet_at(wrote_at).is_some_and(|quiet| quiet <= now) {
            self.asked_at = None;
        }
    }

    /// Returns when a program that has asked will have been silent for long enough.
    fn quiet_at(&self, wrote_at: Option<Instant>) -> Option<Instant> {
        self.asked_at.map(|asked| wrote_at.map_or(asked, |wrote| wrote.max(asked)) + AFTER_QUESTION)
    }

    /// Adds a request for a turn. Requests whose callers are gone are dropped first.
    pub(super) fn wait(&mut self, reply: Answer<()>, waiting: u64) {
        self.forget_the_gone();
        if self.waiting.len() >= TURNS_WAITING_MAX {
            let _gone = reply.send(Err(InputRefused::Full { waiting }));
            return;
        }
        self.waiting.push_back(reply);
    }

    pub(super) fn forget_the_gone(&mut self) {
        self.waiting.retain(|reply| !reply.is_closed());
    }

    /// Returns when the first turn may be given, if nothing else happens.
    pub(super) fn due(&self, verdict: &Verdict, wrote_at: Option<Instant>, now: Instant) -> Option<Instant> {
        if self.waiting.is_empty() || self.frozen || !verdict.activity.is_at_rest() {
            return None;
        }
        let left_alone = self.writing_at.map(|at| at + WRITING_SPELL);
        let given = self.given_at.map(|at| at + TURN);
        let quiet = self.quiet_at(wrote_at).filter(|_| verdict.source == Source::Output);
        Some([left_alone, given, quiet].into_iter().flatten().fold(now, Instant::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarterdeck_core::status::{Activity, Question, QuestionKind};
    use quarterdeck_core::time::Time;
    use tokio::sync::oneshot;

    /// Returns a state in which one request waits, and the receiver of that request.
    fn waiting() -> (Patience, Instant, oneshot::Receiver<Result<(), InputRefused>>) {
        let (reply, answer) = oneshot::channel();
        let mut patience = Patience::default();
        patience.wait(reply, 0);
        (patience, Instant::now(), answer)
    }

    fn verdict(activity: Activity, source: Source) -> Verdict {
        Verdict { activity, source, since: Time(0) }
    }

    fn idle() -> Verdict {
        verdict(Activity::Idle, Source::Output)
    }

    fn asks() -> Verdict {
        verdict(Activity::Asks(Question::new(QuestionKind::Call, "")), Source::Call)
    }

    #[test]
    fn only_a_program_that_waits_for_a_prompt_is_typed_one() {
        let (patience, now, _answer) = waiting();
        for (activity, due) in [
            (Activity::Idle, Some(now)),
            (Activity::Done, Some(now)),
            (Activity::Failed(String::new()), Some(now)),
            (Activity::Failing(String::new()), None),
            (Activity::Working, None),
            (asks().activity, None),
        ] {
            assert_eq!(patience.due(&verdict(activity.clone(), Source::Output), None, now), due, "{activity:?}");
        }
    }

    #[test]
    fn after_a_question_silence_must_last_where_nothing_else_tells_that_no_other_follows() {
        let (mut patience, now, _answer) = waiting();
        patience.saw(&asks(), None, now);
        let wrote_at = now + Duration::from_secs(3);
        patience.saw(&idle(), Some(wrote_at), wrote_at);
        assert_eq!(patience.due(&idle(), Some(wrote_at), wrote_at), Some(wrote_at + AFTER_QUESTION));
        for source in [Source::Program, Source::Title] {
            let told = verdict(Activity::Idle, source);
            assert_eq!(patience.due(&told, Some(wrote_at), wrote_at), Some(wrote_at), "it says so itself");
        }
        let quiet = wrote_at + AFTER_QUESTION;
        patience.saw(&idle(), Some(wrote_at), quiet);
        let later = quiet + Duration::from_secs(1);
        assert_eq!(patience.due(&idle(), Some(later), later), Some(later), "that question is long over");
    }

    #[test]
    fn what_a_person_writes_is_not_sent_off_for_them() {
        let (mut patience, now, _answer) = waiting();
        let due = |patience: &Patience| patience.due(&idle(), None, now);
        patience.typed(b"half a sen", now);
        assert_eq!(due(&patience), Some(now + WRITING_SPELL));
        patience.typed(b"tence\r", now);
        assert_eq!(due(&patience), Some(now));
        patience.typed(b"\x1b[200~pasted\x1b[201~", now);
        assert_eq!(due(&patience), Some(now + WRITING_SPELL));
        patience.typed(b"\x1b", now);
        assert_eq!(due(&patience), Some(now), "it was thrown away");
    }

    #[test]
    fn a_frozen_program_is_typed_nothing() {
        let (mut patience, now, _answer) = waiting();
        patience.ordered(&Order::Freeze);
        assert_eq!(patience.due(&idle(), None, now), None);
        patience.told(&FromKeeper::Thawed);
        assert_eq!(patience.due(&idle(), None, now), Some(now));
    }

    #[test]
    fn whoever_no_longer_waits_makes_room_and_too_many_are_refused() {
        let (mut patience, now, answer) = waiting();
        drop(answer);
        let mut answers: Vec<_> = (0..=TURNS_WAITING_MAX)
            .map(|_| {
                let (reply, answer) = oneshot::channel();
                patience.wait(reply, 7);
                answer
            })
            .collect();
        assert_eq!(patience.waiting.len(), TURNS_WAITING_MAX);
        let last = answers.pop().and_then(|mut answer| answer.try_recv().ok());
        assert_eq!(last, Some(Err(InputRefused::Full { waiting: 7 })));
        drop(answers);
        patience.forget_the_gone();
        assert_eq!(patience.due(&idle(), None, now), None);
    }
}
