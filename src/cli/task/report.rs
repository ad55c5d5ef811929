//! `qd task done` and `qd task fail`: an agent's report at the end of its task. Also what the commands share that change
//! tasks.

use super::meant::{named_or_own, text_or_stdin};
use crate::api::route::Route;
use crate::api::tasks::{Reason, Report, TASK_DONE, TASK_FAILED, Task};
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
    /// Reports the end of the task to a route, and prints the task as it is then.
    async fn to(self, route: &Route<Report, Task>, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let report = Report { message: self.message.map(text_or_stdin).transpose()? };
        let task = client.call(route, &[&named_or_own(self.task, &client)?], &report).await?;
        tell(&mut context.out, &task, self.json)?;
        Ok(Exit::Ok)
    }
}

impl Done {
    /// Runs `qd task done` and returns its exit code. The verification follows, and is not waited for.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        self.said.to(&TASK_DONE, context).await
    }
}

impl Fail {
    /// Runs `qd task fail` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        self.said.to(&TASK_FAILED, context).await
    }
}

/// Asks the same of each of these tasks, and prints each as it is then. If it is refused for one, the others are still
/// asked. Returns the exit code of the last refusal.
pub(super) async fn ask_of_each(
    tasks: &[String],
    route: &Route<Reason, Task>,
    reason: Option<String>,
    json: bool,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let asked = Reason { reason };
    let mut exit = Exit::Ok;
    for task in tasks {
        match client.call(route, &[task], &asked).await {
            Ok(task) => tell(&mut context.out, &task, json)?,
            Err(error) => exit = context.complain(error.into()),
        }
    }
    Ok(exit)
}

/// Prints a task in one line, after it was changed.
pub(super) fn tell(out: &mut Output, task: &Task, json: bool) -> io::Result<()> {
    match json {
        true => out.json(task),
        false => out.line(format!("{} {}", clean(&task.name), clean(&task.summary))),
    }
}
