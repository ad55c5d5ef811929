//! Whose values are meant, and a value as text.

use crate::cli::complete;
use crate::client::Client;
use clap::Args;
use serde_json::Value;

/// The owner of what is nobody's own, as the API names it.
const FLEET: &str = "fleet";

/// Whose values.
#[derive(Args, Debug)]
pub(super) struct Owner {
    /// An agent's
    #[arg(long, value_name = "NAME", add = complete::agent(), conflicts_with = "fleet")]
    agent: Option<String>,
    /// The fleet's
    #[arg(long)]
    fleet: bool,
}

impl Owner {
    /// Whose, where that is said.
    pub(super) fn named(&self) -> Option<String> {
        if self.fleet { Some(FLEET.to_owned()) } else { self.agent.clone() }
    }

    /// Whose; one's own within an agent's run, else the fleet's.
    pub(super) fn or_own(&self, client: &Client) -> String {
        self.named().or_else(|| client.own_agent()).unwrap_or_else(|| FLEET.to_owned())
    }
}

/// A value as a shell wants it: a text as it is, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
