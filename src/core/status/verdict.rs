//! What a program is doing: the verdict over its signs, and the questions that it asks.

use crate::time::{Span, Time};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A program that has written nothing for so long is idle, if only its output tells.
pub const SILENCE: Span = Span::from_secs(3);

/// A program that said it works and has written nothing for so long, where its processes can't be measured: those that
/// work draw a spinner, so it was killed, or has left its title behind. Beyond it, it is not believed to work.
pub const WORKING_SILENCE_MAX: Span = Span::from_secs(120);

/// How long an error goes on that is followed by nothing but another attempt: programs show the pause before each, and
/// that they work during it. Beyond it, the error is over.
pub const ATTEMPT_MAX: Span = Span::from_secs(15);

/// The longest that a question can be put off. Beyond it, the request is refused.
pub const SNOOZE_MAX: Span = Span::from_secs(24 * 60 * 60);

/// The longest question kept, in characters. Beyond it, it ends with `…`; the screen has all.
pub const QUESTION_CHARS_MAX: usize = 400;

/// Where a sign comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A report of the program's own.
    Program,
    /// Words on its screen.
    Screen,
    /// The window's title.
    Title,
    /// A bell or a notification.
    Call,
    /// That it writes, or does not.
    Output,
}

/// What a program is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// It works.
    Working,
    /// It takes a prompt.
    Idle,
    /// Its turn is over, and it takes a prompt.
    Done,
    /// It waits for a person.
    Asks(Question),
    /// It meets an error and tries again; its own words.
    Failing(String),
    /// Its turn ended in an error; its own words.
    Failed(String),
    /// It does not respond.
    Unresponsive(Symptom),
}

/// By what a program is known to be unresponsive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// It says that it works, and shows no sign of life.
    Silent,
    /// It does not read what is typed.
    Deaf,
}

impl Activity {
    /// The question, if it asks one.
    pub fn question(&self) -> Option<&Question> {
        match self {
            Activity::Asks(question) => Some(question),
            _ => None,
        }
    }

    /// Whether it is one of those that a person should know of.
    pub fn is_notable(&self) -> bool {
        !matches!(self, Activity::Working | Activity::Idle)
    }

    /// Whether it waits for a prompt, and what is typed is one.
    pub fn is_at_rest(&self) -> bool {
        matches!(self, Activity::Idle | Activity::Done | Activity::Failed(_))
    }

    /// Whether a turn has ended in a way in which one ends whose program is barred by its provider.
    pub fn may_be_barred(&self) -> bool {
        match self {
            Activity::Failed(_) => true,
            Activity::Asks(question) => question.kind == QuestionKind::Login,
            _ => false,
        }
    }

    /// Whether this is the same as `other`, only told in other words: the age goes on. A question that gets its words
    /// after the bell is the same question; one with other words is a new one.
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

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// The program's words, on one line; empty where it only called.
    pub text: String,
}

impl Question {
    /// A question in the program's words, brought to one line of [`QUESTION_CHARS_MAX`] characters.
    pub fn new(kind: QuestionKind, words: &str) -> Question {
        Question { kind, text: one_line(words) }
    }
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Whether it may do something.
    Permission,
    /// A choice, or words.
    Question,
    /// Whether it may work in this directory.
    Trust,
    /// A login.
    Login,
    /// Nobody knows: it rang, or sent a notification.
    Call,
}

/// What one source says, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sign {
    /// What it says.
    pub activity: Activity,
    /// Since when.
    pub since: Time,
}

/// What the sources say together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    /// What the program is doing.
    pub activity: Activity,
    /// The source that says so.
    pub source: Source,
    /// Since when, whichever source said so first.
    pub since: Time,
}

impl Verdict {
    /// Whether this is over when `now` is so. A turn that is done stays done until another begins.
    pub fn is_over_by(&self, now: &Verdict) -> bool {
        match (&self.activity, &now.activity) {
            (Activity::Done, Activity::Idle | Activity::Done) => false,
            (Activity::Asks(_), Activity::Asks(_)) => self.since != now.since,
            (before, now) => core::mem::discriminant(before) != core::mem::discriminant(now),
        }
    }
}

/// `words` on one line, blanks folded, without control characters; what is longer than [`QUESTION_CHARS_MAX`]
/// characters ends with `…`.
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
