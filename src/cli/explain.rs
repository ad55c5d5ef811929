//! `qd explain`: explains why an agent is in its current state.

use super::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::facts::line;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// The command-line arguments of `qd explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// Name of the agent to explain
    #[arg(add = complete::agent())]
    name: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Runs `qd explain` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let answer = context.client().await?.explain(&self.name).await?;
        if self.json {
            context.out.json(&answer)?;
            return Ok(Exit::Ok);
        }
        context.out.line(clean(&answer.answer))?;
        let colors = context.out.colors();
        let because = answer.because.iter().map(|cause| format!("  because {}", clean(cause)));
        let facts = answer.facts.iter().map(|fact| format!("  {}", line(fact, colors)));
        let hints = answer.hints.iter().map(|hint| format!("  hint: {}", clean(hint)));
        because.chain(facts).chain(hints).try_for_each(|line| context.out.line(line))?;
        Ok(Exit::Ok)
    }
}
