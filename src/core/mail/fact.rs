//! What happened to messages. The post is a fold over these.

use super::letter::{Letter, Via};
use super::topic::Pattern;
use crate::ids::{AgentId, MessageId};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What happened to messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailFact {
    /// A letter was sent: `first` is the number of its first message.
    Sent { first: MessageId, letter: Letter },
    /// Messages reached their agent.
    Delivered { agent: AgentId, messages: Vec<MessageId>, via: Via },
    /// The agent has it.
    Acknowledged { message: MessageId, by: String },
    /// Nobody took these in time. What of the letter was delivered by then is no longer in an inbox.
    Expired { first: MessageId, messages: Vec<MessageId> },
    /// These will not reach their agent.
    Failed { messages: Vec<MessageId>, why: Failure },
    /// An agent gets what is sent to these topics.
    Subscribed { agent: AgentId, name: String, topics: Vec<Pattern> },
    /// It gets that no more.
    Unsubscribed { agent: AgentId, name: String, topics: Vec<Pattern> },
}

impl MailFact {
    /// The dotted type by which facts are filtered.
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

    /// How much it matters.
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
    /// The fleet has forgotten the agent.
    AgentRemoved,
    /// A word of the fleet that made room for a newer one.
    PushedOut,
}
