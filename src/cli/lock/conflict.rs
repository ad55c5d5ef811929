//! `qd lock conflict`: files that were written by someone else than their holder, and choosing a version.

use crate::api::conflicts::{Conflict, Content, FileVersions, Take as Asked, Version};
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
            Verb::Take { id, version } => {
                let version = match version {
                    Which::Before => Version::Before,
                    Which::After => Version::After,
                };
                let taken = client.take_conflict(&id, Asked { version }).await?;
                context.out.line(format!("taken: {}", clean(&taken.files.join(", "))))?;
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

/// How the versions of a file differ: what begins and ends alike is left out.
fn difference(file: &FileVersions) -> Vec<String> {
    let mut lines = vec![format!("--- {} (before: as its holder left it)", clean(&file.file))];
    lines.push(format!("+++ {} (after: as the other wrote it)", clean(&file.file)));
    match (&file.before, &file.after) {
        (Content::Other, _) | (_, Content::Other) => lines.push("no text, or too large to be shown".into()),
        (before, after) => lines.extend(changed(text(before), text(after))),
    }
    if file.now != file.before && file.now != file.after {
        lines.push("the file is neither of them now".into());
    }
    lines
}

fn text(content: &Content) -> &str {
    match content {
        Content::Text(text) => text,
        Content::Missing | Content::Other => "",
    }
}

fn changed(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let alike = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[alike..], &new[alike..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let marked = |sign: &str, line: &&str| format!("{sign}{}", clean(line));
    let mut lines = vec![format!("@@ line {} @@", alike + 1)];
    lines.extend(old[..old.len() - end].iter().map(|line| marked("-", line)));
    lines.extend(new[..new.len() - end].iter().map(|line| marked("+", line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_its_line() {
        assert_eq!(changed("a\nb\nc\n", "a\nx\ny\nc\n"), ["@@ line 2 @@", "-b", "+x", "+y"]);
        assert_eq!(changed("", "new\n"), ["@@ line 1 @@", "+new"]);
        assert_eq!(changed("a\na\n", "a\n"), ["@@ line 2 @@", "-a"]);
    }
}
