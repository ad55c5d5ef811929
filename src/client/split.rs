//! The call that divides a task.

use super::control::Client;
use super::error::ClientError;
use super::http::Call;
use crate::api::tasks::{Split, SplitResult};
use hyper::Method;
use std::time::Duration;

/// The deadline for a division. Files are written, and become tasks, before the answer.
const SPLIT_DEADLINE: Duration = Duration::from_secs(10);

impl Client {
    /// Divides a task into parts.
    ///
    /// # Errors
    /// The problem says why the task cannot be divided. Otherwise the call fails with a [`ClientError`].
    pub async fn split_task(&self, asked: &Split) -> Result<SplitResult, ClientError> {
        let call = Call::new(Method::POST, "/api/v1/tasks/split").json(asked);
        call.deadline(SPLIT_DEADLINE).answer(self.place()).await
    }
}
