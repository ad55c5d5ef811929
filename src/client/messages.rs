//! Calls that send, read and acknowledge messages.

use super::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, Call, escaped, query};
use crate::api::messages::{ChangeSubscriptions, InboxQuery, Message, MessageQuery, NewMessage, Sent, Subscriptions};
use hyper::Method;
use std::time::Duration;

impl Client {
    /// Sends a message. When the call returns, the message is durable.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn send_message(&self, message: &NewMessage) -> Result<Sent, ClientError> {
        Call::new(Method::POST, "/api/v1/messages").json(message).answer(self.place()).await
    }

    /// Returns the messages that are kept, newest last.
    pub async fn messages(&self, filters: &MessageQuery) -> Result<Vec<Message>, ClientError> {
        Call::new(Method::GET, format!("/api/v1/messages{}", query(filters))).answer(self.place()).await
    }

    /// Returns the messages in an agent's inbox, oldest first. If there is none, it waits as long as the query says.
    pub async fn inbox(&self, agent: &str, filters: &InboxQuery) -> Result<Vec<Message>, ClientError> {
        let path = format!("/api/v1/messages/inbox/{}{}", escaped(agent), query(filters));
        let deadline = ANSWER_DEADLINE + Duration::from_millis(filters.wait_ms.unwrap_or(0));
        Call::new(Method::GET, path).deadline(deadline).answer(self.place()).await
    }

    /// Acknowledges a message: the recipient has it.
    pub async fn acknowledge(&self, message: &str) -> Result<Message, ClientError> {
        let path = format!("/api/v1/messages/{}/ack", escaped(message));
        Call::new(Method::POST, path).answer(self.place()).await
    }

    /// Returns the topics that an agent subscribed to.
    pub async fn subscriptions(&self, agent: &str) -> Result<Subscriptions, ClientError> {
        Call::new(Method::GET, subscriptions_path(agent)).answer(self.place()).await
    }

    /// Changes the topics that an agent subscribed to.
    pub async fn change_subscriptions(
        &self,
        agent: &str,
        change: &ChangeSubscriptions,
    ) -> Result<Subscriptions, ClientError> {
        Call::new(Method::POST, subscriptions_path(agent)).json(change).answer(self.place()).await
    }
}

fn subscriptions_path(agent: &str) -> String {
    format!("/api/v1/messages/subscriptions/{}", escaped(agent))
}
