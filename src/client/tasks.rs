//! Calls that read, add, claim and change tasks.

use super::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, Call, escaped, query};
use crate::api::tasks::{Claim, NewTask, Progress, Reason, Report, Task, TaskDetail, TaskExplanation, TaskQuery};
use http_body_util::BodyExt;
use hyper::{Method, StatusCode};
use serde::Serialize;
use std::time::Duration;

const CLAIM: &str = "POST /api/v1/tasks/claim";

impl Client {
    /// Returns the tasks that are kept, oldest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn tasks(&self, filters: &TaskQuery) -> Result<Vec<Task>, ClientError> {
        Call::new(Method::GET, format!("/api/v1/tasks{}", query(filters))).answer(self.place()).await
    }

    /// Adds a task. When the call returns, the task is durable.
    pub async fn add_task(&self, task: &NewTask) -> Result<Task, ClientError> {
        Call::new(Method::POST, "/api/v1/tasks").json(task).answer(self.place()).await
    }

    /// Returns one task, by number (`t12`), by name, or `mine`.
    pub async fn task(&self, task: &str) -> Result<TaskDetail, ClientError> {
        Call::new(Method::GET, task_path(task, "")).answer(self.place()).await
    }

    /// Explains why a task is in its current state.
    pub async fn explain_task(&self, task: &str) -> Result<TaskExplanation, ClientError> {
        Call::new(Method::GET, task_path(task, "/explain")).answer(self.place()).await
    }

    /// Requests a task for the run in which this is called, and waits as long as the request says. Returns none if
    /// there was no task in time.
    pub async fn claim_task(&self, claim: &Claim) -> Result<Option<TaskDetail>, ClientError> {
        let wait = Duration::from_millis(claim.wait_ms.unwrap_or(0));
        let call = Call::new(Method::POST, "/api/v1/tasks/claim").json(claim);
        let response = call.deadline(ANSWER_DEADLINE.saturating_add(wait)).open(self.place()).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let body = response.into_body().collect().await.map_err(|error| ClientError::broken(CLAIM, error))?;
        serde_json::from_slice(&body.to_bytes()).map(Some).map_err(|error| ClientError::broken(CLAIM, error))
    }

    /// Reports that a task is done.
    pub async fn task_done(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        self.change_task(task, "/done", report).await
    }

    /// Reports that a task failed.
    pub async fn task_failed(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        self.change_task(task, "/fail", report).await
    }

    /// Reports the progress of a task.
    pub async fn task_progress(&self, task: &str, progress: &Progress) -> Result<Task, ClientError> {
        self.change_task(task, "/progress", progress).await
    }

    /// Cancels a task, for a reason.
    pub async fn cancel_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        self.change_task(task, "/cancel", reason).await
    }

    /// Lets a task that ended be tried again.
    pub async fn retry_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        self.change_task(task, "/retry", reason).await
    }

    async fn change_task(&self, task: &str, verb: &str, body: &impl Serialize) -> Result<Task, ClientError> {
        Call::new(Method::POST, task_path(task, verb)).json(body).answer(self.place()).await
    }
}

fn task_path(task: &str, verb: &str) -> String {
    format!("/api/v1/tasks/{}{verb}", escaped(task))
}
