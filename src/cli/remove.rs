//! `qd remove`: removes agents that have no live run from the fleet, and says what happens to their workspaces.

use super::Context;
use super::names::Names;
use crate::api::removal::{Forgotten, WorkspaceFate};
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
    /// What happens to the workspace
    #[arg(long, value_enum, default_value_t = Fate::Keep)]
    workspace: Fate,
    /// Same as --workspace park
    #[arg(long, conflicts_with = "workspace")]
    park: bool,
}

/// The fates of a workspace that can be given on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fate {
    /// Keep the workspace as it is
    Keep,
    /// Remove the workspace if nothing is lost with it
    Remove,
    /// Save what would be lost on a git ref, then remove the workspace
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
        for agent in self.names.choose(client.agents().await?, |agent| !agent.state.is_going())? {
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
