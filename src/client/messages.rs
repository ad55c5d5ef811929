//! The call that reads an inbox, which may wait for a message.

use super::Client;
use super::error::ClientError;
use super::http::Outgoing;
use crate::api::messages::{InboxQuery, Message, READ_INBOX};

impl Client {
    /// Returns the messages in an agent's inbox, oldest first. If there is none, it waits as long as the query says.
    pub async fn inbox(&self, agent: &str, filters: &InboxQuery) -> Result<Vec<Message>, ClientError> {
        let call = Outgoing::to(&READ_INBOX, &[agent], filters).waiting(filters.wait_ms);
        call.answer(self.place()).await
    }
}
