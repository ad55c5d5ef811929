//! `qd task progress`: reports the progress of a task.

use super::meant::named_or_own;
use super::report::tell;
use crate::api;
use crate::api::tasks::Progress as Said;
use crate::cli::{Context, complete};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd task progress`.
#[derive(Args, Debug)]
pub struct Progress {
    /// The progress in percent (0 to 100)
    #[arg(value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100), required_unless_present = "message")]
    percent: Option<u8>,
    /// The progress in words
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Number or name of the task [default: your own]
    #[arg(long, value_name = "TASK", add = complete::tasks())]
    task: Option<String>,
    /// Print the task as JSON
    #[arg(long)]
    json: bool,
}

impl Progress {
    /// Runs `qd task progress` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let task = named_or_own(self.task, &client)?;
        let task = client
            .call(&api::tasks::TASK_PROGRESS, &[&task], &Said { percent: self.percent, message: self.message })
            .await?;
        tell(&mut context.out, &task, self.json)?;
        Ok(Exit::Ok)
    }
}
