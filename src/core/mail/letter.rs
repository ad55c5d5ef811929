//! A letter, and each recipient's copy of it.

use crate::ids::AgentId;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Whom words of the fleet itself are from.
pub const FLEET_SENDER: &str = "qd";

/// How a message reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// It lies in the inbox until the agent reads it.
    #[default]
    Inbox,
    /// It is also typed into the terminal once the agent is idle.
    Terminal,
}

/// Whether a message reached its recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It lies in the inbox.
    #[default]
    Pending,
    /// It was read from the inbox, or typed into the terminal.
    Delivered,
    /// The recipient said that it has it.
    Acknowledged,
    /// The recipient is no more, or it was pushed out.
    Failed,
    /// Nobody took it in time.
    Expired,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Letter {
    /// Its topic, or `direct`.
    pub topic: String,
    /// Who sent it: an agent's name, `qd` for the fleet itself, or a person's name.
    pub from: String,
    /// Who got it.
    pub copies: Vec<Copy>,
    /// What it says.
    pub body: String,
    /// What it answers, or belongs to.
    pub correlation: Option<String>,
    /// How it is to reach them.
    pub via: Via,
    /// When it was sent.
    pub sent: Time,
    /// When it is given up.
    pub expires: Time,
}

impl Delivery {
    /// Whether the message still lies in its inbox.
    pub fn is_open(self) -> bool {
        matches!(self, Delivery::Pending | Delivery::Delivered)
    }
}

/// One recipient's copy of a letter. Its message id is the letter's plus its place among the copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Copy {
    /// Whose inbox it is in.
    pub agent: AgentId,
    /// Its name when the letter was sent.
    pub name: String,
    /// Whether it reached it.
    pub delivery: Delivery,
}
