//! `qd spawn`: adds an agent that is not in `agents.toml`, and starts it.

use super::Context;
use super::act::{self, Deed, started};
use crate::api::agents::{Action, SpawnRequest};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The command-line arguments of `qd spawn`.
#[derive(Args, Debug)]
pub struct Spawn {
    /// The name of the new agent
    name: String,
    /// The agent's workspace: a git worktree of its own, a directory of its own, or the fleet's own directory
    #[arg(long, value_name = "worktree|directory|shared")]
    workspace: Option<String>,
    /// A command line for sh, instead of a program and its arguments
    #[arg(long, value_name = "LINE", conflicts_with = "command")]
    shell: Option<String>,
    /// Set a variable in the agent's environment
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Return as soon as the request is accepted, rather than when the agent is ready
    #[arg(long)]
    no_wait: bool,
    /// The program to run and its arguments
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "shell")]
    command: Vec<String>,
}

impl Spawn {
    /// Runs `qd spawn` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let (name, no_wait) = (self.name.clone(), self.no_wait);
        client.spawn(&self.request()).await?;
        if no_wait {
            context.out.line(format!("starting {name}"))?;
            return Ok(Exit::Ok);
        }
        let deed = Deed { action: Action::Start, fits: |_| true, accepted: "starting", settles: started };
        act::settle(context, &client, &deed, [(name, None)].into(), None).await
    }

    /// Returns the request, which has the same keys as `[agents.NAME]`.
    fn request(self) -> SpawnRequest {
        let mut config: BTreeMap<String, Value> = BTreeMap::new();
        if let Some((program, arguments)) = self.command.split_first() {
            config.insert("command".into(), json!(program));
            config.insert("args".into(), json!(arguments));
        }
        if let Some(line) = self.shell {
            config.insert("shell".into(), json!(line));
        }
        if let Some(workspace) = self.workspace {
            config.insert("workspace".into(), json!(workspace));
        }
        if !self.env.is_empty() {
            config.insert("env".into(), json!(self.env.into_iter().collect::<BTreeMap<String, String>>()));
        }
        SpawnRequest { name: self.name, config }
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
