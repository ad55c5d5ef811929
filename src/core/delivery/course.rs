//! The course of one delivery: decides when each stroke is typed, and what the delivery's result is.

use super::limits::{
    COOKED_LINE_BYTES_MAX, DRAWN_WAIT_MS, ENTERS_MAX, FIRST_SIGHT_MAX_MS, FIRST_SIGHT_STILL_MS, KEY_MAX_MS,
    KEY_STILL_MS, LOOK_MS, READS_LOOK_MS, SHOWN_WAIT_MS, SWALLOWED_MS, TEXT_MAX_MS, TEXT_STILL_MS, UNREAD_MAX_MS,
    UNREAD_STILL_MS,
};
use super::parcel::{Amid, Asked, Next, Outcome, Parcel, Press, Receipt, Refusal, Stroke, Tail, Unconfirmed};
use super::sight::{Discipline, Drawn, Leftover, Reads, Sight};
use super::{Left, Picture, Shown};
use crate::time::{Span, Time};
use alloc::string::String;

/// A delivery that is under way.
#[derive(Clone, Debug)]
pub struct Delivery {
    parcel: Parcel,
    /// When the delivery began, in milliseconds since the epoch.
    began: Time,
    stage: Stage,
    /// Number of keys pressed so far; an Enter that was repeated counts once.
    pressed: usize,
    /// Whether the delivery checks on the screen that its text was submitted.
    looks: Looks,
    /// The result of the delivery, as far as it is known.
    receipt: Receipt,
    /// The question that was on the screen when the first stroke was typed as its answer.
    answers: Option<String>,
    /// Whether someone else has typed since the Enter.
    disturbed: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    /// No stroke of the delivery has been typed yet.
    Waiting,
    /// A stroke was typed at `at`, and the program gets time to take it in; `before` is the screen before the text.
    Typed { at: Time, pause: Pause, before: Picture },
    /// Enter was pressed at `at` for a text that was shown on the screen.
    Sent { at: Time, enters: u32, shown: Shown, gone_since: Option<Time> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// The screen is checked: whether the text is shown, and whether it is submitted.
    Yes,
    /// The screen is not checked: there is no text with an Enter, or the text answers a question.
    No,
}

/// The time that a program gets to take in one stroke before the next one is typed.
#[derive(Clone, Copy, Debug)]
struct Pause {
    /// The pause ends when the program has written something after the stroke, and then nothing for this time.
    still: Span,
    /// The pause ends after this span at the latest, even if the program still writes.
    longest: Span,
}

const AFTER_TEXT: Pause = Pause { still: Span(TEXT_STILL_MS), longest: Span(TEXT_MAX_MS) };
const AFTER_KEY: Pause = Pause { still: Span(KEY_STILL_MS), longest: Span(KEY_MAX_MS) };

/// Whether and when a program can be typed text.
enum Ready {
    Now,
    At(Time),
    Never,
}

impl Delivery {
    /// Begins a delivery at `now`.
    pub fn new(parcel: Parcel, now: Time) -> Delivery {
        let has_words = parcel.text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let looks = if has_words && parcel.keys.first() == Some(&Press::Enter) { Looks::Yes } else { Looks::No };
        Delivery {
            parcel,
            began: now,
            stage: Stage::Waiting,
            pressed: 0,
            looks,
            receipt: Receipt::Typed,
            answers: None,
            disturbed: false,
        }
    }

    /// Returns what to do next.
    pub fn next(&mut self, sight: &mut impl Sight, now: Time) -> Next {
        match &self.stage {
            Stage::Waiting => self.begin(sight, now),
            Stage::Typed { .. } => self.go_on(sight, now),
            Stage::Sent { .. } => self.look(sight, now),
        }
    }

    /// Returns the question that the delivery was typed into as its answer; an empty text if the words are not known.
    pub fn answers(&self) -> Option<&str> {
        self.answers.as_deref()
    }

    /// Whether nobody else may type now, because a text waits for its Enter.
    pub fn holds_keyboard(&self) -> bool {
        matches!(self.stage, Stage::Typed { .. })
    }

    /// Whether anything was typed yet.
    pub fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Waiting)
    }

    /// Notes that someone else has typed: the text on the screen may be theirs, so Enter is not pressed again.
    pub fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// Returns the receipt of a delivery whose program has ended. A program that ended after its Enter has taken the
    /// text; none means that it never got all of the text.
    pub fn ended(&self) -> Option<Receipt> {
        matches!(self.stage, Stage::Sent { .. }).then_some(Receipt::Submitted)
    }

    /// Returns the text that was typed but could not be submitted; none when no text remains.
    pub fn left(&self) -> Option<Left> {
        match (&self.receipt, &self.stage) {
            (Receipt::Unconfirmed(_), Stage::Sent { shown, .. }) => Some(Left::Shown(shown.clone())),
            (Receipt::Unconfirmed(_), Stage::Typed { before, .. }) => {
                Some(Left::Unseen { text: self.parcel.text.clone()?, before: before.clone() })
            }
            _ => None,
        }
    }

    /// Returns the question that forbids typing the next stroke.
    fn in_the_way(&self, sight: &mut impl Sight) -> Option<String> {
        match self.parcel.asked {
            Asked::Refused => sight.asks(),
            Asked::Answered => None,
        }
    }

    fn begin(&mut self, sight: &mut impl Sight, now: Time) -> Next {
        if let Some(question) = self.in_the_way(sight) {
            return refused(Refusal::Asks(question));
        }
        if self.parcel.text.is_none() {
            self.answers = sight.asks();
            return self.press(Picture::default(), now);
        }
        match self.ready(sight, now) {
            Ready::At(at) => return Next::Wait(at),
            Ready::Never => return refused(Refusal::NothingDrawn { waited: Span(DRAWN_WAIT_MS) }),
            Ready::Now => {}
        }
        match sight.leftover() {
            // The earlier text may be submitted at this very moment.
            Leftover::Text if self.parcel.asked == Asked::Refused => {
                let limit = self.began + Span(SWALLOWED_MS);
                return if now < limit {
                    Next::Wait(limit.min(now + Span(LOOK_MS)))
                } else {
                    refused(Refusal::Leftover)
                };
            }
            Leftover::Line if self.parcel.amid == Amid::Refused => return refused(Refusal::Amid),
            Leftover::Nothing | Leftover::Text | Leftover::Line => {}
        }
        let discipline = sight.discipline();
        let bytes = if discipline == Discipline::Cooked { sight.line_bytes() } else { 0 };
        if bytes > COOKED_LINE_BYTES_MAX {
            return refused(Refusal::LineTooLong { bytes });
        }
        self.answers = sight.asks();
        if self.answers.is_some() {
            self.looks = Looks::No;
        }
        self.stage = Stage::Typed { at: now, pause: AFTER_TEXT, before: sight.picture() };
        Next::Type(Stroke::Text(self.tail(discipline)))
    }

    /// Returns when the program can be typed text. A program that has been running for a while is ready; one that is
    /// starting gets time.
    fn ready(&self, sight: &mut impl Sight, now: Time) -> Ready {
        let Drawn::Since(first) = sight.drawn() else {
            let limit = self.began + Span(DRAWN_WAIT_MS);
            return match (sight.discipline(), sight.reads()) {
                // A program with a raw terminal may wait for an answer of its terminal, and draw its screen only then.
                (Discipline::Cooked, Reads::Yes) => Ready::Now,
                _ if now >= limit => Ready::Never,
                _ => Ready::At(limit.min(now + Span(READS_LOOK_MS))),
            };
        };
        if now >= first + Span(UNREAD_MAX_MS) {
            return Ready::Now;
        }
        let last = sight.wrote_at().map_or(first, |wrote| wrote.max(first));
        let at = |still, max| (first + Span(max)).min(last + Span(still));
        let settled = at(FIRST_SIGHT_STILL_MS, FIRST_SIGHT_MAX_MS);
        if now < settled {
            return Ready::At(settled);
        }
        let unread = at(UNREAD_STILL_MS, UNREAD_MAX_MS);
        if now < unread && sight.discipline() == Discipline::Cooked && sight.reads() != Reads::Yes {
            return Ready::At(unread.min(now + Span(READS_LOOK_MS)));
        }
        Ready::Now
    }

    fn tail(&self, discipline: Discipline) -> Tail {
        let breaks = self.parcel.text.as_ref().is_some_and(|text| text.ends_with('\\'));
        match (discipline, self.parcel.keys.first()) {
            (Discipline::Raw, Some(Press::Enter)) if breaks => Tail::Blank,
            _ => Tail::AsGiven,
        }
    }

    /// Presses the next key as soon as the program has taken in the stroke before it.
    fn go_on(&mut self, sight: &mut impl Sight, now: Time) -> Next {
        let Stage::Typed { at, pause, before } = &self.stage else { return self.settled() };
        let key = self.parcel.keys.get(self.pressed);
        // A text gets its time even where no key follows it, because its Enter may come as the next delivery.
        if key.is_none() && (self.pressed > 0 || self.parcel.text.is_none()) {
            return self.settled();
        }
        let longest = *at + pause.longest;
        let over =
            sight.wrote_at().filter(|wrote| wrote > at).map_or(longest, |wrote| longest.min(wrote + pause.still));
        if now < over {
            return Next::Wait(over);
        }
        let Some(key) = key else { return self.settled() };
        if let Some(question) = self.in_the_way(sight) {
            return self.unconfirmed(Unconfirmed::Asks(question));
        }
        if self.looks == Looks::No || self.pressed > 0 || *key != Press::Enter {
            return self.press(before.clone(), now);
        }
        if sight.discipline() == Discipline::Cooked {
            self.receipt = Receipt::Submitted;
            return self.press(before.clone(), now);
        }
        let text = self.parcel.text.as_deref().unwrap_or_default();
        match Shown::find(text, before, &sight.picture()) {
            Some(shown) => {
                self.stage = Stage::Sent { at: now, enters: 1, shown, gone_since: None };
                self.disturbed = false;
                self.pressed = 1;
                Next::Type(Stroke::Key(0))
            }
            None if now >= *at + Span(SHOWN_WAIT_MS) => self.unconfirmed(Unconfirmed::NotShown),
            None => Next::Wait(now + Span(LOOK_MS)),
        }
    }

    /// Checks on the screen whether the text was submitted after its Enter.
    fn look(&mut self, sight: &mut impl Sight, now: Time) -> Next {
        let question = self.in_the_way(sight);
        let Stage::Sent { at, enters, shown, gone_since } = &mut self.stage else { return self.settled() };
        let works = sight.works_since().is_some_and(|since| since > *at);
        if works || sight.discipline() == Discipline::Cooked {
            return self.submitted(sight, now);
        }
        if now < *at + Span(LOOK_MS) {
            return Next::Wait(*at + Span(LOOK_MS));
        }
        if !shown.stands_in(&sight.picture()) {
            return match gone_since {
                Some(since) if now >= *since + Span(LOOK_MS) => self.submitted(sight, now),
                Some(since) => Next::Wait(*since + Span(LOOK_MS)),
                None => {
                    *gone_since = Some(now);
                    Next::Wait(now + Span(LOOK_MS))
                }
            };
        }
        *gone_since = None;
        if let Some(question) = question {
            return self.unconfirmed(Unconfirmed::Asks(question));
        }
        if now < *at + Span(SWALLOWED_MS) {
            return Next::Wait(now + Span(LOOK_MS));
        }
        if *enters >= ENTERS_MAX || self.disturbed {
            let enters = *enters;
            return self.unconfirmed(Unconfirmed::Stands { enters });
        }
        *enters += 1;
        *at = now;
        Next::Type(Stroke::Key(0))
    }

    /// Notes that the text is submitted, and continues with the keys after its Enter.
    fn submitted(&mut self, sight: &mut impl Sight, now: Time) -> Next {
        self.receipt = Receipt::Submitted;
        self.stage = Stage::Typed { at: now, pause: AFTER_KEY, before: Picture::default() };
        self.go_on(sight, now)
    }

    fn press(&mut self, before: Picture, now: Time) -> Next {
        let key = self.pressed;
        self.pressed += 1;
        self.stage = Stage::Typed { at: now, pause: AFTER_KEY, before };
        if key < self.parcel.keys.len() { Next::Type(Stroke::Key(key)) } else { self.settled() }
    }

    fn unconfirmed(&mut self, why: Unconfirmed) -> Next {
        // A failure after a text was submitted does not change that it was submitted.
        if self.receipt != Receipt::Submitted {
            self.receipt = Receipt::Unconfirmed(why);
        }
        self.settled()
    }

    fn settled(&self) -> Next {
        Next::Settled(Outcome::Typed(self.receipt.clone()))
    }
}

fn refused(why: Refusal) -> Next {
    Next::Settled(Outcome::Refused(why))
}
