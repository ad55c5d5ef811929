//! Calls that read, add, claim and change tasks.

use super::Client;
use super::error::ClientError;
use super::http::Call;
use crate::api::tasks::{
    self as api, Claim, NewTask, Progress, Reason, Report, Task, TaskDetail, TaskExplanation, TaskQuery,
};
use http_body_util::BodyExt;
use hyper::StatusCode;

impl Client {
    /// Returns the tasks that are kept, oldest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn tasks(&self, filters: &TaskQuery) -> Result<Vec<Task>, ClientError> {
        self.call(&api::LIST_TASKS, &[], filters).await
    }

    /// Adds a task. When the call returns, the task is durable.
    pub async fn add_task(&self, task: &NewTask) -> Result<Task, ClientError> {
        self.call(&api::ADD_TASK, &[], task).await
    }

    /// Returns one task, by number (`t12`), by name, or `mine`.
    pub async fn task(&self, task: &str) -> Result<TaskDetail, ClientError> {
        self.call(&api::GET_TASK, &[task], &()).await
    }

    /// Explains why a task is in its current state.
    pub async fn explain_task(&self, task: &str) -> Result<TaskExplanation, ClientError> {
        self.call(&api::EXPLAIN_TASK, &[task], &()).await
    }

    /// Requests a task for the run in which this is called, and waits as long as the request says. Returns none if
    /// there was no task in time.
    pub async fn claim_task(&self, claim: &Claim) -> Result<Option<TaskDetail>, ClientError> {
        let call = Call::to(&api::CLAIM_TASK, &[], claim).waiting(claim.wait_ms);
        let response = call.open(self.place()).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| ClientError::broken(&api::CLAIM_TASK.to_string(), error))?;
        serde_json::from_slice(&body.to_bytes())
            .map(Some)
            .map_err(|error| ClientError::broken(&api::CLAIM_TASK.to_string(), error))
    }

    /// Reports that a task is done.
    pub async fn task_done(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        self.call(&api::TASK_DONE, &[task], report).await
    }

    /// Reports that a task failed.
    pub async fn task_failed(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        self.call(&api::TASK_FAILED, &[task], report).await
    }

    /// Reports the progress of a task.
    pub async fn task_progress(&self, task: &str, progress: &Progress) -> Result<Task, ClientError> {
        self.call(&api::TASK_PROGRESS, &[task], progress).await
    }

    /// Cancels a task, for a reason.
    pub async fn cancel_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        self.call(&api::CANCEL_TASK, &[task], reason).await
    }

    /// Lets a task that ended be tried again.
    pub async fn retry_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        self.call(&api::RETRY_TASK, &[task], reason).await
    }
}
