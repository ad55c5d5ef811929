//! `qd events`: prints the fleet's facts, from its history and as they happen.

use super::Context;
use crate::api::events::{EVENTS_MAX, EventQuery, EventRecord, Severity};
use crate::cli::complete;
use crate::client::Followed;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use crate::report::time::parse_instant;
use clap::{Args, ValueEnum};

/// The command-line arguments of `qd events`.
#[derive(Args, Debug)]
pub struct Events {
    /// Continue with facts as they happen
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    which: Which,
    /// Only the newest facts, at most this many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=i64::from(EVENTS_MAX)))]
    limit: Option<u32>,
    /// Print one line of JSON for each fact
    #[arg(long)]
    json: bool,
}

/// Which facts are wanted, for all commands that read the history.
#[derive(Args, Debug)]
pub(super) struct Which {
    /// Only facts since this time: 10m ago, 2h ago, or an instant such as 2026-11-20T09:30
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    since: Option<u64>,
    /// Only facts of this type or of a type below it: agent.ended, agent
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only facts about this agent
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Only facts that are at least this severe
    #[arg(long, value_enum)]
    severity: Option<Least>,
}

impl Which {
    /// Returns the query for these facts.
    pub(super) fn query(self) -> EventQuery {
        EventQuery {
            since_ms: self.since,
            kind: self.kind,
            agent: self.agent,
            severity: self.severity.map(Severity::from),
            ..EventQuery::default()
        }
    }
}

/// The severities that can be given on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Least {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Severity {
        match least {
            Least::Debug => Severity::Debug,
            Least::Info => Severity::Info,
            Least::Warning => Severity::Warning,
            Least::Error => Severity::Error,
            Least::Critical => Severity::Critical,
        }
    }
}

impl Events {
    /// Runs `qd events` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let filters = EventQuery { limit: self.limit, ..self.which.query() };
        let page = client.events(&filters).await?;
        page.events.iter().try_for_each(|fact| print(context, fact, self.json))?;
        if !self.follow {
            return Ok(Exit::Ok);
        }
        let live = EventQuery { since_seq: Some(page.newest_seq), since_ms: None, limit: None, ..filters };
        let mut facts = client.follow(&live).await?;
        while let Some(heard) = facts.next().await? {
            if let Followed::Fact(fact) = heard {
                print(context, &fact, self.json)?;
            }
        }
        let ended = Failure::new(Exit::NotRunning, "the supervisor ended");
        Err(ended.hint("`qd up` starts a new one, which adopts the agents that still run"))
    }
}

fn print(context: &mut Context, fact: &EventRecord, json: bool) -> Result<(), Failure> {
    match json {
        true => context.out.json_line(&JsonLine::of(fact))?,
        false => context.out.line(line(fact, context.out.colors()))?,
    }
    Ok(())
}
