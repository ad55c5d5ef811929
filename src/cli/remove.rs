//! `qd remove`: forgets agents that have no live run, and says what becomes of their workspaces.

use super::Context;
use super::names::Names;
use crate::api::agents::{Forgotten, WorkspaceFate};
use crate::api::condition::is_going;
use crate::client::ClientError;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::{Args, ValueEnum};

/// The command-line arguments of `qd remove`.
#[derive(Args, Debug)]
pub struct Remove {
    #[command(flatten)]
    names: Names,
    /// What becomes of the workspace
    #[arg(long, value_enum, default_value_t = Fate::Keep)]
    workspace: Fate,
    /// As --workspace park
    #[arg(long, conflicts_with = "workspace")]
    park: bool,
}

/// A workspace's fate on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fate {
    /// It stays
    Keep,
    /// It goes, if nothing is lost with it
    Remove,
    /// It goes, and what would be lost is kept on a git ref first
    Park,
}

impl From<Fate> for WorkspaceFate {
    fn from(fate: Fate) -> WorkspaceFate {
        match fate {
            Fate::Keep => WorkspaceFate::Keep,
            Fate::Remove => WorkspaceFate::Remove,
            Fate::Park => WorkspaceFate::Park,
        }
    }
}

impl Remove {
    /// Runs `qd remove` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let fate = if self.park { Fate::Park } else { self.workspace };
        let mut exit = Exit::Ok;
        for agent in self.names.choose(client.agents().await?, |agent| !is_going(agent))? {
            match client.remove(&agent.name, fate.into()).await {
                Ok(Forgotten { workspace: Some(became), .. }) => {
                    context.out.line(format!("removed {}: {}", agent.name, clean(&became)))?;
                }
                Ok(_) => context.out.line(format!("removed {}", agent.name))?,
                Err(error @ ClientError::Problem(_)) => exit = context.complain(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(exit)
    }
}
