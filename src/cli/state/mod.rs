//! `qd state`: small values by owner and key, which all agents see. There is one file for each subcommand; [`Owner`]
//! names the owner of the values.

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

/// The name of the fleet as an owner of values, as in the API.
const FLEET: &str = "fleet";

/// The command-line arguments of `qd state`.
#[derive(Args, Debug)]
pub struct State {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd state`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Set a value: within an agent's run the agent's own, else the fleet's
    ///
    /// With --version, the value is set only if that version is current. Otherwise the conflict is recorded, and
    /// refused with 4. The value progress, a number from 0 to 100, is shown as a percentage.
    Set(set::Set),
    /// Print the value of a key
    Get(get::Get),
    /// List the values of one owner, or of all
    List(list::List),
    /// Remove a value, or all values of an owner
    Clear(clear::Clear),
}

/// The owner of the values on the command line.
#[derive(Args, Debug)]
pub struct Owner {
    /// Use the values of this agent
    #[arg(long, value_name = "NAME", add = complete::agent(), conflicts_with = "fleet")]
    agent: Option<String>,
    /// Use the values of the fleet
    #[arg(long)]
    fleet: bool,
}

impl Owner {
    /// Returns the owner that is named on the command line; none if none is named.
    fn named(&self) -> Option<String> {
        if self.fleet { Some(FLEET.to_owned()) } else { self.agent.clone() }
    }

    /// Returns the owner: the named one, or within a run its agent, or else the fleet.
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

/// Returns a value in the form that a shell needs: a text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
