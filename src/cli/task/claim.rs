//! `qd task claim`: requests a task to work on.

use super::meant::MINE;
use super::show::in_full;
use crate::api;
use crate::api::tasks::{Claim as Asked, TaskDetail};
use crate::cli::{Context, complete};
use crate::client::reconnect::reconnect;
use crate::client::{Client, ClientError};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::{Args, ValueEnum};
use std::time::{Duration, Instant};

/// The command-line arguments of `qd task claim`.
#[derive(Args, Debug)]
pub struct Claim {
    /// The task to claim, by number or name [default: the next task that this agent can do]
    #[arg(value_name = "TASK", add = complete::tasks())]
    task: Option<String>,
    /// Wait for a task, at most this long (30s, 5m) or forever
    #[arg(long, value_name = "DURATION", value_parser = parse_span, num_args = 0..=1)]
    wait: Option<Option<Duration>>,
    /// Print only this part of the task, for a loop in a shell
    #[arg(long, value_enum, value_name = "PART", conflicts_with = "json")]
    print: Option<Part>,
    /// Print the task as one JSON object
    #[arg(long)]
    json: bool,
}

/// The parts of a task that can be printed alone.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    /// The name of the task
    Name,
    /// The whole prompt of the task
    Prompt,
    /// The directory of the task's inputs; empty if it has none
    Inputs,
}

impl Part {
    fn of(self, task: &TaskDetail) -> &str {
        match self {
            Part::Name => &task.task.name,
            Part::Prompt => &task.prompt,
            Part::Inputs => task.inputs.as_deref().unwrap_or_default(),
        }
    }
}

impl Claim {
    /// Runs `qd task claim` and returns its exit code. If the supervisor is replaced in the meantime, the request is
    /// repeated.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let waits_until = match self.wait {
            None => Some(Instant::now()),
            Some(wait) => wait.and_then(|wait| Instant::now().checked_add(wait)),
        };
        let Some(task) = claimed(client, self.task, waits_until, self.wait.is_some()).await? else {
            return Err(Failure::new(Exit::TimedOut, "there is no task for this agent"));
        };
        match self.print {
            _ if self.json => context.out.json(&task)?,
            Some(part) => context.out.line(part.of(&task))?,
            None => in_full(&mut context.out, &task)?,
        }
        Ok(Exit::Ok)
    }
}

/// Returns the task that the run gets. If the supervisor went away after it assigned a task, before anyone received its
/// answer, that task is returned.
async fn claimed(
    mut client: Client,
    task: Option<String>,
    waits_until: Option<Instant>,
    waits: bool,
) -> Result<Option<TaskDetail>, Failure> {
    let mut asked_before = false;
    loop {
        let wait_ms = match waits_until {
            None => u64::MAX,
            Some(until) => millis(until.saturating_duration_since(Instant::now())),
        };
        let lost = match client.claim_task(&Asked { task: task.clone(), wait_ms: Some(wait_ms) }).await {
            Ok(found) => return Ok(found),
            Err(ClientError::Problem(problem)) if asked_before && problem.code == "busy" => {
                return Ok(Some(client.call(&api::tasks::GET_TASK, &[MINE], &()).await?));
            }
            Err(error @ ClientError::Problem(_)) => return Err(error.into()),
            Err(error) => error,
        };
        let passes = lost.is_absent() || matches!(lost, ClientError::Broken { .. } | ClientError::Silent { .. });
        if !waits || !passes {
            return Err(lost.into());
        }
        let place = client.place().clone();
        let again = reconnect(&place, None, |_| {});
        client = match waits_until {
            None => again.await?,
            Some(until) => match tokio::time::timeout_at(until.into(), again).await {
                Ok(found) => found?,
                Err(_) => return Err(lost.into()),
            },
        };
        asked_before = true;
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
