//! `qd leave`: an agent that joined takes part no longer.

use super::Context;
use crate::api::agents::Action;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// What `qd leave` takes.
#[derive(Args, Debug)]
pub struct Leave {
    /// The agent [default: the one that this process belongs to]
    #[arg(value_name = "NAME", add = complete::agents())]
    name: Option<String>,
}

impl Leave {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let name = self.name.or_else(|| client.own_agent()).ok_or_else(|| {
            Failure::new(Exit::Usage, "this process is no agent of the fleet; expected the name of one that joined")
        })?;
        client.act(&name, Action::Leave).await?;
        context.out.line(format!("{} has left", clean(&name)))?;
        Ok(Exit::Ok)
    }
}
