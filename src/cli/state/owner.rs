//! Finds the owner whose values a command means, and converts values to text.

use crate::cli::complete;
use crate::client::Client;
use clap::Args;
use serde_json::Value;

/// The name of the fleet as an owner of values, as in the API.
const FLEET: &str = "fleet";

/// The owner of the values on the command line.
#[derive(Args, Debug)]
pub(super) struct Owner {
    /// Use the values of this agent
    #[arg(long, value_name = "NAME", add = complete::agent(), conflicts_with = "fleet")]
    agent: Option<String>,
    /// Use the values of the fleet
    #[arg(long)]
    fleet: bool,
}

impl Owner {
    /// Returns the owner that is named on the command line; none if none is named.
    pub(super) fn named(&self) -> Option<String> {
        if self.fleet { Some(FLEET.to_owned()) } else { self.agent.clone() }
    }

    /// Returns the owner: the named one, or within a run its agent, or else the fleet.
    pub(super) fn or_own(&self, client: &Client) -> String {
        self.named().or_else(|| client.own_agent()).unwrap_or_else(|| FLEET.to_owned())
    }
}

/// Returns a value in the form that a shell needs: a text as it is, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
