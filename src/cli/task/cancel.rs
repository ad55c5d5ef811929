//! `qd task cancel`: cancels tasks.

use super::report::tell;
use crate::api;
use crate::api::tasks::Reason;
use crate::cli::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd task cancel`.
#[derive(Args, Debug)]
pub struct Cancel {
    /// Numbers (t12) or names of the tasks to cancel
    #[arg(value_name = "TASK", add = complete::tasks(), required = true)]
    tasks: Vec<String>,
    /// Reason for the cancellation, in words
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<String>,
    /// Print each task as JSON
    #[arg(long)]
    json: bool,
}

impl Cancel {
    /// Runs `qd task cancel` and returns its exit code. If one task cannot be cancelled, the others still are.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let mut exit = Exit::Ok;
        for task in &self.tasks {
            match client.call(&api::tasks::CANCEL_TASK, &[task], &Reason { reason: self.reason.clone() }).await {
                Ok(task) => tell(&mut context.out, &task, self.json)?,
                Err(error) => exit = context.complain(error.into()),
            }
        }
        Ok(exit)
    }
}
