//! `qd demo`: a demo agent, run in place of this process. It works in whatever repository it stands in.

use super::Context;
use crate::demo::{DEMOS, script};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What `qd demo` takes.
#[derive(Args, Debug)]
pub struct Demo {
    /// Which: languages, todos, index or history
    name: Option<String>,
}

impl Demo {
    /// Becomes the demo's shell; without a name, lists them.
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
