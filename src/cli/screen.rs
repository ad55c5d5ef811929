//! `qd screen`: what an agent's terminal shows now.

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// What `qd screen` takes.
#[derive(Args, Debug)]
pub struct Screen {
    /// The agent
    name: String,
    /// With so many lines from above the screen
    #[arg(long, value_name = "LINES")]
    history: Option<u32>,
    /// Cells with their colours, as JSON
    #[arg(long, conflicts_with = "history")]
    cells: bool,
    /// Size, cursor, title and lines, as JSON
    #[arg(long)]
    json: bool,
}

impl Screen {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        if self.cells {
            context.out.json(&client.screen_cells(&self.name).await?)?;
            return Ok(Exit::Ok);
        }
        let screen = client.screen_text(&self.name, self.history).await?;
        match self.json {
            true => context.out.json(&screen)?,
            false => screen.history.iter().chain(&screen.lines).try_for_each(|line| context.out.line(clean(line)))?,
        }
        Ok(Exit::Ok)
    }
}
