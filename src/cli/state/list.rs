//! `qd state list`: lists values.

use super::owner::{Owner, text};
use crate::api::state::StateEntry;
use crate::cli::Context;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use crate::tui::age;
use clap::Args;

/// The command-line arguments of `qd state list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    owner: Owner,
    /// Print a JSON array of objects, one per value
    #[arg(long)]
    json: bool,
}

impl List {
    /// Runs `qd state list` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let entries = context.client().await?.state(self.owner.named().as_deref()).await?;
        match self.json {
            true => context.out.json(&entries)?,
            false => context.out.table(&rows(&entries, now_ms()))?,
        }
        Ok(Exit::Ok)
    }
}

fn rows(entries: &[StateEntry], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["OWNER", "KEY", "VERSION", "BY", "AGE", "VALUE"];
    let heading = heading.iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    std::iter::once(heading).chain(entries.iter().map(|entry| row(entry, now_ms))).collect()
}

fn row(entry: &StateEntry, now_ms: u64) -> Vec<Cell> {
    vec![
        Cell::plain(&entry.owner),
        Cell::plain(&entry.key),
        Cell::plain(entry.version.to_string()),
        Cell::plain(&entry.by),
        Cell::plain(age::text(entry.at_ms, now_ms)),
        Cell::plain(text(&entry.value)),
    ]
}
