//! `qd leave`: removes an agent that joined from the fleet. Its processes continue.

use super::Context;
use crate::api::agents::Action;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// The command-line arguments of `qd leave`.
#[derive(Args, Debug)]
pub struct Leave {
    /// Name of the agent [default: the one that this process belongs to]
    #[arg(value_name = "NAME", add = complete::agents())]
    name: Option<String>,
}

impl Leave {
    /// Runs `qd leave` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let name = self.name.or_else(|| client.own_agent()).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "this process is not an agent of the fleet; expected the name of an agent that joined",
            )
        })?;
        client.act(&name, Action::Leave).await?;
        context.out.line(format!("{} has left", clean(&name)))?;
        Ok(Exit::Ok)
    }
}
