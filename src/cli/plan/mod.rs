//! `qd plan`: checks, starts, shows, pauses and ends plans. A plan is given by its number (`p3`) or by its name, which
//! means the newest plan of that name; without either, the newest plan of all is meant.

mod draw;
mod drawn;
mod graph;
pub(super) mod meant;
mod start;
mod status;
mod validate;

use super::Context;
use crate::api;
use crate::api::plans::{FailMode, PausePlan, Plan};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::{Args, Subcommand};
use meant::{FailModeArgument, OfPlan, sentence};

/// The subcommands of `qd plan`.
#[derive(Subcommand, Debug)]
pub enum PlanVerb {
    /// Check a plan file and print every mistake; no supervisor is needed
    Validate(validate::Validate),
    /// Start a plan
    ///
    /// Returns when the plan runs; with --wait, when the plan has ended, with 6 when a task failed.
    Start(start::Start),
    /// List the plans, or show one with its tasks
    Status(status::Status),
    /// Explain why a plan is in its current state
    Explain(Explain),
    /// End a plan; work on its tasks is stopped
    Cancel(OfPlan),
    /// Stop assigning a plan's tasks
    Pause(Pause),
    /// Let a paused plan continue, or restart a failed plan at its failed tasks; tasks that are done stay done
    Resume(OfPlan),
    /// Draw a running plan, or the plan of a file
    Graph(graph::Graph),
}

/// The command-line arguments of `qd plan pause`.
#[derive(Args, Debug)]
pub struct Pause {
    #[command(flatten)]
    of: OfPlan,
    /// Also freeze the agents that work on the plan's tasks
    #[arg(long)]
    freeze: bool,
}

/// The command-line arguments of `qd plan explain`.
#[derive(Args, Debug)]
pub struct Explain {
    #[command(flatten)]
    of: OfPlan,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl From<FailModeArgument> for FailMode {
    fn from(mode: FailModeArgument) -> FailMode {
        match mode {
            FailModeArgument::Stop => FailMode::Stop,
            FailModeArgument::Continue => FailMode::Continue,
            FailModeArgument::SkipDependents => FailMode::SkipDependents,
        }
    }
}

impl PlanVerb {
    /// Runs `qd plan` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self {
            PlanVerb::Validate(verb) => verb.run(context),
            PlanVerb::Start(verb) => verb.run(context).await,
            PlanVerb::Status(verb) => verb.run(context).await,
            PlanVerb::Explain(verb) => verb.run(context).await,
            PlanVerb::Graph(verb) => verb.run(context).await,
            PlanVerb::Cancel(of) => {
                let client = context.client().await?;
                let plan = client
                    .call(&api::plans::CANCEL_PLAN, &[&of.name(&client).await?], &api::tasks::Reason::default())
                    .await?;
                tell(context, &plan)
            }
            PlanVerb::Pause(Pause { of, freeze }) => {
                let client = context.client().await?;
                let plan =
                    client.call(&api::plans::PAUSE_PLAN, &[&of.name(&client).await?], &PausePlan { freeze }).await?;
                tell(context, &plan)
            }
            PlanVerb::Resume(of) => {
                let client = context.client().await?;
                let plan = client.call(&api::plans::RESUME_PLAN, &[&of.name(&client).await?], &()).await?;
                tell(context, &plan)
            }
        }
    }
}

impl Explain {
    async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let answer = client.call(&api::plans::EXPLAIN_PLAN, &[&self.of.name(&client).await?], &()).await?;
        if self.json {
            context.out.json(&answer)?;
            return Ok(Exit::Ok);
        }
        context.out.line(clean(&answer.answer))?;
        let because = answer.because.iter().map(|cause| format!("  {}", clean(cause)));
        let hints = answer.hints.iter().map(|hint| format!("  hint: {}", clean(hint)));
        because.chain(hints).try_for_each(|line| context.out.line(line))?;
        Ok(Exit::Ok)
    }
}

fn tell(context: &mut Context, plan: &Plan) -> Result<Exit, Failure> {
    context.out.line(sentence(plan))?;
    Ok(Exit::Ok)
}
