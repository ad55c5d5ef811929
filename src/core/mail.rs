//! Mail: messages to agents and people, kept until they are acknowledged or given up.
//!
//! What is stored is [`Post`], a fold over [`MailFact`]s and a part of the view; what is decided is decided from it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a client asks of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailCommand {}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAnswer {}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailDenied {}

/// What happened to messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFact {}

/// What a timer of messages is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTimer {}

/// What the configuration says of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct MailPolicy {}

/// What happens to messages from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEvent {}

/// What messages ask of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEffect {}

/// All that is known of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Post {}

impl Post {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &MailFact, at: Time) {
        let _ = at;
        match *fact {}
    }
}

impl MailFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match *self {}
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::event::Severity {
        match *self {}
    }
}
