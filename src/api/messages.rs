//! JSON bodies for messages between agents, and between agents and people.
//!
//! A live stream of the facts about messages: `GET /events?type=message&follow=true`.
//!
//! Only the agent itself takes messages from its inbox; when a person reads it, nothing counts as delivered. Without
//! any subscription, an agent gets the messages to `agent.NAME.*` with its own name, and to `broadcast.**`. A sender
//! never gets its own messages to a topic.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const LIST_MESSAGES: GET "/messages", MessageQuery => Vec<Message>;
    pub const SEND_MESSAGE: POST "/messages", NewMessage => Sent;
    pub const READ_INBOX: GET "/messages/inbox/{agent}", InboxQuery => Vec<Message>;
    pub const LIST_SUBSCRIPTIONS: GET "/messages/subscriptions/{agent}", () => Subscriptions;
    pub const CHANGE_SUBSCRIPTIONS: POST "/messages/subscriptions/{agent}", ChangeSubscriptions => Subscriptions;
    pub const ACKNOWLEDGE_MESSAGE: POST "/messages/{message}/ack", () => Message;
}

/// Whether a message reached one recipient. It is always observed, never assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The message is in the inbox, unread.
    Pending,
    /// The message was read from the inbox, or typed into the terminal.
    Delivered,
    /// The recipient confirmed that it has the message.
    Acknowledged,
    /// The recipient no longer exists.
    Failed,
    /// The recipient did not read the message before it expired.
    Expired,
}

/// The ways in which a message reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The message is in the inbox until the agent reads it.
    #[default]
    Inbox,
    /// The message is also typed into the terminal once the agent is idle; never while the agent asks a person.
    Terminal,
}

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The message's number, such as `m9`.
    pub id: String,
    /// The message's topic: `agent.builder.task`, `broadcast.status`, `direct`.
    pub topic: String,
    /// The sender: an agent's name, `qd` for the fleet itself, or a person's name.
    pub from: String,
    /// Name of the agent or person whose inbox holds the message.
    pub to: String,
    /// The text of the message.
    pub body: String,
    /// Identifier of the message or subject that this message answers or belongs to.
    pub correlation: Option<String>,
    /// The way in which the message reaches the agent.
    pub via: Via,
    /// Whether the message reached the recipient.
    pub delivery: Delivery,
    /// When the message was sent, in milliseconds since the Unix epoch.
    pub sent_ms: u64,
    /// When an undelivered message expires, in milliseconds since the Unix epoch.
    pub expires_ms: u64,
}

/// Body of `POST /messages`: a message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Names of the recipients; empty means every agent with a subscription that matches the topic.
    #[serde(default)]
    pub to: Vec<String>,
    /// The message's topic; default `direct`. `broadcast.*` reaches every agent.
    #[serde(default)]
    pub topic: Option<String>,
    /// The text of the message.
    pub body: String,
    /// Identifier of the message or subject that this message answers or belongs to.
    #[serde(default)]
    pub correlation: Option<String>,
    /// The way in which the message reaches the recipients.
    #[serde(default)]
    pub via: Via,
    /// How long until an undelivered message expires, in milliseconds; default 3,600,000.
    #[serde(default)]
    pub ttl_ms: Option<u64>,
}

/// Answer to `POST /messages`: the messages that were sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// One entry for each recipient, with the message's number and the recipient.
    pub messages: Vec<SentTo>,
}

/// One recipient of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentTo {
    /// The message's number, such as `m9`.
    pub id: String,
    /// Name of the agent or person whose inbox holds the message.
    pub to: String,
}

/// Query of `GET /messages`: filters for the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct MessageQuery {
    /// Only messages to these topics: `agent.*.task`.
    pub topic: Option<String>,
    /// Only messages to or from this agent.
    pub agent: Option<String>,
    /// The largest number of messages to return, taking the newest; default 100.
    pub limit: Option<u32>,
}

/// Query of `GET /messages/inbox/{agent}`: how to read the inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct InboxQuery {
    /// Read the inbox without counting any message as delivered.
    pub peek: bool,
    /// How long to wait for a message when the inbox is empty, in milliseconds.
    pub wait_ms: Option<u64>,
}

/// The topics that an agent subscribed to, in addition to those that reach it without a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscriptions {
    /// Patterns of the topics: `workflow.*.events`, `agent.**`.
    pub topics: Vec<String>,
}

/// Topics that an agent subscribes to from now on, and topics that it no longer wants. Subscriptions remain when the
/// agent is restarted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscriptions {
    /// Patterns to add: `*` matches one word, `**` at the end matches one or more.
    #[serde(default)]
    pub add: Vec<String>,
    /// Patterns to remove, exactly as they were added.
    #[serde(default)]
    pub remove: Vec<String>,
}
