//! Tool calls with their times, as far as they are known: by an agent's hooks (`qd tool`), by `qd mcp`, by the marks that
//! shells and programs set around commands in the terminal, and by the processes that the agent's program starts, as often as
//! processes are looked at. What a program does within itself without telling anybody is not known.
//!
//! | request | answer |
//! |---|---|
//! | `POST /tools` [`ToolReport`] | [`ToolCall`] |
//! | `GET /agents/{name}/tools` | [`ToolCalls`] |

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest name of a tool, and of a call, bytes. Beyond it, the report is refused.
pub const TOOL_NAME_BYTES_MAX: usize = 128;

/// A tool call begins or ends, says the agent that makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolReport {
    /// The tool.
    pub name: String,
    /// What happens.
    pub moment: ToolMoment,
    /// What tells this call from others of the same tool; none: the newest of them that has not ended is meant.
    #[serde(default)]
    pub call: Option<String>,
    /// How it is known.
    #[serde(default)]
    pub source: ToolSource,
}

/// What happens to a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolMoment {
    /// It begins.
    Began,
    /// It has ended.
    Ended,
    /// It has ended, without success.
    Failed,
}

/// How a tool call is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolSource {
    /// The agent, or a hook of its program, said so.
    #[default]
    Reported,
    /// It is a tool of `qd mcp`.
    Mcp,
    /// A mark in the terminal (OSC 133 or 633) named the command.
    Terminal,
    /// A process that the agent's program started was seen: while somebody watches the fleet or asks for this list. One that
    /// came and went in between is missed, its end is when it was seen to be gone, and whether it succeeded is not known.
    Process,
}

/// One tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCall {
    /// The tool.
    pub name: String,
    /// What tells this call from others of the same tool.
    pub call: Option<String>,
    /// How it is known.
    pub source: ToolSource,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When it ended; none: it has not.
    pub ended_ms: Option<u64>,
    /// Whether it ended without success.
    pub failed: bool,
}

/// The tool calls of an agent's newest run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCalls {
    /// The run: `r17`; none: it has told of none since the supervisor started.
    pub run: Option<String>,
    /// Oldest first.
    pub calls: Vec<ToolCall>,
    /// Calls that were dropped: older than those, or more in a second than are kept.
    pub dropped: u64,
}
