//! Calls that report and list tool calls.

use super::control::{Client, agent_path};
use super::error::ClientError;
use super::http::Call;
use crate::api::tools::{ToolCall, ToolCalls, ToolReport};
use crate::place::Place;
use hyper::Method;
use std::time::Duration;

/// The deadline for a report. It is short, so that a report delays nobody's work.
const REPORT_DEADLINE: Duration = Duration::from_secs(2);

/// Reports to the fleet that a tool call of this agent begins or ends.
///
/// # Errors
/// The call fails with a [`ClientError`].
pub async fn report(place: &Place, report: &ToolReport) -> Result<ToolCall, ClientError> {
    Call::new(Method::POST, "/api/v1/tools").json(report).deadline(REPORT_DEADLINE).answer(place).await
}

impl Client {
    /// Returns the tool calls of an agent's newest run.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn tools(&self, name: &str) -> Result<ToolCalls, ClientError> {
        Call::new(Method::GET, agent_path(name, "/tools")).answer(self.place()).await
    }
}
