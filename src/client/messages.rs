//! Calls that send, read and acknowledge messages.

use super::Client;
use super::error::ClientError;
use super::http::Call;
use crate::api::messages::{
    self as api, ChangeSubscriptions, InboxQuery, Message, MessageQuery, NewMessage, Sent, Subscriptions,
};

impl Client {
    /// Sends a message. When the call returns, the message is durable.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn send_message(&self, message: &NewMessage) -> Result<Sent, ClientError> {
        self.call(&api::SEND_MESSAGE, &[], message).await
    }

    /// Returns the messages that are kept, newest last.
    pub async fn messages(&self, filters: &MessageQuery) -> Result<Vec<Message>, ClientError> {
        self.call(&api::LIST_MESSAGES, &[], filters).await
    }

    /// Returns the messages in an agent's inbox, oldest first. If there is none, it waits as long as the query says.
    pub async fn inbox(&self, agent: &str, filters: &InboxQuery) -> Result<Vec<Message>, ClientError> {
        let call = Call::to(&api::READ_INBOX, &[agent], filters).waiting(filters.wait_ms);
        call.answer(self.place()).await
    }

    /// Acknowledges a message: the recipient has it.
    pub async fn acknowledge(&self, message: &str) -> Result<Message, ClientError> {
        self.call(&api::ACKNOWLEDGE_MESSAGE, &[message], &()).await
    }

    /// Returns the topics that an agent subscribed to.
    pub async fn subscriptions(&self, agent: &str) -> Result<Subscriptions, ClientError> {
        self.call(&api::LIST_SUBSCRIPTIONS, &[agent], &()).await
    }

    /// Changes the topics that an agent subscribed to.
    pub async fn change_subscriptions(
        &self,
        agent: &str,
        change: &ChangeSubscriptions,
    ) -> Result<Subscriptions, ClientError> {
        self.call(&api::CHANGE_SUBSCRIPTIONS, &[agent], change).await
    }
}
