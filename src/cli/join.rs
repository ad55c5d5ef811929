//! `qd join`: an agent that was started elsewhere takes part in the fleet.

use super::Context;
use crate::api::joining::Join as Asked;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// What `qd join` takes.
#[derive(Args, Debug)]
pub struct Join {
    /// The name under which it takes part
    name: String,
    /// What it may be asked to do
    #[arg(long = "capability", value_name = "WORD")]
    capabilities: Vec<String>,
    /// The process with which it begins, at or above this one [default: the parent of this one, such as the shell]
    #[arg(long)]
    pid: Option<u32>,
    /// Print one object
    #[arg(long)]
    json: bool,
}

impl Join {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let asked = Asked { name: self.name, capabilities: self.capabilities, pid: self.pid };
        let joined = context.client().await?.join(&asked).await?;
        if self.json {
            context.out.json(&joined)?;
            return Ok(Exit::Ok);
        }
        let (name, pid) = (clean(&joined.agent), joined.pid);
        context.out.line(format!(
            "{name} has joined: the process {pid} and all that it starts. It leaves with `qd leave`, or when that ends"
        ))?;
        Ok(Exit::Ok)
    }
}
