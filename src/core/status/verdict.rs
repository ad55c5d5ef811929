//! The verdict on what a program is doing, and the questions that it asks.

use crate::time::{Span, Time};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The silence after which a program counts as idle, if only its output tells its activity.
pub const SILENCE: Span = Span::from_secs(3);

/// The longest silence of a program that says that it works, where its processes cannot be measured. Working programs
/// draw a spinner, so a silent one was killed, or its title is out of date. Beyond it, the program no longer counts as
/// working.
pub const WORKING_SILENCE_MAX: Span = Span::from_secs(120);

/// The time for which an error lasts when only further attempts follow it: programs show the pause before each attempt,
/// and then that they work. Beyond it, the error has ended.
pub const ATTEMPT_MAX: Span = Span::from_secs(15);

/// The longest snooze of a question. Beyond it, the request is refused.
pub const SNOOZE_MAX: Span = Span::from_secs(24 * 60 * 60);

/// The longest question that is kept, in characters. Beyond it, it ends with `…`; the screen has all.
pub const QUESTION_CHARS_MAX: usize = 400;

/// The source of a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A report that the program itself sends.
    Program,
    /// Known words on the program's screen.
    Screen,
    /// The title of the program's window.
    Title,
    /// A bell or a notification from the program.
    Call,
    /// The program's output, or its silence.
    Output,
}

/// The activity of a program: what it is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// The program works on its turn.
    Working,
    /// The program is idle, and waits for a prompt.
    Idle,
    /// The program's turn has ended, and it waits for a prompt.
    Done,
    /// The program asks a person this question.
    Asks(Question),
    /// The program meets an error and tries again; the text is the program's own words.
    Failing(String),
    /// The program's turn ended in an error; the text is the program's own words.
    Failed(String),
    /// The program does not respond, as this symptom shows.
    Unresponsive(Symptom),
}

/// The symptom by which a program is known to be unresponsive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// The program says that it works, and shows no sign of life.
    Silent,
    /// The program does not read typed input.
    Deaf,
}

impl Activity {
    /// Returns the question, if the activity is one.
    pub fn question(&self) -> Option<&Question> {
        match self {
            Activity::Asks(question) => Some(question),
            _ => None,
        }
    }

    /// Whether the activity is one that a person should know of.
    pub fn is_notable(&self) -> bool {
        !matches!(self, Activity::Working | Activity::Idle)
    }

    /// Whether the program waits for a prompt, so that typed text becomes one.
    pub fn is_at_rest(&self) -> bool {
        matches!(self, Activity::Idle | Activity::Done | Activity::Failed(_))
    }

    /// Whether the activity is one that follows when the provider does not let the program work.
    pub fn may_be_barred(&self) -> bool {
        match self {
            Activity::Failed(_) => true,
            Activity::Asks(question) => question.kind == QuestionKind::Login,
            _ => false,
        }
    }

    /// Whether this is the same activity as `other` in other words, so that its age continues. A question that gets its
    /// words after the bell is the same question; one with other words is a new one.
    pub(super) fn continues(&self, other: &Activity) -> bool {
        match (self, other) {
            (Activity::Asks(now), Activity::Asks(before)) => {
                now.text == before.text || now.text.is_empty() || before.text.is_empty()
            }
            (Activity::Failing(_), Activity::Failing(_)) | (Activity::Failed(_), Activity::Failed(_)) => true,
            (now, before) => now == before,
        }
    }
}

/// A question that a program asks a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// The kind of answer that the question wants.
    pub kind: QuestionKind,
    /// The program's words, on one line; empty if the program only called by a bell.
    pub text: String,
}

impl Question {
    /// Makes a question from the program's words, cut to one line of [`QUESTION_CHARS_MAX`] characters.
    pub fn new(kind: QuestionKind, words: &str) -> Question {
        Question { kind, text: one_line(words) }
    }
}

/// The kind of answer that a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// The program asks whether it may do something.
    Permission,
    /// The program asks for a choice, or for words.
    Question,
    /// The program asks whether it may work in this directory.
    Trust,
    /// The program asks for a login.
    Login,
    /// The kind is unknown: the program rang the bell, or sent a notification.
    Call,
}

/// A sign: the activity that one source tells, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sign {
    /// The activity that the source tells.
    pub activity: Activity,
    /// Since when the source tells this activity, in milliseconds since the epoch.
    pub since: Time,
}

/// The verdict that all sources together give.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    /// The activity of the program.
    pub activity: Activity,
    /// The source that tells the activity.
    pub source: Source,
    /// Since when the activity lasts, whichever source told it first, in milliseconds since the epoch.
    pub since: Time,
}

impl Verdict {
    /// Whether this verdict has ended when the newer verdict is `now`. A turn that is done stays done until another
    /// begins.
    pub fn is_over_by(&self, now: &Verdict) -> bool {
        match (&self.activity, &now.activity) {
            (Activity::Done, Activity::Idle | Activity::Done) => false,
            (Activity::Asks(_), Activity::Asks(_)) => self.since != now.since,
            (before, now) => core::mem::discriminant(before) != core::mem::discriminant(now),
        }
    }
}

/// Returns `words` on one line, with blanks folded and without control characters; a longer text than
/// [`QUESTION_CHARS_MAX`] characters ends with `…`.
pub fn one_line(words: &str) -> String {
    let mut line = String::new();
    for word in words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > QUESTION_CHARS_MAX {
        line = line.chars().take(QUESTION_CHARS_MAX - 1).collect();
        line.push('…');
    }
    line
}
