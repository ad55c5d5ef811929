//! `qd lock renew`: extends a lease that has a time to live.

use super::meant::failed;
use super::show;
use crate::api;
use crate::api::locks;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::Duration;

/// The command-line arguments of `qd lock renew`.
#[derive(Args, Debug)]
pub struct Renew {
    /// Name of the lease to renew: l7
    lease: String,
    /// New time to live, from now [default: as long as before]
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    ttl: Option<Duration>,
    /// Print the lease as JSON
    #[arg(long)]
    json: bool,
}

impl Renew {
    /// Runs `qd lock renew` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let ttl_ms = self.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let granted = client
            .call(&api::locks::RENEW_LOCK, &[], &locks::Renew { lease: self.lease, ttl_ms })
            .await
            .map_err(failed)?;
        match self.json {
            true => context.out.json(&granted)?,
            false => context.out.line(format!("renewed {}", show::granted(&granted)))?,
        }
        Ok(Exit::Ok)
    }
}
