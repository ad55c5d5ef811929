//! `qd check`: whether the configuration is right, and every place where it is not.

use super::Context;
use crate::config;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd check` takes.
#[derive(Args, Debug)]
pub struct Check {}

impl Check {
    /// Does it.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        match config::load(&place.config_path) {
            Ok(config) => {
                let agents: Vec<&str> = config.agents.iter().map(|agent| agent.name.as_str()).collect();
                let path = place.config_path.display();
                context.out.line(format!("{path} is valid: fleet {}, {}", config.fleet.name, agents.join(", ")))?;
                Ok(Exit::Ok)
            }
            Err(errors) => Ok(context.complain(Failure::configuration(&errors.to_string()))),
        }
    }
}
