//! `qd health`: how the supervisor is, each check executed for this answer.

use super::Context;
use super::ps::word;
use crate::api::system::{Health as Answer, HealthStatus};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use clap::Args;

/// What `qd health` takes.
#[derive(Args, Debug)]
pub struct Health {
    /// The answer as JSON
    #[arg(long)]
    json: bool,
}

impl Health {
    /// Runs the verb and returns its exit code. What is unhealthy is an answer, and ends it with 1; what works with a
    /// loss is fine.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let answer = context.client().await?.health().await?;
        match self.json {
            true => context.out.json(&answer)?,
            false => context.out.table(&rows(&answer))?,
        }
        Ok(if answer.status == HealthStatus::Unhealthy { Exit::Failed } else { Exit::Ok })
    }
}

/// The table, its heading first.
fn rows(answer: &Answer) -> Vec<Vec<Cell>> {
    let heading = ["CHECK", "STATUS", "FOUND"].iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    let checks = answer.checks.iter().map(|check| {
        let status = Cell::new(tone(check.status), word(&check.status));
        vec![Cell::plain(&check.name), status, Cell::plain(&check.detail)]
    });
    std::iter::once(heading).chain(checks).collect()
}

fn tone(status: HealthStatus) -> Tone {
    match status {
        HealthStatus::Healthy => Tone::Good,
        HealthStatus::Degraded => Tone::Warning,
        HealthStatus::Unhealthy => Tone::Bad,
    }
}
