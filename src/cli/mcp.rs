//! `qd mcp`: serves an agent program on standard input and output with the Model Context Protocol.

use super::Context;
use crate::mcp;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd mcp`.
#[derive(Args, Debug)]
pub struct Mcp {}

impl Mcp {
    /// Runs `qd mcp` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        mcp::serve(place).await.map_err(|broken| Failure::new(Exit::Failed, broken.to_string()))?;
        Ok(Exit::Ok)
    }
}
