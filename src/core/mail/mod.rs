//! Messages to agents, kept until they are acknowledged or given up.
//!
//! A letter is one text, sent to agents by name, or to a topic and so to the agents whose subscription matches it.
//! Each recipient gets a message: its own copy of the letter, with its own state:
//!
//! ```text
//!  pending ── read, or typed ──► delivered ── acknowledged ──► acknowledged
//!     │  └──────────── acknowledged ──────────────────────────────▲
//!     ├── its time has passed ──► expired       (delivered copies stay delivered, and leave the inbox)
//!     └── the agent was removed, or a message of the fleet itself was pushed out ──► failed
//! ```
//!
//! A message is shown with every reading of its inbox until it is acknowledged: at-least-once delivery. Messages are
//! numbered in the order in which they are sent. An inbox is read and typed in that order, which keeps the order of
//! each sender.
//!
//! The fleet itself sends messages as well (for example `lock.lost`). They are never refused: when there is no room,
//! the oldest of them is pushed out.
//!
//! All letters are stored in [`Post`], which is a fold over [`MailFact`]s and a part of the view. The rules that record
//! these facts are in `machine`.

mod fact;
mod letter;
pub(crate) mod machine;
mod post;
pub mod topic;

pub use fact::{Failure, MailFact};
pub use letter::{Copy, Delivery, FLEET_SENDER, Letter, Via};
pub use post::{HISTORY_BYTES_MAX, HISTORY_LETTERS_MAX, Post, Received};

use crate::ids::{AgentId, MessageId};
use crate::party::Party;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use topic::{Pattern, Topic};

/// The topic of a letter that is sent to agents by name without a topic.
pub const DIRECT_TOPIC: &str = "direct";
/// The longest correlation id, in bytes. Beyond it, the message is refused.
pub const CORRELATION_BYTES_MAX: usize = 128;

/// A command about messages that a client gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailCommand {
    /// Send a letter to agents or to a topic.
    Send { by: Party, draft: Box<Draft> },
    /// Read the inbox of the run's own agent; pending messages count as delivered by that.
    Read { by: Party, agent: AgentId },
    /// Acknowledge that the recipient has the message.
    Acknowledge { by: Party, message: MessageId },
    /// Subscribe the agent to these topics, from now on.
    Subscribe { by: Party, agent: AgentId, topics: Vec<Pattern> },
    /// End the agent's subscription to these topics.
    Unsubscribe { by: Party, agent: AgentId, topics: Vec<Pattern> },
}

/// A letter that will be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The agents that get the letter; if empty, all agents whose subscription matches the topic, except the sender.
    pub to: Vec<AgentId>,
    /// Topic of the letter; none means [`DIRECT_TOPIC`].
    pub topic: Option<Topic>,
    /// Text of the letter.
    pub body: String,
    /// Identifies the conversation or the message that the letter belongs to.
    pub correlation: Option<String>,
    /// The way in which the letter reaches its recipients.
    pub via: Via,
    /// The letter is given up after this span; none means after the configured span.
    pub ttl: Option<Span>,
}

/// The answer to a command about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAnswer {
    /// The letter was sent, with these messages, one for each recipient, in the order of their numbers. An empty list
    /// means that nobody subscribes to its topic.
    Sent { messages: Vec<(MessageId, AgentId)> },
    /// The messages that are in the inbox, oldest first.
    Inbox { messages: Vec<MessageId> },
    /// The command was carried out; there is nothing more to tell.
    Noted,
}

impl MailAnswer {
    /// Returns the messages that were sent, each with its recipient.
    pub fn sent(self) -> Option<Vec<(MessageId, AgentId)>> {
        match self {
            MailAnswer::Sent { messages } => Some(messages),
            MailAnswer::Inbox { .. } | MailAnswer::Noted => None,
        }
    }
}

/// Why a command about messages is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailDenied {
    /// The run that gave the command has ended.
    RunEnded,
    /// The fleet has no such agent.
    UnknownAgent,
    /// There is no such message, or it is no longer kept.
    UnknownMessage { message: MessageId },
    /// The letter names neither agents nor a topic.
    NoRecipient,
    /// The text of the letter is empty.
    Empty,
    /// The text of the letter is too long.
    BodyTooLong { body_bytes_max: u32 },
    /// The correlation id is invalid: it has 1 to [`CORRELATION_BYTES_MAX`] bytes and no control characters.
    BadCorrelation,
    /// The inbox of this agent is full.
    InboxFull { agent: AgentId, inbox_max: u32 },
    /// The open letters of the whole fleet have reached the limit of their total size.
    PostFull { open_bytes_max: u64 },
    /// The inbox belongs to another agent.
    NotYours,
    /// The message cannot be acknowledged, because it has expired or failed.
    Over { delivery: Delivery },
    /// The agent has reached its limit of subscriptions.
    TopicsFull { topics_max: u32 },
}

/// The purpose of a timer for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTimer {
    /// Fires when the next letter expires.
    Expiry,
}

/// The configured limits of messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct MailPolicy {
    /// A letter without a span of its own is given up after this span.
    pub ttl: Span,
    /// The longest span that a letter may ask to be kept for.
    pub ttl_max: Span,
    /// The longest text of a letter, in bytes.
    pub body_bytes_max: u32,
    /// The largest number of messages in one inbox, not counting those that the fleet itself sent.
    pub inbox_max: u32,
    /// The largest number of messages from the fleet itself in one inbox.
    pub words_max: u32,
    /// The largest total size of all letters that are in an inbox, in bytes.
    pub open_bytes_max: u64,
    /// The largest number of topics that one agent subscribes to.
    pub topics_max: u32,
}

impl Default for MailPolicy {
    fn default() -> Self {
        MailPolicy {
            ttl: Span::from_secs(3_600),
            ttl_max: Span::from_secs(7 * 24 * 3_600),
            body_bytes_max: 16 << 10,
            inbox_max: 256,
            words_max: 64,
            open_bytes_max: 8 << 20,
            topics_max: 64,
        }
    }
}

/// An event about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEvent {
    /// A message was typed into the terminal in full, and submitted.
    Typed { message: MessageId },
}

/// An effect for messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEffect {
    /// Type the waiting messages into this agent's terminal ([`Post::to_type`]): one after another, whenever the agent
    /// is idle, until none remains. Each typed message is reported by [`MailEvent::Typed`].
    Deliver { agent: AgentId },
}

impl Letter {
    /// Whether the letter was sent by the fleet itself.
    pub fn is_word(&self) -> bool {
        self.from == FLEET_SENDER
    }
}
