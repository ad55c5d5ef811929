//! `qd screen`: prints the current screen of an agent's terminal.

use super::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::Args;

/// The command-line arguments of `qd screen`.
#[derive(Args, Debug)]
pub struct Screen {
    /// Name of the agent whose screen is printed
    #[arg(add = complete::agent())]
    name: String,
    /// Include this many lines from above the screen
    #[arg(long, value_name = "LINES")]
    history: Option<u32>,
    /// Include the blank lines below the last line that shows something
    #[arg(long)]
    whole: bool,
    /// Print the cells with their colours, as JSON
    #[arg(long, conflicts_with = "history")]
    cells: bool,
    /// Print the size, cursor, title and lines, as JSON
    #[arg(long)]
    json: bool,
}

impl Screen {
    /// Runs `qd screen` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        if self.cells {
            context.out.json(&client.screen_cells(&self.name).await?)?;
            return Ok(Exit::Ok);
        }
        let screen = client.screen_text(&self.name, self.history).await?;
        if self.json {
            context.out.json(&screen)?;
            return Ok(Exit::Ok);
        }
        let lines: Vec<String> = screen.history.iter().chain(&screen.lines).map(|line| clean(line)).collect();
        let shown = lines.iter().rposition(|line| !line.trim_end().is_empty()).map_or(0, |last| last + 1);
        let shown = if self.whole { lines.len() } else { shown };
        lines[..shown].iter().try_for_each(|line| context.out.line(line))?;
        Ok(Exit::Ok)
    }
}
