//! `qd plan start`: starts a plan.

use super::super::Context;
use super::meant::{FailModeArgument, absolute, sentence};
use crate::api;
use crate::api::events::EventQuery;
use crate::api::plans::{NewPlan, Plan, PlanState};
use crate::cli::complete;
use crate::client::{Client, Followed};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::path::PathBuf;

/// The command-line arguments of `qd plan start`.
#[derive(Args, Debug)]
pub struct Start {
    /// The plan's file [default: that of `[plan]` in agents.toml]
    #[arg(add = complete::plan_files())]
    file: Option<PathBuf>,
    /// The effect of a failed task on the plan, in place of the file's fail mode
    #[arg(long, value_enum, value_name = "MODE")]
    fail_mode: Option<FailModeArgument>,
    /// Wait until the plan has ended
    #[arg(long)]
    wait: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

impl Start {
    /// Runs `qd plan start` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let path = self.file.as_deref().map(absolute).transpose()?;
        let new = NewPlan {
            path: path.map(|path| path.display().to_string()),
            content: None,
            fail_mode: self.fail_mode.map(Into::into),
        };
        let mut plan = client.call(&api::plans::START_PLAN, &[], &new).await?;
        let mut exit = Exit::Ok;
        if self.wait {
            plan = ended(&client, &plan.id).await?;
            exit = if plan.state == PlanState::Completed { Exit::Ok } else { Exit::TaskFailed };
        }
        match self.json {
            true => context.out.json(&plan)?,
            false => context.out.line(sentence(&plan))?,
        }
        Ok(exit)
    }
}

/// Waits until the plan has ended, and returns it.
async fn ended(client: &Client, id: &str) -> Result<Plan, Failure> {
    let filters = EventQuery {
        since_seq: Some(client.hello().newest_seq),
        kind: Some("plan".to_owned()),
        ..EventQuery::default()
    };
    let mut facts = client.follow(&filters).await?;
    loop {
        let plan = client.call(&api::plans::GET_PLAN, &[id], &()).await?.plan;
        if plan.ended_ms.is_some() {
            return Ok(plan);
        }
        loop {
            match facts.next().await? {
                Some(Followed::Fact(fact)) if fact.plan().as_deref() == Some(id) => break,
                Some(_) => {}
                None => return Err(Failure::new(Exit::SupervisorFailed, "the supervisor ended before the plan did")),
            }
        }
    }
}
