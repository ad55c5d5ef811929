//! Calls about messages.

use super::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, Call, escaped, query};
use crate::api::messages::{ChangeSubscriptions, InboxQuery, Message, MessageQuery, NewMessage, Sent, Subscriptions};
use hyper::Method;
use std::time::Duration;

impl Client {
    /// Sends a message. When this comes back it is durable.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn send_message(&self, message: &NewMessage) -> Result<Sent, ClientError> {
        Call::new(Method::POST, "/api/v1/messages").json(message).answer(self.place()).await
    }

    /// Messages that are kept, newest last.
    pub async fn messages(&self, filters: &MessageQuery) -> Result<Vec<Message>, ClientError> {
        Call::new(Method::GET, format!("/api/v1/messages{}", query(filters))).answer(self.place()).await
    }

    /// What lies in an agent's inbox, oldest first. Waits for as long as the query says when there is nothing.
    pub async fn inbox(&self, agent: &str, filters: &InboxQuery) -> Result<Vec<Message>, ClientError> {
        let path = format!("/api/v1/messages/inbox/{}{}", escaped(agent), query(filters));
        let deadline = ANSWER_DEADLINE + Duration::from_millis(filters.wait_ms.unwrap_or(0));
        Call::new(Method::GET, path).deadline(deadline).answer(self.place()).await
    }

    /// Says that a message arrived.
    pub async fn acknowledge(&self, message: &str) -> Result<Message, ClientError> {
        let path = format!("/api/v1/messages/{}/ack", escaped(message));
        Call::new(Method::POST, path).answer(self.place()).await
    }

    /// What an agent has subscribed to.
    pub async fn subscriptions(&self, agent: &str) -> Result<Subscriptions, ClientError> {
        Call::new(Method::GET, subscriptions_path(agent)).answer(self.place()).await
    }

    /// Changes what an agent has subscribed to.
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
