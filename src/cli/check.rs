//! `qd check`: reports every mistake in the configuration, whether the agents can start, and, if the fleet runs,
//! whether its invariants hold.

use super::Context;
use crate::api::system::{HealthCheck, HealthStatus};
use crate::client::Client;
use crate::config;
use crate::doctor::{self, Verdict};
use crate::nearest::some_of;
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// Name of the check in [`crate::api::system::Health`] that is printed even if it succeeds.
const INVARIANTS: &str = "invariants";

/// The command-line arguments of `qd check`.
#[derive(Args, Debug)]
pub struct Check {}

impl Check {
    /// Runs `qd check` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place_said()?;
        match config::load(&place.config_path) {
            Ok(config) => {
                let agents: Vec<&str> = config.agents.iter().map(|agent| agent.name.as_str()).collect();
                let (path, fleet) = (place.config_path.display(), &config.fleet.name);
                let count = agents.len();
                let noun = if count == 1 { "agent" } else { "agents" };
                context.out.line(format!("{path} is valid: fleet {fleet}, {count} {noun}: {}", some_of(&agents)))?;
                for check in doctor::probe_fleet(&config).into_iter().filter(|check| check.verdict != Verdict::Pass) {
                    context.out.line(format!("warning: {}", clean(&check.found)))?;
                    check.fix.iter().try_for_each(|fix| context.out.line(format!("  hint: {}", clean(fix))))?;
                }
                running(&place, context).await
            }
            Err(errors) => Ok(context.complain(Failure::configuration(&errors.to_string()))),
        }
    }
}

/// Prints the health checks of the running fleet. Without a running fleet it prints nothing.
async fn running(place: &Place, context: &mut Context) -> Result<Exit, Failure> {
    let health = match Client::connect(place).await {
        Ok(client) => client.health().await,
        Err(error) => Err(error),
    };
    let health = match health {
        Ok(health) => health,
        Err(error) if error.is_absent() => return Ok(Exit::Ok),
        Err(error) => return Ok(context.complain(error.into())),
    };
    let told = |check: &&HealthCheck| check.name == INVARIANTS || check.status != HealthStatus::Healthy;
    let told: Vec<String> =
        health.checks.iter().filter(told).map(|check| format!("{} {}", check.name, check.detail)).collect();
    let status = health.status.word();
    context.out.line(format!("the fleet that runs is {status}: {}", told.join("; ")))?;
    Ok(if health.status == HealthStatus::Unhealthy { Exit::Failed } else { Exit::Ok })
}
