//! `qd lock history`: prints the history of locks from the journal.

use crate::api::events::{EVENTS_MAX, EventQuery, EventRecord, Severity};
use crate::api::facts::Scope as Named;
use crate::cli::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use crate::report::time::parse_instant;
use clap::Args;
use quarterdeck_core::scope::{RepositoryPath, Scope};

/// How many facts are printed by default.
const LIMIT_DEFAULT: u32 = 100;

/// The command-line arguments of `qd lock history`.
#[derive(Args, Debug)]
pub struct History {
    /// Only facts about this resource, or about this path and the paths below or above it
    #[arg(value_name = "SCOPE")]
    scope: Option<String>,
    /// Only facts since this time: 10m ago, 2h ago, or an instant such as 2026-11-20T09:30
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    since: Option<u64>,
    /// Only facts about this agent
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Only the newest facts, at most this many
    #[arg(long, value_name = "NUMBER", default_value_t = LIMIT_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=i64::from(EVENTS_MAX)))]
    limit: u32,
    /// Include renewals and pauses of the time to live
    #[arg(long)]
    all: bool,
    /// Print one line of JSON for each fact
    #[arg(long)]
    json: bool,
}

impl History {
    /// Runs `qd lock history` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let about = self.scope.as_deref().map(About::read).transpose()?;
        let client = context.client().await?;
        let filters = EventQuery {
            kind: Some("lock".to_owned()),
            since_ms: self.since,
            agent: self.agent,
            severity: (!self.all).then_some(Severity::Info),
            limit: Some(if about.is_some() { EVENTS_MAX } else { self.limit }),
            ..EventQuery::default()
        };
        let mut facts = client.events(&filters).await?.events;
        if about.is_some() && facts.len() >= EVENTS_MAX as usize {
            eprintln!("warning: only the newest {EVENTS_MAX} facts about locks were looked through; see `qd export`");
        }
        facts.retain(|fact| about.as_ref().is_none_or(|about| about.fits(fact)));
        let newest = facts.len().saturating_sub(self.limit as usize);
        for fact in &facts[newest..] {
            match self.json {
                true => context.out.json_line(&JsonLine::of(fact))?,
                false => context.out.line(line(fact, context.out.colors()))?,
            }
        }
        Ok(Exit::Ok)
    }
}

/// A filter for facts about a scope. A word may mean a path as well as a resource.
struct About([Option<Scope>; 2]);

impl About {
    fn read(word: &str) -> Result<About, Failure> {
        let resource = (!word.contains('/')).then(|| Scope::Resource(word.to_owned()));
        let path = RepositoryPath::parse(word).map_err(|why| Failure::new(Exit::Usage, format!("`{word}`: {why}")))?;
        Ok(About([resource, Some(Scope::Path(path))]))
    }

    /// Whether a fact names a scope that overlaps the filter's scope.
    fn fits(&self, fact: &EventRecord) -> bool {
        let named = fact.scopes().into_iter().filter_map(|named| match named {
            Named::Path(path) => RepositoryPath::parse(&path).ok().map(Scope::Path),
            Named::Resource(name) => Some(Scope::Resource(name)),
        });
        named.into_iter().any(|scope| self.0.iter().flatten().any(|wanted| wanted.overlaps(&scope)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fact(data: serde_json::Value) -> EventRecord {
        let (agent, run, message) = (None, None, String::new());
        let kind = "lock.granted".to_owned();
        EventRecord { seq: 1, at_ms: 0, kind, severity: Severity::Info, agent, run, message, data }
    }

    #[test]
    fn facts_are_found_by_what_lies_beneath_and_above_a_scope() {
        let fits = |word: &str, fact: &EventRecord| About::read(word).expect("a scope").fits(fact);
        let granted =
            fact(json!({"lease": {"id": 1, "scopes": [{"mode": "exclusive", "scope": {"path": "src/parser"}}]}}));
        for (word, expected) in [("src", true), ("./src/parser/x.rs", true), ("src/pars", false), ("docs/", false)] {
            assert_eq!(fits(word, &granted), expected, "{word}");
        }
        let waiting = fact(json!({"request": {"wants": [{"scope": {"resource": "gpu"}}]}, "key": "src"}));
        assert_eq!(["gpu", "./gpu", "src"].map(|word| fits(word, &waiting)), [true, false, false]);
        assert!(About::read("../x").is_err());
    }
}
