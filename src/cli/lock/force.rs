//! `qd lock force`: takes a lease from its holder.

use super::meant::{failed, meant_one};
use super::release::{is_lease, told};
use crate::api;
use crate::api::locks;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd lock force`.
#[derive(Args, Debug)]
pub struct Force {
    /// Name of a lease (l7), or a scope: then every lease on exactly this scope
    #[arg(value_name = "LEASE|SCOPE")]
    what: String,
    /// Reason for taking the lease; the holder is told, and it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print the leases that were taken as JSON
    #[arg(long)]
    json: bool,
}

impl Force {
    /// Runs `qd lock force` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let what = if is_lease(&self.what) { self.what } else { meant_one(&client, self.what).await? };
        let taken = client
            .call(&api::locks::FORCE_LOCK, &[], &locks::Force { what, reason: self.reason })
            .await
            .map_err(failed)?;
        match self.json {
            true => context.out.json(&taken)?,
            false => context.out.line(format!("took {}", told(&taken)))?,
        }
        Ok(Exit::Ok)
    }
}
