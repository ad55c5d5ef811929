//! `qd task split`: divides a task into parts that several agents can work on at the same time.

use crate::api;
use crate::api::tasks::{Split as Asked, SplitPart, SplitResult, SplitStrategy};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use clap::{Args, ValueEnum};

/// The command-line arguments of `qd task split`.
#[derive(Args, Debug)]
pub struct Split {
    /// The task's file, below the fleet's directory; or the name of a task that nobody works on
    #[arg(value_name = "FILE")]
    file: String,
    /// The rule by which to divide the task
    #[arg(long, value_enum, default_value_t)]
    strategy: Strategy,
    /// Largest number of parts [default: max_subtasks of agents.toml]
    #[arg(long, value_name = "COUNT")]
    max: Option<u32>,
    /// Only print what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// The rules by which a task is divided.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Strategy {
    /// By headings, checklists, file lists and stated dependencies
    #[default]
    Structure,
    /// By counting words: implement, create, build, component against then, after, depends on; only texts longer than
    /// 2000 characters
    Keyword,
}

impl Split {
    /// Runs `qd task split` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        // A path is resolved by this process; a word that is not an existing path is a task's name.
        let path = std::fs::canonicalize(&self.file).ok();
        let file = path.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| self.file.clone());
        let strategy = match self.strategy {
            Strategy::Structure => SplitStrategy::Structure,
            Strategy::Keyword => SplitStrategy::Keyword,
        };
        let asked = Asked { file, strategy, max: self.max, dry_run: self.dry_run };
        let divided = context.client().await?.call(&api::tasks::SPLIT_TASK, &[], &asked).await?;
        match self.json {
            true => context.out.json(&divided)?,
            false => lines(&self.file, &divided).into_iter().try_for_each(|line| context.out.line(line))?,
        }
        Ok(Exit::Ok)
    }
}

fn lines(file: &str, divided: &SplitResult) -> Vec<String> {
    let verdict = if divided.parts.is_empty() { "not divided" } else { "divided" };
    let mut lines = vec![format!("{} is {verdict}: {}", clean(file), clean(&divided.why))];
    lines.extend(divided.parts.iter().flat_map(of_part));
    lines
}

fn of_part(part: &SplitPart) -> Vec<String> {
    let mut lines = vec![format!("  {}: {}", clean(&part.name), clean(&part.objective))];
    lines.push(format!("    files: {}", clean(&part.files.join(", "))));
    if !part.needs.is_empty() {
        lines.push(format!("    after: {}", clean(&part.needs.join(", "))));
    }
    lines.extend(part.path.as_ref().map(|path| format!("    in {}", clean(path))));
    lines
}
