//! `qd state get`: prints a value.

use super::owner::{Owner, text};
use crate::api;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd state get`.
#[derive(Args, Debug)]
pub struct Get {
    /// Key of the value to print
    key: String,
    #[command(flatten)]
    owner: Owner,
    /// Print the value with its version as a JSON object
    #[arg(long)]
    json: bool,
}

impl Get {
    /// Runs `qd state get` and returns its exit code. A text is printed as it is, anything else as JSON.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let owner = self.owner.or_own(&client);
        let entry = client.call(&api::state::GET_STATE, &[&owner, &self.key], &()).await?;
        match self.json {
            true => context.out.json(&entry)?,
            false => context.out.line(text(&entry.value))?,
        }
        Ok(Exit::Ok)
    }
}
