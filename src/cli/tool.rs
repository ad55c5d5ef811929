//! `qd tool`: lists and reports the tool calls of agents, with their times.

use super::Context;
use crate::api::tools::{ToolCall, ToolMoment, ToolReport, ToolSource};
use crate::cli::complete;
use crate::client::tools;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone, clean};
use crate::tui::age;
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::io::Read;

/// The longest JSON of a hook that is read, in bytes. Beyond it, the report is refused.
const HOOK_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The command-line arguments of `qd tool`.
#[derive(Args, Debug)]
pub struct Tool {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd tool`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// List the known tool calls of an agent's newest run, oldest first. Calls are known from reports of the agent or
    /// its hooks, from MCP, from marks in the agent's terminal, and as processes of its program
    List {
        /// Name of the agent whose calls are listed
        #[arg(value_name = "NAME", add = complete::agent())]
        name: String,
        /// Print the calls as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Report, from within an agent, that it begins to call a tool
    Began(Call),
    /// Report, from within an agent, that a call has ended
    Ended {
        #[command(flatten)]
        call: Call,
        /// The call ended without success
        #[arg(long)]
        failed: bool,
    },
    /// Report a tool call from a hook of the agent's program, read from standard input, as Claude Code's PreToolUse and
    /// PostToolUse write it
    Hook,
}

/// The arguments that identify a tool call.
#[derive(Args, Debug)]
struct Call {
    /// Name of the tool that is called
    tool: String,
    /// Identifier that distinguishes this call from others of the same tool [default: the newest call that has not
    /// ended]
    #[arg(long, value_name = "ID")]
    call: Option<String>,
}

/// The fields of a hook's JSON that a tool report needs.
#[derive(Deserialize)]
struct Hook {
    hook_event_name: String,
    tool_name: String,
    #[serde(default)]
    tool_use_id: Option<String>,
}

impl Tool {
    /// Runs `qd tool` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let report = match self.verb {
            Verb::List { name, json } => return list(context, &name, json).await,
            Verb::Began(call) => call.report(ToolMoment::Began),
            Verb::Ended { call, failed } => call.report(if failed { ToolMoment::Failed } else { ToolMoment::Ended }),
            Verb::Hook => hook()?,
        };
        let client = context.client().await?;
        tools::report(client.place(), &report).await?;
        Ok(Exit::Ok)
    }
}

impl Call {
    fn report(self, moment: ToolMoment) -> ToolReport {
        ToolReport { name: self.tool, moment, call: self.call, source: ToolSource::Reported }
    }
}

/// Reads a hook's report from standard input. `qd tool hook` never ends with 2: a program treats that code of a hook as
/// a refusal of the tool call.
fn hook() -> Result<ToolReport, Failure> {
    let wrong = |why: String| Failure::new(Exit::Failed, "standard input is not the JSON of a hook").because(why);
    let mut text = String::new();
    std::io::stdin().take(HOOK_BYTES_MAX).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    let hook: Hook = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let moment = match hook.hook_event_name.as_str() {
        "PreToolUse" => ToolMoment::Began,
        "PostToolUse" => ToolMoment::Ended,
        "PostToolUseFailure" => ToolMoment::Failed,
        other => return Err(wrong(format!("`{other}` is not PreToolUse, PostToolUse or PostToolUseFailure"))),
    };
    Ok(ToolReport { name: hook.tool_name, moment, call: hook.tool_use_id, source: ToolSource::Reported })
}

async fn list(context: &mut Context, name: &str, json: bool) -> Result<Exit, Failure> {
    let told = context.client().await?.tools(name).await?;
    if json {
        context.out.json(&told)?;
        return Ok(Exit::Ok);
    }
    let heading = ["TOOL", "KNOWN BY", "BEGAN", "TOOK", "HOW"].map(|word| Cell::new(Tone::Faint, word)).to_vec();
    let rows: Vec<_> = std::iter::once(heading).chain(told.calls.iter().map(|call| row(call, now_ms()))).collect();
    context.out.table(&rows)?;
    if told.dropped > 0 {
        context.out.line(format!("{} more were dropped: only the newest are kept", told.dropped))?;
    }
    Ok(Exit::Ok)
}

fn row(call: &ToolCall, now_ms: u64) -> Vec<Cell> {
    let took =
        call.ended_ms.map_or_else(|| "-".to_owned(), |ended| format!("{} ms", ended.saturating_sub(call.started_ms)));
    let how = match (call.ended_ms, call.failed) {
        (None, _) => "in progress",
        (Some(_), true) => "failed",
        // Only the parent of a process knows whether it ended with success, so a seen process is only "ended".
        (Some(_), false) => "ended",
    };
    let source = match call.source {
        ToolSource::Reported => "report",
        ToolSource::Mcp => "mcp",
        ToolSource::Terminal => "terminal",
        ToolSource::Process => "process",
    };
    [clean(&call.name), source.to_owned(), format!("{} ago", age::text(call.started_ms, now_ms)), took, how.to_owned()]
        .map(Cell::plain)
        .to_vec()
}
