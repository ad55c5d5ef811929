//! `qd state`: small values by owner and key, which all agents see. One file per verb, and [`Owner`]: whose they are.

pub mod clear;
pub mod get;
pub mod list;
pub mod set;

use super::Context;
use crate::cli::complete;
use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};
use serde_json::Value;

/// The owner of what is nobody's own, as the API names it.
const FLEET: &str = "fleet";

/// The command-line arguments of `qd state`.
#[derive(Args, Debug)]
pub struct State {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done with shared state.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Set a value: one's own within an agent's run, else the fleet's
    ///
    /// With --version only if that is still the current one; what came in between is recorded, and refused with 4.
    /// The value progress, a number from 0 to 100, is shown as a percentage.
    Set(set::Set),
    /// Print a value
    Get(get::Get),
    /// List values, all unless told
    List(list::List),
    /// Take a value away, or all of them
    Clear(clear::Clear),
}

/// Whose values.
#[derive(Args, Debug)]
pub struct Owner {
    /// An agent's
    #[arg(long, value_name = "NAME", add = complete::agent(), conflicts_with = "fleet")]
    agent: Option<String>,
    /// The fleet's
    #[arg(long)]
    fleet: bool,
}

impl Owner {
    /// Whose, where that is said.
    fn named(&self) -> Option<String> {
        if self.fleet { Some(FLEET.to_owned()) } else { self.agent.clone() }
    }

    /// Whose; one's own within an agent's run, else the fleet's.
    fn or_own(&self, client: &Client) -> String {
        self.named().or_else(|| client.own_agent()).unwrap_or_else(|| FLEET.to_owned())
    }
}

impl State {
    /// Runs `qd state` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Set(verb) => verb.run(context).await,
            Verb::Get(verb) => verb.run(context).await,
            Verb::List(verb) => verb.run(context).await,
            Verb::Clear(verb) => verb.run(context).await,
        }
    }
}

/// A value as a shell wants it: a text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
