//! Which plan is meant, and a plan in one sentence.

use crate::api::plans::{Plan, PlanState};
use crate::cli::complete;
use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Tone, clean};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// One plan.
#[derive(Args, Debug)]
pub struct OfPlan {
    /// Its number (p3) or name [default: the newest]
    #[arg(add = complete::plans())]
    pub(super) plan: Option<String>,
}

impl OfPlan {
    /// The plan's name as it was given, or the number of the newest.
    pub(super) async fn name(&self, client: &Client) -> Result<String, Failure> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => newest(client).await,
        }
    }
}

/// A fail mode on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailModeArgument {
    /// Nothing further starts but what waits for this very failure
    Stop,
    /// Everything goes on that does not need it; those that do stand back to the end
    Continue,
    /// Those that need it are skipped at once; the rest goes on
    SkipDependents,
}

/// A plan in one line: `plan ci (p3) is running: 3 of 9 done`.
pub(super) fn sentence(plan: &Plan) -> String {
    format!("plan {} ({}) is {}", clean(&plan.name), plan.id, clean(&plan.summary))
}

/// How a plan's state is shown.
pub(super) fn tone(state: PlanState) -> Tone {
    match state {
        PlanState::Draft | PlanState::Validating | PlanState::Ready => Tone::Plain,
        PlanState::Running => Tone::Notable,
        PlanState::Completed => Tone::Good,
        PlanState::Failed => Tone::Bad,
        PlanState::Cancelled => Tone::Warning,
    }
}

/// A path as the supervisor needs it.
pub(in crate::cli) fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot see {}", path.display())).because(error))
}

/// The number of the newest plan.
pub(super) async fn newest(client: &Client) -> Result<String, Failure> {
    let newest = client.plans().await?.pop().map(|plan| plan.id);
    newest.ok_or_else(|| Failure::new(Exit::Refused, "the fleet has no plan").hint("`qd plan start FILE` starts one"))
}
