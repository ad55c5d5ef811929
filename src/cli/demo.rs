//! `qd demo`: runs a demo agent in place of this process, which works in the repository of the current directory.

use super::Context;
use crate::demo::{DEMOS, script};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The command-line arguments of `qd demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Name of the demo: languages, todos, index or history
    name: Option<String>,
}

impl Demo {
    /// Replaces this process with the demo's shell; without a name, lists the demos.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let Some(name) = self.name else {
            for (name, what, _) in DEMOS {
                context.out.line(format!("{name:<10} {what}"))?;
            }
            return Ok(Exit::Ok);
        };
        let Some(script) = script(&name) else {
            let known: Vec<&str> = DEMOS.iter().map(|(name, ..)| *name).collect();
            return Err(Failure::new(Exit::Usage, format!("no demo is called `{name}`"))
                .hint(format!("there are {}", known.join(", "))));
        };
        let error = Command::new("sh").args(["-c", &script, &format!("qd demo {name}")]).exec();
        Err(Failure::new(Exit::Failed, "cannot run sh").because(error))
    }
}
