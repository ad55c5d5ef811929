//! `qd lock conflict`: lists and shows files that another party than their holder wrote, and restores one of the
//! versions.

use crate::api;
use crate::api::conflicts::{Conflict, FileVersions, Line, Take as Asked, Version};
use crate::cli::Context;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone, clean};
use crate::tui::age;
use clap::{Args, Subcommand, ValueEnum};

/// The command-line arguments of `qd lock conflict`.
#[derive(Args, Debug)]
pub struct Conflicts {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd lock conflict`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// List the conflicts that are kept, newest first
    List {
        /// Print a JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Show how the two versions of a conflict differ
    Show {
        /// Identifier of the conflict, as listed
        id: String,
        /// Print one JSON object, with the complete versions
        #[arg(long)]
        json: bool,
    },
    /// Give the files the content of one version; both versions stay kept, and so does the content before this command
    Take {
        /// Identifier of the conflict, as listed
        id: String,
        /// The version to restore
        #[arg(value_enum)]
        version: Which,
        /// Only these files of the conflict [default: all of them]
        files: Vec<String>,
    },
}

/// The versions that can be restored.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// The version before the other party's write
    #[value(alias = "theirs")]
    Before,
    /// The version after the other party's write
    #[value(alias = "ours")]
    After,
}

impl Conflicts {
    /// Runs `qd lock conflict` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        match self.verb {
            Verb::List { json: true } => {
                context.out.json(&client.call(&api::conflicts::LIST_CONFLICTS, &[], &()).await?)?
            }
            Verb::List { json: false } => {
                context.out.table(&rows(&client.call(&api::conflicts::LIST_CONFLICTS, &[], &()).await?, now_ms()))?
            }
            Verb::Show { id, json: true } => {
                context.out.json(&client.call(&api::conflicts::GET_CONFLICT, &[&id], &()).await?)?
            }
            Verb::Show { id, json: false } => {
                let found = client.call(&api::conflicts::GET_CONFLICT, &[&id], &()).await?;
                found.versions.iter().flat_map(difference).try_for_each(|line| context.out.line(line))?;
            }
            Verb::Take { id, version, files } => {
                let version = match version {
                    Which::Before => Version::Before,
                    Which::After => Version::After,
                };
                let asked = Asked { version, files };
                let taken = client.call(&api::conflicts::TAKE_CONFLICT, &[&id], &asked).await?;
                let files = if asked.files.is_empty() { taken.files } else { asked.files };
                context.out.line(format!("taken: {}", clean(&files.join(", "))))?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn rows(conflicts: &[Conflict], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["CONFLICT", "AGE", "LEASE", "TAKEN", "FILES"].map(|word| Cell::new(Tone::Faint, word)).to_vec();
    let row = |conflict: &Conflict| {
        let taken = match conflict.taken {
            Some(Version::Before) => "before",
            Some(Version::After) => "after",
            None => "-",
        };
        let files = conflict.files.join(", ");
        [conflict.id.as_str(), &age::text(conflict.at_ms, now_ms), &conflict.lease, taken, &files]
            .map(Cell::plain)
            .to_vec()
    };
    std::iter::once(heading).chain(conflicts.iter().map(row)).collect()
}

/// Returns the difference between the versions of a file, line by line.
fn difference(file: &FileVersions) -> Vec<String> {
    let mut lines = vec![format!("--- {} (before: the version of its holder)", clean(&file.file))];
    lines.push(format!("+++ {} (after: as the other wrote it)", clean(&file.file)));
    lines.extend(file.difference().into_iter().map(|line| match line {
        Line::At(line) => format!("@@ line {line} @@"),
        Line::Before(text) => format!("-{}", clean(text)),
        Line::After(text) => format!("+{}", clean(text)),
        Line::Remark(remark) => remark.to_owned(),
    }));
    lines
}
