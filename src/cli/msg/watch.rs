//! `qd msg watch`: prints the events of messages as they happen.

use crate::api::events::{EventQuery, EventRecord};
use crate::cli::Context;
use crate::client::Followed;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use clap::Args;
use quarterdeck_core::mail::topic::Pattern;

/// The command-line arguments of `qd msg watch`.
#[derive(Args, Debug)]
pub struct Watch {
    /// Only messages to these topics: 'agent.*.task', direct
    #[arg(long, value_name = "PATTERN", value_parser = parse_pattern)]
    topic: Option<Pattern>,
    /// Begin with the newest events so far, at most this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,
    /// Print one line of JSON for each event
    #[arg(long)]
    json: bool,
}

impl Watch {
    /// Prints the events of messages until the supervisor ends.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let kind = Some("message".to_owned());
        let mut facts = client.follow(&EventQuery { kind, limit: self.limit, ..EventQuery::default() }).await?;
        while let Some(heard) = facts.next().await? {
            match heard {
                Followed::Fact(fact) if self.wants(&fact) => match self.json {
                    true => context.out.json_line(&JsonLine::of(&fact))?,
                    false => context.out.line(line(&fact, context.out.colors()))?,
                },
                _ => {}
            }
        }
        let ended = Failure::new(Exit::NotRunning, "the supervisor ended");
        Err(ended.hint("`qd up` starts a new one, which has every message that was sent"))
    }

    fn wants(&self, fact: &EventRecord) -> bool {
        let Some(wanted) = &self.topic else { return true };
        fact.sent_to_topic().is_some_and(|topic| wanted.matches(&topic))
    }
}

fn parse_pattern(text: &str) -> Result<Pattern, String> {
    Pattern::parse(text).map_err(|error| error.to_string())
}
