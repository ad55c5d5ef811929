//! `qd lock history`: what happened to locks, from the journal.

use crate::api::events::{EventQuery, Severity};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use crate::report::time::parse_instant;
use clap::Args;

/// Facts that are printed unless more are asked for.
const LIMIT_DEFAULT: u32 = 100;

/// What `qd lock history` takes.
#[derive(Args, Debug)]
pub struct History {
    /// Only since then: 10m ago, 2h ago, or an instant such as 2026-11-20T09:30
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    since: Option<u64>,
    /// Only about this agent
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The newest, at most this many
    #[arg(long, value_name = "NUMBER", default_value_t = LIMIT_DEFAULT)]
    limit: u32,
    /// Also renewals and what stood still
    #[arg(long)]
    all: bool,
    /// Print a line of JSON for each
    #[arg(long)]
    json: bool,
}

impl History {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let filters = EventQuery {
            kind: Some("lock".to_owned()),
            since_ms: self.since,
            agent: self.agent,
            severity: (!self.all).then_some(Severity::Info),
            limit: Some(self.limit),
            ..EventQuery::default()
        };
        for fact in &client.events(&filters).await?.events {
            match self.json {
                true => context.out.json_line(&JsonLine::of(fact))?,
                false => context.out.line(line(fact, context.out.colors()))?,
            }
        }
        Ok(Exit::Ok)
    }
}
