//! Messages between agents, and with people.
//!
//! | request | answer |
//! |---|---|
//! | `POST /messages` [`NewMessage`] | [`Sent`] |
//! | `GET /messages` ([`MessageQuery`]) | `[Message]`, newest last |
//! | `GET /messages/inbox/{agent}` ([`InboxQuery`]) | `[Message]`, oldest first; what is shown counts as delivered |
//! | `POST /messages/{message}/ack` | [`Message`] |
//! | `GET /messages/subscriptions/{agent}` | [`Subscriptions`] |
//! | `POST /messages/subscriptions/{agent}` [`ChangeSubscriptions`] | [`Subscriptions`] |
//!
//! Live: `GET /events?type=message&follow=true`.
//!
//! An agent's inbox is its own: a person who looks into it only looks. Without any subscription an agent gets what is
//! sent to `agent.NAME.*` with its own name, and to `broadcast.**`; nobody gets what they sent to a topic themselves.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether a message reached one of its recipients. Never assumed, always seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It lies in the inbox.
    Pending,
    /// It was read from the inbox, or typed into the terminal.
    Delivered,
    /// The recipient said that it has it.
    Acknowledged,
    /// The recipient is no more.
    Failed,
    /// Nobody took it in time.
    Expired,
}

/// How a message reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// It lies in the inbox until the agent reads it.
    #[default]
    Inbox,
    /// It is also typed into the terminal once the agent is idle; never while it waits for a person's answer.
    Terminal,
}

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its number: `m9`.
    pub id: String,
    /// Its topic: `agent.builder.task`, `broadcast.status`, `direct`.
    pub topic: String,
    /// Who sent it: an agent's name, `qd` for the fleet itself, or a person's name.
    pub from: String,
    /// Whose inbox it is in.
    pub to: String,
    /// What it says.
    pub body: String,
    /// What it answers, or belongs to.
    pub correlation: Option<String>,
    /// How it is to reach the agent.
    pub via: Via,
    /// Whether it did.
    pub delivery: Delivery,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub sent_ms: u64,
    /// When it is given up.
    pub expires_ms: u64,
}

/// A message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// To these agents; none: to all whose subscription matches the topic.
    #[serde(default)]
    pub to: Vec<String>,
    /// Its topic; none: `direct`. `broadcast.*` reaches every agent.
    #[serde(default)]
    pub topic: Option<String>,
    /// What it says.
    pub body: String,
    /// What it answers, or belongs to.
    #[serde(default)]
    pub correlation: Option<String>,
    /// How it is to reach them.
    #[serde(default)]
    pub via: Via,
    /// It is given up after this, in milliseconds; none: 3,600,000.
    #[serde(default)]
    pub ttl_ms: Option<u64>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// A message for each recipient: its number and whose it is.
    pub messages: Vec<SentTo>,
}

/// One recipient of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentTo {
    /// The message's number.
    pub id: String,
    /// Whose inbox it is in.
    pub to: String,
}

/// `GET /messages` query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct MessageQuery {
    /// Only these topics: `agent.*.task`.
    pub topic: Option<String>,
    /// Only to or from this agent.
    pub agent: Option<String>,
    /// How many at most, the newest; 100 unless told.
    pub limit: Option<u32>,
}

/// `GET /messages/inbox/{agent}` query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct InboxQuery {
    /// Only look: nothing counts as delivered.
    pub peek: bool,
    /// Wait for one so long when there is none, in milliseconds.
    pub wait_ms: Option<u64>,
}

/// What an agent has subscribed to, beyond what reaches it by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscriptions {
    /// Patterns of topics: `workflow.*.events`, `agent.**`.
    pub topics: Vec<String>,
}

/// What an agent subscribes to from now on, and what no more. It stays so however often the agent is restarted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscriptions {
    /// Patterns of topics: `*` is one word, `**` at the end one or more.
    #[serde(default)]
    pub add: Vec<String>,
    /// Patterns as they were added.
    #[serde(default)]
    pub remove: Vec<String>,
}
