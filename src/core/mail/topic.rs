//! Topics of messages, and patterns that match them.
//!
//! A topic is a few words with dots between them: `agent.builder.task`, `workflow.p3.events`, `broadcast.status`. In a
//! pattern, `*` matches one word, and `**` at the end matches one or more.
//!
//! Without any subscription an agent gets the messages that are sent to `agent.NAME.*` with its own name, and to
//! `broadcast.**`.

use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The longest topic or pattern, in bytes. Beyond it, the topic or pattern is refused.
pub const TOPIC_BYTES_MAX: usize = 128;
/// The largest number of words in a topic or pattern. Beyond it, the topic or pattern is refused.
pub const TOPIC_WORDS_MAX: usize = 16;

/// The topic of a letter: a few words with dots between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic(String);

/// A pattern of topics, to which an agent subscribes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// Why a text is not a valid topic or pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTopic {
    /// The text is empty, or has more than [`TOPIC_BYTES_MAX`] bytes or [`TOPIC_WORDS_MAX`] words.
    Length,
    /// A word is empty: a dot is at an end, or two dots are adjacent.
    EmptyWord,
    /// A word contains something other than letters, digits, `_` and `-`, and is not a `*` of a pattern.
    BadWord,
    /// `**` is somewhere other than at the end.
    RestInside,
}

impl Topic {
    /// Parses a topic, and checks its form.
    pub fn parse(text: &str) -> Result<Topic, BadTopic> {
        words(text)?.try_for_each(plain_word)?;
        Ok(Topic(text.into()))
    }

    /// Returns the topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an agent of this name gets messages on this topic without a subscription. Names may contain dots.
    pub fn reaches(&self, name: &str) -> bool {
        let own = self.0.strip_prefix("agent.").and_then(|rest| rest.strip_prefix(name)?.strip_prefix('.'));
        self.0.starts_with("broadcast.") || own.is_some_and(|word| !word.contains('.'))
    }
}

impl Pattern {
    /// Parses a pattern of topics, and checks its form.
    pub fn parse(text: &str) -> Result<Pattern, BadTopic> {
        let mut words = words(text)?.peekable();
        while let Some(word) = words.next() {
            match word {
                "*" => {}
                "**" if words.peek().is_none() => {}
                "**" => return Err(BadTopic::RestInside),
                word => plain_word(word)?,
            }
        }
        Ok(Pattern(text.into()))
    }

    /// Returns the pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern matches this topic.
    pub fn matches(&self, topic: &str) -> bool {
        let (mut wanted, mut there) = (self.0.split('.'), topic.split('.'));
        loop {
            match (wanted.next(), there.next()) {
                (None, None) | (Some("**"), Some(_)) => return true,
                (Some("*"), Some(_)) => {}
                (Some(word), Some(other)) if word == other => {}
                _ => return false,
            }
        }
    }
}

fn words(text: &str) -> Result<core::str::Split<'_, char>, BadTopic> {
    let words = text.split('.');
    if text.is_empty() || text.len() > TOPIC_BYTES_MAX || words.clone().count() > TOPIC_WORDS_MAX {
        return Err(BadTopic::Length);
    }
    Ok(words)
}

fn plain_word(word: &str) -> Result<(), BadTopic> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match word {
        "" => Err(BadTopic::EmptyWord),
        word if word.chars().all(allowed) => Ok(()),
        _ => Err(BadTopic::BadWord),
    }
}

impl fmt::Display for BadTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTopic::Length => write!(f, "a topic has 1 to {TOPIC_BYTES_MAX} bytes and {TOPIC_WORDS_MAX} words"),
            BadTopic::EmptyWord => f.write_str("a topic has an empty word: a dot at an end, or two dots in a row"),
            BadTopic::BadWord => f.write_str("the words of a topic may contain only letters, digits, `_` and `-`"),
            BadTopic::RestInside => f.write_str("`**` means all remaining words, so it must be the last word"),
        }
    }
}

impl core::error::Error for BadTopic {}

impl TryFrom<String> for Topic {
    type Error = String;

    fn try_from(text: String) -> Result<Topic, String> {
        Topic::parse(&text).map_err(|error| error.to_string())
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Pattern, String> {
        Pattern::parse(&text).map_err(|error| error.to_string())
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> String {
        topic.0
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
