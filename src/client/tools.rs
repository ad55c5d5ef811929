//! Calls that report and list tool calls.

use super::control::Client;
use super::error::ClientError;
use super::http::Outgoing;
use crate::api::tools::{AGENT_TOOLS, REPORT_TOOL, ToolCall, ToolCalls, ToolReport};
use crate::place::Place;

/// Reports to the fleet that a tool call of this agent begins or ends.
///
/// # Errors
/// The call fails with a [`ClientError`].
pub async fn report(place: &Place, report: &ToolReport) -> Result<ToolCall, ClientError> {
    Outgoing::to(&REPORT_TOOL, &[], report).answer(place).await
}

impl Client {
    /// Returns the tool calls of an agent's newest run.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn tools(&self, name: &str) -> Result<ToolCalls, ClientError> {
        self.call(&AGENT_TOOLS, &[name], &()).await
    }
}
