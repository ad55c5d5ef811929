//! The facts about messages. [`super::Post`] is a fold over these.

use super::letter::{Letter, Via};
use super::topic::Pattern;
use crate::ids::{AgentId, MessageId};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact about messages, as the journal records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFact {
    /// A letter was sent; `first` is the number of its first message.
    Sent { first: MessageId, letter: Letter },
    /// Messages were delivered to their agent.
    Delivered { agent: AgentId, messages: Vec<MessageId>, via: Via },
    /// The recipient acknowledged the message.
    Acknowledged { message: MessageId, by: String },
    /// These messages of a letter expired before they were delivered. Delivered messages of the letter leave their
    /// inboxes too.
    Expired { first: MessageId, messages: Vec<MessageId> },
    /// These messages will not reach their agent.
    Failed { messages: Vec<MessageId>, why: Failure },
    /// An agent subscribed to these topics.
    Subscribed { agent: AgentId, name: String, topics: Vec<Pattern> },
    /// An agent ended its subscription to these topics.
    Unsubscribed { agent: AgentId, name: String, topics: Vec<Pattern> },
}

impl MailFact {
    /// Returns the dotted type by which facts are filtered, for example `message.sent`.
    pub fn type_name(&self) -> &'static str {
        match self {
            MailFact::Sent { .. } => "message.sent",
            MailFact::Delivered { .. } => "message.delivered",
            MailFact::Acknowledged { .. } => "message.acknowledged",
            MailFact::Expired { .. } => "message.expired",
            MailFact::Failed { .. } => "message.failed",
            MailFact::Subscribed { .. } => "message.subscribed",
            MailFact::Unsubscribed { .. } => "message.unsubscribed",
        }
    }

    /// Returns how much the fact matters.
    pub fn severity(&self) -> crate::severity::Severity {
        use crate::severity::Severity;
        match self {
            MailFact::Expired { messages, .. } if messages.is_empty() => Severity::Debug,
            MailFact::Expired { .. } | MailFact::Failed { .. } => Severity::Warning,
            MailFact::Sent { .. }
            | MailFact::Delivered { .. }
            | MailFact::Acknowledged { .. }
            | MailFact::Subscribed { .. }
            | MailFact::Unsubscribed { .. } => Severity::Info,
        }
    }
}

/// Why a message will not reach its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The agent was removed from the fleet.
    AgentRemoved,
    /// The message was sent by the fleet itself, and made room for a newer one.
    PushedOut,
}
