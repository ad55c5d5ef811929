//! `qd task retry`: tries tasks again.

use super::report::ask_of_each;
use crate::api::tasks::RETRY_TASK;
use crate::cli::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd task retry`.
#[derive(Args, Debug)]
pub struct Retry {
    /// Numbers (t12) or names of the tasks to try again
    #[arg(value_name = "TASK", add = complete::tasks(), required = true)]
    tasks: Vec<String>,
    /// Reason for trying again, in words
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<String>,
    /// Print each task as JSON
    #[arg(long)]
    json: bool,
}

impl Retry {
    /// Runs `qd task retry` and returns its exit code. If one task cannot be retried, the others still are.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        ask_of_each(&self.tasks, &RETRY_TASK, self.reason, self.json, context).await
    }
}
