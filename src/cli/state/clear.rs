//! `qd state clear`: removes values.

use super::owner::Owner;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd state clear`.
#[derive(Args, Debug)]
pub struct Clear {
    /// Key of the value to remove
    #[arg(required_unless_present = "all")]
    key: Option<String>,
    /// Remove all values of the owner
    #[arg(long, conflicts_with = "key")]
    all: bool,
    #[command(flatten)]
    owner: Owner,
}

impl Clear {
    /// Runs `qd state clear` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let owner = self.owner.or_own(&client);
        let cleared = client.clear_state(&owner, self.key.as_deref()).await?.cleared;
        let values = if cleared == 1 { "value" } else { "values" };
        context.out.line(format!("removed {cleared} {values} of {owner}"))?;
        Ok(Exit::Ok)
    }
}
