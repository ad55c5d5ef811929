//! The call that claims a task, which may wait.

use super::Client;
use super::error::ClientError;
use super::http::Outgoing;
use crate::api::tasks::{CLAIM_TASK, Claim, TaskDetail};
use http_body_util::BodyExt;
use hyper::StatusCode;

impl Client {
    /// Requests a task for the run in which this is called, and waits as long as the request says. Returns none if
    /// there was no task in time.
    pub async fn claim_task(&self, claim: &Claim) -> Result<Option<TaskDetail>, ClientError> {
        let broken =
            |error: Box<dyn std::error::Error + Send + Sync>| ClientError::broken(&CLAIM_TASK.to_string(), error);
        let call = Outgoing::to(&CLAIM_TASK, &[], claim).waiting(claim.wait_ms);
        let response = call.open(self.place()).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let body = response.into_body().collect().await.map_err(|error| broken(error.into()))?;
        serde_json::from_slice(&body.to_bytes()).map(Some).map_err(|error| broken(error.into()))
    }
}
