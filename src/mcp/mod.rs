//! The MCP server for agents: it offers the fleet's functions as tools of the Model Context Protocol, on standard input
//! and output.
//!
//! ```text
//!  agent program ── JSON-RPC lines on stdio ──► qd mcp ── control plane ──► supervisor
//! ```
//!
//! The server decides nothing and remembers nothing: each tool call becomes requests of the client, over a connection
//! of its own, so it outlives supervisors. The supervisor identifies the caller by the agent's process tree, which
//! contains this program, or else by the run's secret (`QD_RUN_PROOF`). What a program says about itself (`clientInfo`)
//! is never trusted, and not every program says it: the newest protocol has no `initialize`. A request that fails is a
//! tool's error with its hint, which a model reads and acts on, and not an error of the protocol, which a model may
//! never see.
//!
//! Reading order: [`lines`] (valid messages), [`tools`] (the list of tools), [`input`] (their arguments), [`verbs`]
//! (their work), [`wait`] (the calls that may take long), [`answer`].

mod answer;
mod input;
mod lines;
mod tools;
mod verbs;
mod wait;

#[cfg(test)]
mod tests;

use crate::api::tools::{ToolMoment, ToolReport, ToolSource};
use crate::client::with_durability;
use crate::place::Place;
use answer::Answer;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, Implementation, ListToolsResult, PaginatedRequestParams,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use std::time::Duration;

/// The instructions that a model gets for all tools together.
const INSTRUCTIONS: &str = "\
You are one of several coding agents that work on the same project at the same time. Before you change files that \
others may change too, take a lock with acquire_lock and release it with release_lock when you are done. When you \
are idle, ask for work with claim_task; report your progress with report_progress; end it with complete_task. Read \
your messages now and then with read_messages. When something does not continue, explain says why.";

/// How long the last output may take to be written, if someone reads it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The error that ends a conversation with a program.
#[derive(Debug, thiserror::Error)]
#[error("the connection on standard input and output was lost: {0}")]
pub struct Broken(String);

/// Serves the program on standard input and output until it closes them.
///
/// # Errors
/// An error is returned if the input is not a conversation in this protocol.
pub async fn serve(place: Place) -> Result<(), Broken> {
    let broken = |error: String| Broken(error);
    let door = Door { place };
    let (input, output, written) = lines::between(tokio::io::stdin(), tokio::io::stdout());
    let ended = match door.serve((input, output)).await {
        Ok(serving) => serving.waiting().await.map(drop).map_err(|error| broken(error.to_string())),
        // A program that closes its side before it sent anything is not an error.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(broken(error.to_string())),
    };
    let _reads_no_more = tokio::time::timeout(LAST_WORDS, written).await;
    ended
}

/// The MCP server of one agent.
#[derive(Clone, Debug)]
struct Door {
    place: Place,
}

impl Door {
    /// Reports the tool call to the fleet. The tool works even if the caller is not an agent of the fleet or no
    /// supervisor runs.
    async fn tell(&self, tool: &tools::Entry, moment: ToolMoment) {
        let report = ToolReport { name: tool.name.to_owned(), moment, call: None, source: ToolSource::Mcp };
        let _only_a_note = crate::client::tools::report(&self.place, &report).await;
    }
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("quarterdeck", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = tools::named(&request.name) else {
            let known: Vec<&str> = tools::TOOLS.iter().map(|tool| tool.name).collect();
            let text = format!("there is no tool {:?}; there are {}", request.name, known.join(", "));
            return Err(ErrorData::invalid_params(text, None));
        };
        let cancelled = context.ct.clone();
        let arguments = request.arguments.unwrap_or_default();
        self.tell(tool, ToolMoment::Began).await;
        let call = with_durability(verbs::perform(tool, arguments, &self.place, wait::Listener::of(&context)));
        // If the caller no longer wants the answer, the call is dropped, which withdraws a waiting request.
        let answer = tokio::select! {
            (answer, durable) = call => answer.told(durable),
            () = cancelled.cancelled() => Answer::cancelled(),
        };
        self.tell(tool, if answer.is_failure() { ToolMoment::Failed } else { ToolMoment::Ended }).await;
        Ok(answer.into_result().into())
    }
}
