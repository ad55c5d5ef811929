//! `qd task watch`: prints the events of tasks as they happen.

use super::report::tell;
use crate::api;
use crate::api::events::EventQuery;
use crate::api::tasks::TaskState;
use crate::cli::Context;
use crate::cli::complete;
use crate::client::Followed;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::Duration;

/// The command-line arguments of `qd task watch`.
#[derive(Args, Debug)]
pub struct Watch {
    /// Watch only this task, by number (t12) or name, until its end
    #[arg(value_name = "TASK", add = complete::tasks())]
    task: Option<String>,
    /// Watch for this long at most (30s, 5m), then end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Print one line of JSON for each event
    #[arg(long)]
    json: bool,
}

impl Watch {
    /// Prints the events of tasks until the task or the supervisor ends.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let Some(timeout) = self.timeout else { return self.watch(context).await };
        match tokio::time::timeout(timeout, self.watch(context)).await {
            Ok(ended) => ended,
            Err(_) => Err(Failure::new(Exit::TimedOut, format!("it has not ended within {timeout:?}"))),
        }
    }

    async fn watch(&self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let kind = Some("task".to_owned());
        // Listening begins before the task is read, so that its end is not missed in between.
        let mut facts = client.follow(&EventQuery { kind, limit: Some(0), ..EventQuery::default() }).await?;
        let watched = match &self.task {
            Some(task) => Some(client.call(&api::tasks::GET_TASK, &[task], &()).await?.task),
            None => None,
        };
        if let Some(task) = watched.as_ref().filter(|task| task.state.has_ended()) {
            tell(&mut context.out, task, self.json)?;
            return Ok(exit_of(task.state));
        }
        let id = watched.map(|task| task.id);
        while let Some(heard) = facts.next().await? {
            let Followed::Fact(fact) = heard else { continue };
            if id.as_ref().is_some_and(|id| fact.task().as_ref() != Some(id)) {
                continue;
            }
            match self.json {
                true => context.out.json_line(&JsonLine::of(&fact))?,
                false => context.out.line(line(&fact, context.out.colors()))?,
            }
            if let Some(state) = id.as_ref().and_then(|_| fact.known()?.task_end()) {
                return Ok(exit_of(state));
            }
        }
        Err(Failure::new(Exit::NotRunning, "the supervisor ended").hint("`qd up` starts a new one, with every task"))
    }
}

fn exit_of(state: TaskState) -> Exit {
    if state == TaskState::Done { Exit::Ok } else { Exit::TaskFailed }
}
