//! Tool calls with their times, as far as they are known. The sources are an agent's hooks (`qd tool`), `qd mcp`, the
//! marks that shells and programs set around commands in the terminal, and the processes that the agent's program
//! starts, seen whenever processes are sampled. What a program does within itself without a report is not known.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const REPORT_TOOL: POST "/tools", ToolReport => ToolCall;
    pub const AGENT_TOOLS: GET "/agents/{name}/tools", () => ToolCalls;
}

/// The longest name of a tool, and of a call, in bytes. Beyond it, the report is refused.
pub const TOOL_NAME_BYTES_MAX: usize = 128;

/// Body of `POST /tools`: an agent's report that a tool call begins or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolReport {
    /// Name of the tool that is called.
    pub name: String,
    /// What happens to the call: it begins or ends.
    pub moment: ToolMoment,
    /// An identifier that distinguishes this call from others of the same tool; none means the newest call of the tool
    /// that has not ended.
    #[serde(default)]
    pub call: Option<String>,
    /// How the tool call is known.
    #[serde(default)]
    pub source: ToolSource,
}

/// The moments of a tool call that are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolMoment {
    /// The tool call begins now.
    Began,
    /// The tool call has ended.
    Ended,
    /// The tool call has ended without success.
    Failed,
}

/// The ways in which a tool call becomes known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolSource {
    /// The agent, or a hook of its program, reported the call.
    #[default]
    Reported,
    /// The call is to a tool of `qd mcp`.
    Mcp,
    /// A mark in the terminal (OSC 133 or 633) named the command.
    Terminal,
    /// A process that the agent's program started was seen. Processes are examined while somebody watches the fleet or
    /// asks for this list. A process that started and ended in between is missed, its end is when it was found gone,
    /// and its success is not known.
    Process,
}

/// One tool call, with its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCall {
    /// Name of the tool that is called.
    pub name: String,
    /// An identifier that distinguishes this call from others of the same tool.
    pub call: Option<String>,
    /// How the tool call is known.
    pub source: ToolSource,
    /// When the call began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When the call ended, in milliseconds since the Unix epoch; none if it has not ended.
    pub ended_ms: Option<u64>,
    /// Whether the call ended without success.
    pub failed: bool,
}

/// The tool calls of an agent's newest run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCalls {
    /// Name of the run, such as `r17`; none if no call was known since the supervisor started.
    pub run: Option<String>,
    /// The tool calls that are kept, oldest first.
    pub calls: Vec<ToolCall>,
    /// The number of calls that were dropped: older ones, and those of a second with more calls than are kept.
    pub dropped: u64,
}
