//! `qd task done` and `qd task fail`: an agent's report at the end of its task.

use super::meant::{named_or_own, text_or_stdin};
use crate::api;
use crate::api::tasks::{Report, Task};
use crate::cli::{Context, complete};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Output, clean};
use clap::Args;
use std::io;

/// The command-line arguments of `qd task done`.
#[derive(Args, Debug)]
pub struct Done {
    #[command(flatten)]
    said: Said,
}

/// The command-line arguments of `qd task fail`.
#[derive(Args, Debug)]
pub struct Fail {
    #[command(flatten)]
    said: Said,
}

#[derive(Args, Debug)]
struct Said {
    /// Number (t12) or name of the task [default: your own]
    #[arg(value_name = "TASK", add = complete::tasks())]
    task: Option<String>,
    /// The result of the task, or why it failed; - reads it from standard input
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Print the task as JSON
    #[arg(long)]
    json: bool,
}

impl Said {
    fn report(&self) -> Result<Report, Failure> {
        Ok(Report { message: self.message.clone().map(text_or_stdin).transpose()? })
    }
}

impl Done {
    /// Runs `qd task done` and returns its exit code. The verification follows, and is not waited for.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let report = self.said.report()?;
        let task = client.call(&api::tasks::TASK_DONE, &[&named_or_own(self.said.task, &client)?], &report).await?;
        tell(&mut context.out, &task, self.said.json)?;
        Ok(Exit::Ok)
    }
}

impl Fail {
    /// Runs `qd task fail` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let report = self.said.report()?;
        let task = client.call(&api::tasks::TASK_FAILED, &[&named_or_own(self.said.task, &client)?], &report).await?;
        tell(&mut context.out, &task, self.said.json)?;
        Ok(Exit::Ok)
    }
}

/// Prints a task in one line, after it was changed.
pub(super) fn tell(out: &mut Output, task: &Task, json: bool) -> io::Result<()> {
    match json {
        true => out.json(task),
        false => out.line(format!("{} {}", clean(&task.name), clean(&task.summary))),
    }
}
