//! `qd completions`: a script that completes `qd`'s words in a shell.

use super::{CommandLine, Context};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// What `qd completions` takes.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Does it.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "qd", &mut script);
        context.out.write_all(&script)?;
        Ok(Exit::Ok)
    }
}
