//! The signs of one program's activity, and the arbiter that derives one verdict from them.

use super::response::{Life, Response, Working as Works};
use super::verdict::{
    ATTEMPT_MAX, Activity, Question, QuestionKind, SILENCE, Sign, Source, Verdict, WORKING_SILENCE_MAX,
};
use super::{Speaker, Symptom, UNRESPONSIVE_AFTER, Vitals};
use crate::time::{Span, Time};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// An observation of a program or its terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// The program's own report changed to this activity; none if the program took its report back.
    Reported(Option<Activity>),
    /// The words on the program's screen changed to this activity; none if no known words are shown.
    Shows(Option<Activity>),
    /// The title of the program's window changed to this activity; none if it tells no known activity.
    Titled(Option<Activity>),
    /// The program rang the bell, or sent a notification with this text.
    Called(String),
    /// The program wrote of its own accord: no echo of keys, and no redrawing of its screen.
    Wrote,
    /// The program drew something after a key, other than the terminal's own echo.
    Drew,
    /// A stroke was typed into the terminal.
    Typed(Stroke),
    /// The program's processes were frozen, and run again.
    Thawed,
    /// The program's processes were measured, with these values; none if they could not be measured.
    Measured(Option<Vitals>),
}

/// The kind of a typed stroke, as far as it may answer a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stroke {
    /// Text, or a key that a program may take for an answer.
    Key,
    /// The end of a line, or an interrupt.
    Sent,
}

/// A call (a bell or a notification) that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Call {
    sign: Sign,
    /// Whether a key was pressed since the call; if so, the next drawing of the program shows that the key was an
    /// answer.
    key: bool,
}

/// The signs of one program, from its start, or from the time when it was found alive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signs {
    program: Option<Sign>,
    screen: Option<Sign>,
    title: Option<Sign>,
    call: Option<Call>,
    /// The last error on the screen while the program tries again, and the time until which it counts.
    trying: Option<(Sign, Time)>,
    /// When the program last wrote of its own accord.
    wrote: Option<Time>,
    /// When the program last gave a sign of life other than writing.
    lived: Option<Time>,
    /// Since when the program says that it works, if it does; a working program must show signs of life.
    works: Option<Works>,
    response: Response,
    /// Since when the program is observed.
    observed: Time,
    verdict: Verdict,
}

impl Signs {
    /// Returns the signs of a program of which nothing is known yet.
    pub fn new(now: Time) -> Signs {
        let verdict = Verdict { activity: Activity::Idle, source: Source::Output, since: now };
        Signs {
            program: None,
            screen: None,
            title: None,
            call: None,
            trying: None,
            wrote: None,
            lived: None,
            works: None,
            response: Response::default(),
            observed: now,
            verdict,
        }
    }

    /// Sets the span without a sign of life after which the program is unresponsive; none means never.
    pub fn unresponsive_after(mut self, after: Option<Span>) -> Signs {
        self.response.after(after);
        self
    }

    /// Returns the signs of a program that was found alive, with the verdict that was last known. That verdict keeps
    /// its age if the terminal says the same `now`; a call remains, because no terminal can repeat it.
    pub fn resumed(known: Option<Verdict>, now_says: [Observation; 3], now: Time) -> Signs {
        let mut signs = Signs::new(now);
        if let Some(verdict) = known {
            let called = verdict.activity.question().is_some_and(|question| question.kind == QuestionKind::Call);
            let sign = Sign { activity: verdict.activity.clone(), since: verdict.since };
            signs.call = called.then_some(Call { sign, key: false });
            signs.verdict = verdict;
        }
        now_says.into_iter().for_each(|observation| signs.take(observation, now));
        if let Activity::Unresponsive(symptom) = signs.verdict.activity {
            // The earlier content of the terminal is no sign of life.
            signs.response.resume(symptom, signs.verdict.since);
        }
        signs.judge(now);
        signs
    }

    /// Takes in an observation, which may change the verdict.
    pub fn observe(&mut self, observation: Observation, now: Time) {
        self.take(observation, now);
        self.judge(now);
    }

    fn take(&mut self, observation: Observation, now: Time) {
        match observation {
            Observation::Reported(activity) => {
                self.lives(now);
                replace(&mut self.program, activity, now);
            }
            Observation::Shows(activity) => {
                if let Some(failing @ Sign { activity: Activity::Failing(_), .. }) = &self.screen {
                    self.trying = Some((failing.clone(), now + ATTEMPT_MAX));
                }
                let activity = with_turn(&self.screen, activity);
                replace(&mut self.screen, activity, now);
            }
            Observation::Titled(activity) => {
                let activity = with_turn(&self.title, activity);
                replace(&mut self.title, activity, now);
            }
            Observation::Called(text) => self.called(&text, now),
            Observation::Wrote => {
                self.wrote = Some(now);
                self.response.lives();
            }
            Observation::Drew if self.call.as_ref().is_some_and(|call| call.key) => self.call = None,
            Observation::Drew => {}
            Observation::Typed(stroke) => {
                self.response.typed(now);
                match (stroke, &mut self.call) {
                    (Stroke::Sent, call) => *call = None,
                    (Stroke::Key, Some(call)) => call.key = true,
                    (Stroke::Key, None) => {}
                }
            }
            Observation::Thawed => {
                self.response.begins_anew();
                self.lives(now);
            }
            Observation::Measured(vitals) => self.measured(vitals, now),
        }
    }

    fn lives(&mut self, now: Time) {
        self.lived = Some(now);
        self.response.lives();
    }

    fn measured(&mut self, vitals: Option<Vitals>, now: Time) {
        if vitals.is_some_and(|vitals| vitals.speaker == Speaker::Gone) {
            let is_idle = |sign: &Sign| sign.activity != Activity::Working;
            self.program = self.program.take().filter(is_idle);
            self.title = self.title.take().filter(is_idle);
        }
        if self.response.measured(vitals, self.works, now) == Life::Seen {
            self.lived = Some(now);
        }
    }

    /// Returns when the program's processes must be measured next, which the shell must do; none if nothing is
    /// expected of the program.
    pub fn measures_at(&self) -> Option<Time> {
        self.response.measures_at(self.works)
    }

    /// Returns the verdict on the program's activity at `now`. Without an observation only silence changes it: see
    /// [`Signs::changes_at`].
    pub fn verdict(&mut self, now: Time) -> &Verdict {
        self.judge(now);
        &self.verdict
    }

    /// Returns when the verdict will change without an observation; none if it will not.
    pub fn changes_at(&self) -> Option<Time> {
        match (&self.verdict.activity, self.verdict.source) {
            (Activity::Working, Source::Output) => self.wrote.map(|wrote| wrote + SILENCE),
            (Activity::Working, _) => Some(self.heard() + self.believed_for()),
            (Activity::Failing(_), _) => self.trying.as_ref().map(|(_, until)| *until),
            _ => None,
        }
    }

    /// Returns when the program last gave a sign of life.
    fn heard(&self) -> Time {
        self.wrote.max(self.lived).unwrap_or_default().max(self.observed)
    }

    /// Returns how long a program that says that it works is believed without a sign of life; it is measured before
    /// that time has passed.
    fn believed_for(&self) -> Span {
        let measured = self.response.looked_at_after().map_or(0, |after| after.0.saturating_add(UNRESPONSIVE_AFTER.0));
        WORKING_SILENCE_MAX.max(Span(measured))
    }

    /// Takes in a call. Several calls for one question count as one, with the words of the last call that had any.
    fn called(&mut self, text: &str, now: Time) {
        let question = Question::new(QuestionKind::Call, text);
        match &mut self.call {
            Some(Call { sign, key: false }) => {
                if !question.text.is_empty() {
                    sign.activity = Activity::Asks(question);
                }
            }
            call => *call = Some(Call { sign: Sign { activity: Activity::Asks(question), since: now }, key: false }),
        }
    }

    fn judge(&mut self, now: Time) {
        let (activity, source, since) = self.respond(self.weigh(now));
        let since = if activity.continues(&self.verdict.activity) { self.verdict.since } else { since };
        let source_says_nothing_new = activity.question().is_some_and(|question| question.text.is_empty());
        let keeps_words = source_says_nothing_new && activity.continues(&self.verdict.activity);
        let activity = if keeps_words { self.verdict.activity.clone() } else { activity };
        self.verdict = Verdict { activity, source, since };
    }

    /// Returns the arbiter's verdict, or the verdict that the program does not respond: a program that says that it
    /// works needs signs of life; every program except one that asks must read typed keys.
    fn respond(&mut self, (activity, source, since): (Activity, Source, Time)) -> (Activity, Source, Time) {
        let works = activity == Activity::Working && source != Source::Output;
        self.works = works.then(|| Works { since, heard: self.heard() });
        if !works {
            self.response.rests();
        }
        match self.response.symptom() {
            Some((symptom @ Symptom::Silent, at)) => (Activity::Unresponsive(symptom), source, at),
            Some((symptom @ Symptom::Deaf, at)) if activity.question().is_none() => {
                (Activity::Unresponsive(symptom), source, at)
            }
            _ => (activity, source, since),
        }
    }

    /// Returns the activity that the signs tell: the first row of this table that holds.
    ///
    /// | sign                               | verdict  | because                                                      |
    /// |------------------------------------|----------|--------------------------------------------------------------|
    /// | its report: asks                   | asks     | it knows                                                     |
    /// | its screen: failing                | failing  | Claude Code reports `working` while it tries again           |
    /// | its report: working                | working  | it knows                                                     |
    /// | its screen: asks                   | asks     | not every dialog is reported, and Gemini CLI titles it ready |
    /// | its report, its screen: failed     | failed   | a turn that ends after an error is no success                |
    /// | its report: anything else          | the same | it knows, so its bell adds nothing                           |
    /// | its title: asks, working           | the same |                                                              |
    /// | a call                             | asks     | nobody has answered                                          |
    /// | its screen: working, idle, done    | the same | an idle program may draw, and a working one may be silent    |
    /// | it writes, and its title is silent | working  |                                                              |
    /// | its screen: failed                 | failed   |                                                              |
    /// | its title: idle, done              | the same |                                                              |
    /// | none of these                      | idle     |                                                              |
    fn weigh(&self, now: Time) -> (Activity, Source, Time) {
        use Activity::{Asks, Done, Failed, Failing, Idle, Working};
        let believed = self.response.symptom().is_some() || now < self.heard() + self.believed_for();
        let fresh = |sign: &&Sign| sign.activity != Working || believed;
        let (program, screen) = (self.program.as_ref().filter(fresh), self.screen.as_ref());
        let title = self.title.as_ref().filter(fresh);
        let says = |sign: Option<&Sign>, is: fn(&Activity) -> bool| sign.is_some_and(|sign| is(&sign.activity));
        let screen_failed = says(screen, |activity| matches!(activity, Failed(_)));
        let (source, sign) = match program {
            _ if says(program, |activity| matches!(activity, Asks(_))) => (Source::Program, program),
            _ if says(screen, |activity| matches!(activity, Failing(_))) => (Source::Screen, screen),
            _ if says(program, |activity| *activity == Working) => (Source::Program, program),
            _ if says(screen, |activity| matches!(activity, Asks(_))) => (Source::Screen, screen),
            Some(_) if screen_failed && !says(program, |activity| matches!(activity, Failed(_))) => {
                (Source::Screen, screen)
            }
            Some(_) => (Source::Program, program),
            None if says(title, |activity| matches!(activity, Asks(_) | Working)) => (Source::Title, title),
            None if self.call.is_some() => (Source::Call, self.call.as_ref().map(|call| &call.sign)),
            None if says(screen, |activity| matches!(activity, Working | Idle | Done)) => (Source::Screen, screen),
            None if title.is_none() && self.writes(now) => (Source::Output, None),
            None if screen_failed => (Source::Screen, screen),
            None if says(title, |activity| matches!(activity, Idle | Done)) => (Source::Title, title),
            None => (Source::Output, None),
        };
        let works = sign.map_or(self.writes(now), |sign| sign.activity == Working);
        if let Some((failing, _)) = self.trying.as_ref().filter(|(_, until)| works && now < *until) {
            return (failing.activity.clone(), Source::Screen, failing.since);
        }
        match sign {
            Some(sign) => {
                let Sign { activity, since } = self.with_words(sign);
                (activity.clone(), source, *since)
            }
            None => self.by_output(now),
        }
    }

    /// Returns the sign on the screen instead of a question or an error without words, if the screen shows the words.
    fn with_words<'a>(&'a self, sign: &'a Sign) -> &'a Sign {
        use Activity::{Asks, Failed};
        match (&sign.activity, &self.screen) {
            (Asks(question), Some(shown @ Sign { activity: Asks(_), .. })) if question.text.is_empty() => shown,
            (Failed(text), Some(shown @ Sign { activity: Failed(_), .. })) if text.is_empty() => shown,
            _ => sign,
        }
    }

    fn writes(&self, now: Time) -> bool {
        self.wrote.is_some_and(|wrote| now < wrote + SILENCE)
    }

    fn by_output(&self, now: Time) -> (Activity, Source, Time) {
        let activity = if self.writes(now) { Activity::Working } else { Activity::Idle };
        (activity, Source::Output, self.wrote.unwrap_or(self.observed))
    }
}

/// Turns idle into done if the same source said working before: then a turn has ended.
fn with_turn(before: &Option<Sign>, activity: Option<Activity>) -> Option<Activity> {
    match (before.as_ref().map(|sign| &sign.activity), activity) {
        (Some(Activity::Working | Activity::Done), Some(Activity::Idle)) => Some(Activity::Done),
        (_, activity) => activity,
    }
}

/// Replaces the sign of a source; an unchanged activity keeps its age.
fn replace(sign: &mut Option<Sign>, activity: Option<Activity>, now: Time) {
    *sign = activity.map(|activity| match sign.take() {
        Some(before) if before.activity == activity => before,
        _ => Sign { activity, since: now },
    });
}
