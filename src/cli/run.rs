//! `qd run --headless`: runs the fleet, or a plan, to its end without a screen.

use super::Context;
use super::plan::meant::{FailModeArgument, absolute};
use crate::api::plans::NewPlan;
use crate::cli::complete;
use crate::config;
use crate::headless::plan::{OnWaiting, PlanOptions, Reports};
use crate::headless::{self, Format, Options, Presence};
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// The command-line arguments of `qd run`.
#[derive(Args, Debug, Default)]
pub struct Run {
    /// A plan file: run this plan to its end, then stop everything
    #[arg(add = complete::plan_files())]
    plan: Option<PathBuf>,
    /// Run without a screen; required, because `qd` alone opens the dashboard
    #[arg(long, required = true)]
    headless: bool,
    /// Stop everything after this time (10m, 2h) and end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Print lines of JSON: one for each fact, {"v":1,"seq":…}, and {"v":1,"type":"result",…} at the end
    #[arg(long)]
    json: bool,
    /// If the fleet runs already, follow it to its end and leave its supervisor running
    #[arg(long)]
    join: bool,
    /// Write the results of the plan's tasks as JUnit XML (- is standard output), however the run ends; the file
    /// reports a failure whenever qd does not end with 0
    #[arg(long, value_name = "FILE", requires = "plan")]
    junit: Option<PathBuf>,
    /// Cancel the plan when this many of its tasks have failed
    #[arg(long, value_name = "NUMBER", requires = "plan", value_parser = clap::value_parser!(u32).range(1..))]
    max_failures: Option<u32>,
    /// The effect of a failed task on the plan, in place of the file's fail mode
    #[arg(long, value_enum, value_name = "MODE", requires = "plan")]
    fail_mode: Option<FailModeArgument>,
    /// What to do about an agent that asks a person while it works on a task of the plan [default: keep]
    #[arg(long, value_enum, value_name = "WHAT", requires = "plan")]
    on_waiting: Option<OnWaitingArgument>,
    /// With --on-waiting deny: the keys that answer no, in the order in which they are pressed
    #[arg(long, value_name = "KEY", default_value = "esc", value_delimiter = ',')]
    deny_keys: Vec<String>,
}

/// The reactions to an agent that asks a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnWaitingArgument {
    /// Give its task up, and end qd with 7
    Fail,
    /// Answer no (see --deny-keys); give its task up after the third time
    Deny,
    /// Let the agent wait
    Keep,
}

impl Run {
    /// Returns the options of `qd` without a subcommand when its output is not a terminal.
    pub fn headless_by_default() -> Run {
        Run { headless: true, ..Run::default() }
    }

    /// Runs `qd run` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let options = Options {
            timeout: self.timeout,
            format: if self.json { Format::JsonLines } else { Format::People },
            running: if self.join { Presence::Joined } else { Presence::Refused },
            verbosity: context.verbosity,
        };
        let place = context.place_said()?;
        match self.plan.clone() {
            None => headless::run(&place, options, &mut context.out).await,
            Some(plan) => {
                let options = self.of_plan(plan, options, &place)?;
                headless::plan::run(&place, options, &mut context.out).await
            }
        }
    }

    /// Returns the options for a plan. The plan is checked before anything is started, so that a mistake changes
    /// nothing.
    fn of_plan(self, plan: PathBuf, run: Options, place: &Place) -> Result<PlanOptions, Failure> {
        let fleet = config::load(&place.config_path).map_err(|errors| Failure::configuration(&errors.to_string()))?;
        config::plan::load(&plan, &fleet).map_err(|errors| Failure::configuration(&errors.to_string()))?;
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|value| !value.is_empty()).map(PathBuf::from);
        Ok(PlanOptions {
            plan: NewPlan {
                path: Some(absolute(&plan)?.display().to_string()),
                content: None,
                fail_mode: self.fail_mode.map(Into::into),
            },
            run,
            failures_max: self.max_failures,
            on_waiting: match self.on_waiting {
                Some(OnWaitingArgument::Fail) => OnWaiting::Fail,
                Some(OnWaitingArgument::Deny) => OnWaiting::Deny { keys: self.deny_keys },
                Some(OnWaitingArgument::Keep) | None => OnWaiting::Keep,
            },
            reports: Reports::prepare(
                self.junit.as_deref(),
                summary.as_deref(),
                &[&plan, &place.config_path, &place.state_directory],
            )?,
        })
    }
}
