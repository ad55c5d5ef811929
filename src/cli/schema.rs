//! `qd schema`: the JSON Schema of `agents.toml`, made from the types that read it.

use super::Context;
use crate::config;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd schema` takes.
#[derive(Args, Debug)]
pub struct Schema {}

impl Schema {
    /// Runs the verb and returns its exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        context.out.json(&config::schema())?;
        Ok(Exit::Ok)
    }
}
