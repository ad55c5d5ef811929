//! Mail: messages to agents, kept until they are acknowledged or given up.
//!
//! A letter goes to agents by name, or to a topic: then to those whose subscription matches it. Each recipient has a
//! message of its own, with its own state:
//!
//! ```text
//!  pending ── read, or typed ──► delivered ── acknowledged ──► acknowledged
//!     │  └──────────── acknowledged ──────────────────────────────▲
//!     ├── its time is over ──► expired          (what was delivered by then stays so, and leaves the inbox)
//!     └── the agent was forgotten, or a word of the fleet was pushed out ──► failed
//! ```
//!
//! What lies in an inbox is shown again with every reading until it is acknowledged: at least once. Messages are
//! numbered as they are sent, and an inbox is read, and typed, in that order; so it keeps the order of each sender.
//!
//! The fleet itself leaves words as well (`lock.lost`). They are never refused: of them the oldest goes when there is
//! no room.
//!
//! What is stored is [`Post`], a fold over [`MailFact`]s and a part of the view; the rules that record the facts are in
//! `fleet/mail.rs`.

mod fact;
mod letter;
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

/// The topic of a letter to agents by name that has none.
pub const DIRECT_TOPIC: &str = "direct";
/// The longest correlation id, bytes. Beyond it, the message is refused.
pub const CORRELATION_BYTES_MAX: usize = 128;

/// What a client asks of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailCommand {
    /// Send a letter.
    Send { by: Party, draft: Box<Draft> },
    /// Read the inbox of the run's own agent: what is pending is delivered by that.
    Read { by: Party, agent: AgentId },
    /// The recipient has it.
    Acknowledge { by: Party, message: MessageId },
    /// The agent gets what is sent to these topics from now on.
    Subscribe { by: Party, agent: AgentId, topics: Vec<Pattern> },
    /// The agent gets what is sent to these topics no more.
    Unsubscribe { by: Party, agent: AgentId, topics: Vec<Pattern> },
}

/// A letter to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// To these agents; none: to all whose subscription matches the topic, but the sender.
    pub to: Vec<AgentId>,
    /// Its topic; none: direct.
    pub topic: Option<Topic>,
    /// What it says.
    pub body: String,
    /// What it answers, or belongs to.
    pub correlation: Option<String>,
    /// How it is to reach them.
    pub via: Via,
    /// It is given up after this; none: as configured.
    pub ttl: Option<Span>,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailAnswer {
    /// It was sent: a message for each recipient, in the order of the numbers. None: nobody subscribes to its topic.
    Sent { messages: Vec<(MessageId, AgentId)> },
    /// These lie in the inbox, oldest first.
    Inbox { messages: Vec<MessageId> },
    /// It was noted.
    Noted,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailDenied {
    /// The run that asks has ended.
    RunEnded,
    /// The fleet has no such agent.
    UnknownAgent,
    /// There is no such message (any more).
    UnknownMessage { message: MessageId },
    /// Neither agents nor a topic are named.
    NoRecipient,
    /// It says nothing.
    Empty,
    /// It is too long.
    BodyTooLong { body_bytes_max: u32 },
    /// A correlation id has 1 to [`CORRELATION_BYTES_MAX`] bytes and no control characters.
    BadCorrelation,
    /// As many messages as may lie in this agent's inbox.
    InboxFull { agent: AgentId, inbox_max: u32 },
    /// All letters together are as long as they may be.
    PostFull { open_bytes_max: u64 },
    /// An inbox is its agent's own.
    NotYours,
    /// It came to its end otherwise: it has expired, or failed.
    Over { delivery: Delivery },
    /// The agent subscribes to as many topics as it may.
    TopicsFull { topics_max: u32 },
}

/// What a timer of messages is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTimer {
    /// The time of the letter that goes first is over.
    Expiry,
}

/// What the configuration says of messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct MailPolicy {
    /// A letter that does not say is given up after this.
    pub ttl: Span,
    /// The longest time a letter is kept.
    pub ttl_max: Span,
    /// The longest letter.
    pub body_bytes_max: u32,
    /// Messages in one inbox, other than words of the fleet.
    pub inbox_max: u32,
    /// Words of the fleet in one inbox.
    pub words_max: u32,
    /// All letters that lie in an inbox together.
    pub open_bytes_max: u64,
    /// Topics that one agent subscribes to.
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

/// What happens to messages from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEvent {
    /// A message was typed into the terminal in full, and submitted.
    Typed { message: MessageId },
}

/// What messages ask of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailEffect {
    /// Messages wait to be typed into this agent's terminal ([`Post::to_type`]): one after another, whenever it is
    /// idle, until none is left. Each is told by [`MailEvent::Typed`].
    Deliver { agent: AgentId },
}

impl Letter {
    /// Whether it is a word of the fleet itself.
    pub fn is_word(&self) -> bool {
        self.from == FLEET_SENDER
    }
}
