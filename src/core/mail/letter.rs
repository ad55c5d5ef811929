//! Letters, and the copy of a letter that each recipient gets.

use crate::ids::AgentId;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The sender's name on messages that the fleet itself sends.
pub const FLEET_SENDER: &str = "qd";

/// The ways in which a message reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The message is in the inbox until the agent reads it.
    #[default]
    Inbox,
    /// The message is also typed into the terminal as soon as the agent is idle.
    Terminal,
}

/// The state of a message: whether it reached its recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The message is in the inbox, not yet read.
    #[default]
    Pending,
    /// The message was read from the inbox, or typed into the terminal.
    Delivered,
    /// The recipient acknowledged that it has the message.
    Acknowledged,
    /// The message failed: its recipient was removed, or it was pushed out.
    Failed,
    /// The message expired before its recipient took it.
    Expired,
}

/// A letter: one text, sent to one or more recipients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Letter {
    /// Topic of the letter, or `direct`.
    pub topic: String,
    /// Sender of the letter: an agent's name, `qd` for the fleet itself, or a person's name.
    pub from: String,
    /// The copies of the letter, one for each recipient.
    pub copies: Vec<Copy>,
    /// Text of the letter.
    pub body: String,
    /// Identifies the conversation or the message that the letter belongs to.
    pub correlation: Option<String>,
    /// The way in which the letter reaches its recipients.
    pub via: Via,
    /// When the letter was sent, in milliseconds since the epoch.
    pub sent: Time,
    /// When the letter expires, in milliseconds since the epoch.
    pub expires: Time,
}

impl Delivery {
    /// Whether the message is still in its inbox.
    pub fn is_open(self) -> bool {
        matches!(self, Delivery::Pending | Delivery::Delivered)
    }
}

/// One recipient's copy of a letter. Its message id is the number of the letter's first message plus its index among
/// the copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Copy {
    /// The agent in whose inbox the copy is.
    pub agent: AgentId,
    /// Name that the agent had when the letter was sent.
    pub name: String,
    /// Whether the copy reached its recipient.
    pub delivery: Delivery,
}
