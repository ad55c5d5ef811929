//! The call that divides a task.

use super::control::Client;
use super::error::ClientError;
use crate::api::tasks::{SPLIT_TASK, Split, SplitResult};

impl Client {
    /// Divides a task into parts.
    ///
    /// # Errors
    /// The problem says why the task cannot be divided. Otherwise the call fails with a [`ClientError`].
    pub async fn split_task(&self, asked: &Split) -> Result<SplitResult, ClientError> {
        self.call(&SPLIT_TASK, &[], asked).await
    }
}
