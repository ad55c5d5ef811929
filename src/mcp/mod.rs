//! The door for agents: the fleet's verbs as tools of the Model Context Protocol, on standard input and output.
//!
//! ```text
//!  agent program ── JSON-RPC lines on stdio ──► qd mcp ── control plane ──► supervisor
//! ```
//!
//! The door decides nothing and remembers nothing: each call is one of the client's, over a connection of its own, so
//! it outlives supervisors. Who asks is known by the agent's process tree, which this program is in, and by the run's
//! secret (`QD_RUN_PROOF`) where it is not; what a program says of itself (`clientInfo`) is never believed, and not every
//! program says it: the newest protocol has no `initialize`. What can't be done is a tool's error with its hint, which a
//! model reads and acts upon, and no error of the protocol, which it may never see.
//!
//! Reading order: [`lines`] (what is a message), [`tools`] (what there is), [`input`] (what each takes), [`verbs`] (what each does), [`wait`] (those
//! that may take long), [`answer`].

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

/// What a model is told of all tools together.
const INSTRUCTIONS: &str = "\
You are one of several coding agents that work on the same project at the same time. Before you change files that \
others may change too, take a lock with acquire_lock and give it back with release_lock when you are done. When you \
are idle, ask for work with claim_task; tell how far you are with report_progress; end it with complete_task. Read \
your messages now and then with read_messages. When something does not go on, explain says why.";

/// What was said last is written within this, if anybody reads it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The conversation could not be held.
#[derive(Debug, thiserror::Error)]
#[error("the conversation on standard input and output broke off: {0}")]
pub struct Broken(String);

/// Serves the program on standard input and output until it closes them.
///
/// # Errors
/// What comes in is no such conversation.
pub async fn serve(place: Place) -> Result<(), Broken> {
    let broken = |error: String| Broken(error);
    let door = Door { place };
    let (input, output, written) = lines::between(tokio::io::stdin(), tokio::io::stdout());
    let ended = match door.serve((input, output)).await {
        Ok(serving) => serving.waiting().await.map(drop).map_err(|error| broken(error.to_string())),
        // A program that closes its side before it said a word changed its mind.
        Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(broken(error.to_string())),
    };
    let _reads_no_more = tokio::time::timeout(LAST_WORDS, written).await;
    ended
}

/// The door of one agent.
#[derive(Clone, Debug)]
struct Door {
    place: Place,
}

impl Door {
    /// Lets the fleet note the call. Whoever is no agent of it, or finds no supervisor, works all the same.
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
        // Whoever no longer wants the answer no longer waits either: dropping the call withdraws what waits.
        let answer = tokio::select! {
            (answer, durable) = call => answer.told(durable),
            () = cancelled.cancelled() => Answer::cancelled(),
        };
        self.tell(tool, if answer.is_failure() { ToolMoment::Failed } else { ToolMoment::Ended }).await;
        Ok(answer.into_result().into())
    }
}
