//! `qd run --headless`: the fleet, or a plan, to its end without a screen.

use super::Context;
use super::plan::{FailModeArgument, absolute};
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
    /// A plan file: then the plan is run to its end, and with it everything is stopped
    #[arg(add = complete::plan_files())]
    plan: Option<PathBuf>,
    /// Required, so that nobody is surprised: `qd` alone opens the dashboard
    #[arg(long, required = true)]
    headless: bool,
    /// Stop everything after this long (10m, 2h) and end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Print lines of JSON: a fact each, {"v":1,"seq":…}, and {"v":1,"type":"result",…} at the end
    #[arg(long)]
    json: bool,
    /// If the fleet runs already, follow it to its end and leave its supervisor running
    #[arg(long)]
    join: bool,
    /// Write what came of the plan's tasks as JUnit XML (- is standard output), at every ending; never green when qd does
    /// not end with 0
    #[arg(long, value_name = "FILE", requires = "plan")]
    junit: Option<PathBuf>,
    /// Cancel the plan when so many of its tasks failed
    #[arg(long, value_name = "NUMBER", requires = "plan", value_parser = clap::value_parser!(u32).range(1..))]
    max_failures: Option<u32>,
    /// What a failed task does to the plan, in place of what the file says
    #[arg(long, value_enum, value_name = "MODE", requires = "plan")]
    fail_mode: Option<FailModeArgument>,
    /// What is done about an agent that waits for a person while it works on a task of the plan [default: keep]
    #[arg(long, value_enum, value_name = "WHAT", requires = "plan")]
    on_waiting: Option<OnWaitingArgument>,
    /// With --on-waiting deny: the keys that mean no, one after the other
    #[arg(long, value_name = "KEY", default_value = "esc", value_delimiter = ',')]
    deny_keys: Vec<String>,
}

/// What is done about an agent that waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnWaitingArgument {
    /// Its task is given up, and qd ends with 7
    Fail,
    /// It is told no (see --deny-keys); after the third time its task is given up
    Deny,
    /// It goes on waiting
    Keep,
}

impl Run {
    /// What `qd` means when nobody looks at its output.
    pub fn headless_by_default() -> Run {
        Run { headless: true, ..Run::default() }
    }

    /// Runs the verb and returns its exit code.
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

    /// The plan is checked before anything is started, so that a mistake leaves no trace.
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
