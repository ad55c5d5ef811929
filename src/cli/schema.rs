//! `qd schema`: the JSON Schema of `agents.toml`, made from the types that read it.

use super::Context;
use crate::config;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd schema`.
#[derive(Args, Debug)]
pub struct Schema {}

impl Schema {
    /// Runs `qd schema` and returns its exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        context.out.json(&config::schema())?;
        Ok(Exit::Ok)
    }
}
