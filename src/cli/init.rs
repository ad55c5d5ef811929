//! `qd init`: writes an `agents.toml` for the current directory. An existing file is never changed.

use super::Context;
use crate::config;
use crate::place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::io::ErrorKind;

/// The command-line arguments of `qd init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

impl Init {
    /// Runs `qd init` and returns its exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let here = super::context::here()?;
        if let Some(around) = place::standing(&here).filter(|_| !self.print) {
            let what =
                format!("this directory is the workspace {} of a fleet, so it can't hold another fleet", around.name());
            return Err(Failure::new(Exit::Refused, what)
                .because(format!("the directory of the fleet is {}", around.config_path.display()))
                .hint("`qd init --print` prints the file that would be written"));
        }
        let plan = config::init(&here, &std::env::var_os("PATH").unwrap_or_default());
        if self.print {
            context.out.line(plan.text.trim_end())?;
            return Ok(Exit::Ok);
        }
        plan.write().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::new(Exit::Refused, format!("{} is there already", plan.path.display()))
                    .hint("`qd init --print` shows what would be written; `qd check` checks the one that is there")
            }
            _ => Failure::new(Exit::Failed, format!("cannot write {}", plan.path.display())).because(error),
        })?;
        let found: Vec<&str> = plan.found.iter().map(|found| found.program).collect();
        context.out.line(format!("wrote {}", plan.path.display()))?;
        context.out.line(match found.is_empty() {
            true => "found no agent program on PATH: its agents are a demonstration".to_owned(),
            false => format!("found on PATH: {}; the other agents are a demonstration", found.join(", ")),
        })?;
        context.out.line("hint: `qd` starts the fleet, `qd doctor` checks what it needs")?;
        Ok(Exit::Ok)
    }
}
