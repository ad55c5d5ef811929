//! `qd lock conflict`: files that were written by someone else than their holder, and choosing a version.

use crate::api::conflicts::{Conflict, FileVersions, Line, Take as Asked, Version};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone, clean};
use crate::report::time::now_ms;
use crate::tui::age;
use clap::{Args, Subcommand, ValueEnum};

/// What `qd lock conflict` takes.
#[derive(Args, Debug)]
pub struct Conflicts {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done about conflicts.
#[derive(Subcommand, Debug)]
enum Verb {
    /// List the conflicts that are kept, newest first
    List {
        /// Print an array of objects
        #[arg(long)]
        json: bool,
    },
    /// Show how the two versions of a conflict differ
    Show {
        /// The conflict
        id: String,
        /// Print one object, with the versions whole
        #[arg(long)]
        json: bool,
    },
    /// Let the files be one of the versions; both stay kept, and so does what was in the files before
    Take {
        /// The conflict
        id: String,
        /// Which
        #[arg(value_enum)]
        version: Which,
        /// Only these of its files; without any, all of them
        files: Vec<String>,
    },
}

/// Which version.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// As the holder of the files left them
    #[value(alias = "theirs")]
    Before,
    /// As the other wrote them
    #[value(alias = "ours")]
    After,
}

impl Conflicts {
    /// Runs the verb and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        match self.verb {
            Verb::List { json: true } => context.out.json(&client.conflicts().await?)?,
            Verb::List { json: false } => context.out.table(&rows(&client.conflicts().await?, now_ms()))?,
            Verb::Show { id, json: true } => context.out.json(&client.conflict(&id).await?)?,
            Verb::Show { id, json: false } => {
                let found = client.conflict(&id).await?;
                found.versions.iter().flat_map(difference).try_for_each(|line| context.out.line(line))?;
            }
            Verb::Take { id, version, files } => {
                let version = match version {
                    Which::Before => Version::Before,
                    Which::After => Version::After,
                };
                let asked = Asked { version, files };
                let taken = client.take_conflict(&id, &asked).await?;
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

/// How the versions of a file differ, line by line.
fn difference(file: &FileVersions) -> Vec<String> {
    let mut lines = vec![format!("--- {} (before: as its holder left it)", clean(&file.file))];
    lines.push(format!("+++ {} (after: as the other wrote it)", clean(&file.file)));
    lines.extend(file.difference().into_iter().map(|line| match line {
        Line::At(line) => format!("@@ line {line} @@"),
        Line::Before(text) => format!("-{}", clean(text)),
        Line::After(text) => format!("+{}", clean(text)),
        Line::Remark(remark) => remark.to_owned(),
    }));
    lines
}
