//! Calls about tasks.

use super::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, Call, escaped, query};
use crate::api::tasks::{Claim, Progress, Report, Task, TaskDetail, TaskQuery};
use hyper::Method;
use std::time::Duration;

impl Client {
    /// Every task that is kept.
    pub async fn tasks(&self, filters: &TaskQuery) -> Result<Vec<Task>, ClientError> {
        Call::new(Method::GET, format!("/api/v1/tasks{}", query(filters))).answer(self.place()).await
    }
    pub async fn task(&self, task: &str) -> Result<TaskDetail, ClientError> {
        Call::new(Method::GET, format!("/api/v1/tasks/{}", escaped(task))).answer(self.place()).await
    }
    pub async fn claim_task(&self, claim: &Claim) -> Result<Option<TaskDetail>, ClientError> {
        let deadline = ANSWER_DEADLINE + Duration::from_millis(claim.wait_ms.unwrap_or(0));
        Call::new(Method::POST, "/api/v1/tasks/claim").json(claim).deadline(deadline).answer(self.place()).await
    }
    pub async fn task_done(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        Call::new(Method::POST, format!("/api/v1/tasks/{}/done", escaped(task))).json(report).answer(self.place()).await
    }
    pub async fn task_failed(&self, task: &str, report: &Report) -> Result<Task, ClientError> {
        Call::new(Method::POST, format!("/api/v1/tasks/{}/fail", escaped(task))).json(report).answer(self.place()).await
    }
    pub async fn task_progress(&self, task: &str, report: &Progress) -> Result<Task, ClientError> {
        Call::new(Method::POST, format!("/api/v1/tasks/{}/progress", escaped(task)))
            .json(report)
            .answer(self.place())
            .await
    }
}
