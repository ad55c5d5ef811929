//! `qd snooze`: snoozes agents' questions.

use super::Context;
use super::names::Names;
use crate::api::agents::{Action, AgentPatch, Status};
use crate::client::ClientError;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::Duration;

/// The command-line arguments of `qd snooze`.
#[derive(Args, Debug)]
pub struct Snooze {
    #[command(flatten)]
    names: Names,
    /// How long to snooze (10m, 1h; at most 24h) [default: 10m]
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_span)]
    span: Option<Duration>,
    /// End the snooze now: the questions call for a person again
    #[arg(long, conflicts_with = "span")]
    end: bool,
}

impl Snooze {
    /// Runs `qd snooze` and returns its exit code. A refusal is reported, and the other agents are still asked.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let chosen = self.names.choose(client.agents().await?, |agent| agent.status == Status::Waiting)?;
        let snooze_ms = if self.end { Some(0) } else { self.span.map(|span| span.as_millis() as u64) };
        let mut exit = Exit::Ok;
        for agent in chosen {
            match client.patch(&agent.name, &AgentPatch { action: Action::Snooze, snooze_ms }).await {
                Ok(_) if self.end => context.out.line(format!("{} calls again", agent.name))?,
                Ok(_) => context.out.line(format!("the question of {} is snoozed", agent.name))?,
                Err(error @ ClientError::Problem(_)) => exit = context.complain(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(exit)
    }
}
