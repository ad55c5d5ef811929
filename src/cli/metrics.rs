//! `qd metrics`: prints the metrics of the fleet.

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::io::Write;

/// The command-line arguments of `qd metrics`.
#[derive(Args, Debug)]
pub struct Metrics {
    /// Print one JSON object instead of the text that Prometheus reads
    #[arg(long)]
    json: bool,
}

impl Metrics {
    /// Runs `qd metrics` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        match self.json {
            true => context.out.json(&client.fleet_metrics().await?)?,
            false => context.out.write_all(client.fleet_metrics_text().await?.as_bytes())?,
        }
        Ok(Exit::Ok)
    }
}
