//! `qd join`: adds an agent that was started outside the fleet.

use super::Context;
use crate::api::joining::Join as Asked;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// The command-line arguments of `qd join`.
#[derive(Args, Debug)]
pub struct Join {
    /// The name of the agent in the fleet
    name: String,
    /// The agent's capabilities, by which tasks are assigned to it
    #[arg(long = "capability", value_name = "WORD")]
    capabilities: Vec<String>,
    /// Process id of the root of the agent's process tree, this process or an ancestor of it [default: the parent of
    /// this process, such as the shell]
    #[arg(long)]
    pid: Option<u32>,
    /// Print the answer as one JSON object
    #[arg(long)]
    json: bool,
}

impl Join {
    /// Runs `qd join` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let asked = Asked { name: self.name, capabilities: self.capabilities, pid: self.pid };
        let joined = context.client().await?.join(&asked).await?;
        if self.json {
            context.out.json(&joined)?;
            return Ok(Exit::Ok);
        }
        let (name, pid) = (clean(&joined.agent), joined.pid);
        context.out.line(format!(
            "{name} has joined: the process {pid} and all that it starts. It leaves with `qd leave`, or when that \
             process ends"
        ))?;
        Ok(Exit::Ok)
    }
}
