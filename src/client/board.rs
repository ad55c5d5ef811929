//! Calls that the dashboard's tabs make, until the room of tasks has its own here.

use super::Client;
use super::error::ClientError;
use super::http::{Call, escaped};
use crate::api::tasks::{NewTask, Reason, Task, TaskDetail};
use hyper::Method;

impl Client {
    /// Every task that is kept.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn board_tasks(&self) -> Result<Vec<Task>, ClientError> {
        Call::new(Method::GET, "/api/v1/tasks").answer(self.place()).await
    }

    /// One task with all there is to it.
    pub async fn board_task(&self, task: &str) -> Result<TaskDetail, ClientError> {
        Call::new(Method::GET, task_path(task, "")).answer(self.place()).await
    }

    /// Adds a task.
    pub async fn board_add_task(&self, task: &NewTask) -> Result<Task, ClientError> {
        Call::new(Method::POST, "/api/v1/tasks").json(task).answer(self.place()).await
    }

    /// Cancels a task.
    pub async fn board_cancel_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        Call::new(Method::POST, task_path(task, "/cancel")).json(reason).answer(self.place()).await
    }

    /// Tries a task again that failed or was cancelled.
    pub async fn board_retry_task(&self, task: &str, reason: &Reason) -> Result<Task, ClientError> {
        Call::new(Method::POST, task_path(task, "/retry")).json(reason).answer(self.place()).await
    }
}

fn task_path(task: &str, below: &str) -> String {
    format!("/api/v1/tasks/{}{below}", escaped(task))
}
