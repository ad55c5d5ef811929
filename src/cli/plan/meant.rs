//! Finds the plan that a command means, and describes a plan in one sentence.

use crate::api;
use crate::api::plans::Plan;
use crate::cli::complete;
use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The argument that names one plan.
#[derive(Args, Debug)]
pub struct OfPlan {
    /// The plan's number (p3) or name [default: the newest plan]
    #[arg(add = complete::plans())]
    pub(super) plan: Option<String>,
}

impl OfPlan {
    /// Returns the plan's name as it was given, or the number of the newest plan.
    pub(super) async fn name(&self, client: &Client) -> Result<String, Failure> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => newest(client).await,
        }
    }
}

/// The fail modes that can be given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailModeArgument {
    /// Start nothing else, except tasks that depend on exactly this failure
    Stop,
    /// Continue every task that does not depend on the failed one; its dependents wait until the end
    Continue,
    /// Skip all dependents of the failed task at once; continue the rest
    SkipDependents,
}

/// Returns a plan in one line: `plan ci (p3) is running: 3 of 9 done`.
pub(super) fn sentence(plan: &Plan) -> String {
    format!("plan {} ({}) is {}", clean(&plan.name), plan.id, clean(&plan.summary))
}

/// Returns a path made absolute, as the supervisor needs it.
pub(in crate::cli) fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot see {}", path.display())).because(error))
}

/// Returns the number of the newest plan.
pub(super) async fn newest(client: &Client) -> Result<String, Failure> {
    let newest = client.call(&api::plans::LIST_PLANS, &[], &()).await?.pop().map(|plan| plan.id);
    newest.ok_or_else(|| Failure::new(Exit::Refused, "the fleet has no plan").hint("`qd plan start FILE` starts one"))
}
