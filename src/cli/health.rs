//! `qd health`: prints the health of the supervisor; each check is executed for this answer.

use super::Context;
use crate::api::system::{Health as Answer, HealthStatus};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use clap::Args;

/// The command-line arguments of `qd health`.
#[derive(Args, Debug)]
pub struct Health {
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Health {
    /// Runs `qd health` and returns its exit code: 1 if something is unhealthy, and success if something is only
    /// degraded.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let answer = context.client().await?.health().await?;
        match self.json {
            true => context.out.json(&answer)?,
            false => context.out.table(&rows(&answer))?,
        }
        Ok(if answer.status == HealthStatus::Unhealthy { Exit::Failed } else { Exit::Ok })
    }
}

/// Returns the rows of the table, with its heading first.
fn rows(answer: &Answer) -> Vec<Vec<Cell>> {
    let heading = ["CHECK", "STATUS", "FOUND"].iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    let checks = answer.checks.iter().map(|check| {
        let status = Cell::new(check.status.look(), check.status.word());
        vec![Cell::plain(&check.name), status, Cell::plain(&check.detail)]
    });
    std::iter::once(heading).chain(checks).collect()
}
