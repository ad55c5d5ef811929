//! `qd task cancel`: cancels tasks.

use super::report::ask_of_each;
use crate::api::tasks::CANCEL_TASK;
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
        ask_of_each(&self.tasks, &CANCEL_TASK, self.reason, self.json, context).await
    }
}
