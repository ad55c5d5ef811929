//! `qd msg inbox`: prints the messages in an inbox.

use super::oneself::agent_or_oneself;
use super::show;
use crate::api;
use crate::api::messages::InboxQuery;
use crate::cli::{Context, complete};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::Duration;

/// The command-line arguments of `qd msg inbox`.
#[derive(Args, Debug)]
pub struct Inbox {
    /// The agent whose inbox is shown [default: your own]
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Wait this long for a message when there is none (30s, 5m), then end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    wait: Option<Duration>,
    /// Print the messages without counting them as delivered
    #[arg(long, conflicts_with = "ack")]
    peek: bool,
    /// Acknowledge the messages that were printed
    #[arg(long)]
    ack: bool,
    /// Print a JSON array of objects, one per message
    #[arg(long)]
    json: bool,
}

impl Inbox {
    /// Runs `qd msg inbox` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let agent = agent_or_oneself(self.agent, &client)?;
        let wait_ms = self.wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let messages = client.inbox(&agent, &InboxQuery { peek: self.peek, wait_ms }).await?;
        match self.json {
            true => context.out.json(&messages)?,
            false => messages.iter().try_for_each(|message| show::in_full(&mut context.out, message))?,
        }
        if self.ack {
            for message in &messages {
                client.call(&api::messages::ACKNOWLEDGE_MESSAGE, &[&message.id], &()).await?;
            }
        }
        match (self.wait, messages.is_empty()) {
            (Some(wait), true) => Err(Failure::new(Exit::TimedOut, format!("no message came within {wait:?}"))),
            _ => Ok(Exit::Ok),
        }
    }
}
