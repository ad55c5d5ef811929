//! `qd lock force`: take a lease from its holder.

use super::release::{is_lease, told};
use super::{failed, meant_one};
use crate::api::locks;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd lock force` takes.
#[derive(Args, Debug)]
pub struct Force {
    /// The lease (l7), or a scope: every lease on exactly it
    #[arg(value_name = "LEASE|SCOPE")]
    what: String,
    /// Why; the holder is told, and it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print what was taken as JSON
    #[arg(long)]
    json: bool,
}

impl Force {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let what = if is_lease(&self.what) { self.what } else { meant_one(&client, self.what).await? };
        let taken = client.force(&locks::Force { what, reason: self.reason }).await.map_err(failed)?;
        match self.json {
            true => context.out.json(&taken)?,
            false => context.out.line(format!("took {}", told(&taken)))?,
        }
        Ok(Exit::Ok)
    }
}
