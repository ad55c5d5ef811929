//! `qd mcp`: the door for agents, on standard input and output.

use super::Context;
use crate::mcp;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd mcp` takes.
#[derive(Args, Debug)]
pub struct Mcp {}

impl Mcp {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        mcp::serve(place).await.map_err(|broken| Failure::new(Exit::Failed, broken.to_string()))?;
        Ok(Exit::Ok)
    }
}
