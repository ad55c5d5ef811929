//! `qd msg history`: lists the messages that are kept.

use super::show;
use crate::api;
use crate::api::messages::MessageQuery;
use crate::cli::Context;
use crate::cli::complete;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd msg history`.
#[derive(Args, Debug)]
pub struct History {
    /// Only messages to these topics: 'agent.*.task', direct
    #[arg(long, value_name = "PATTERN")]
    topic: Option<String>,
    /// Only messages to or from this agent
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Only the newest messages, at most this many [default: 100]
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,
    /// Print a JSON array of objects, one per message
    #[arg(long)]
    json: bool,
}

impl History {
    /// Runs `qd msg history` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let filters = MessageQuery { topic: self.topic, agent: self.agent, limit: self.limit };
        let messages = context.client().await?.call(&api::messages::LIST_MESSAGES, &[], &filters).await?;
        match self.json {
            true => context.out.json(&messages)?,
            false => context.out.table(&show::rows(&messages, now_ms()))?,
        }
        Ok(Exit::Ok)
    }
}
