//! `qd clean`: removes the workspaces that nobody needs and whose removal loses nothing, and says why the others are
//! kept. It works without a supervisor.

use super::Context;
use crate::api;
use crate::api::work::{CleanRequest, Cleaned, CleanedKind, CleanedOutcome};
use crate::client::{Client, ClientError};
use crate::config;
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use crate::supervisor::{CleanError, clean_alone};
use clap::Args;

/// The command-line arguments of `qd clean`.
#[derive(Args, Debug)]
pub struct Clean {
    /// Change nothing: print which workspaces would be removed, and why the others would be kept
    #[arg(long)]
    dry_run: bool,
    /// First save what would be lost, on a git ref or in workspaces/.parked, so that more workspaces can be removed
    #[arg(long)]
    park: bool,
    /// Print an array of objects with name, kind, outcome, text and is_parkable
    #[arg(long)]
    json: bool,
}

impl Clean {
    /// Runs `qd clean` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place_said()?;
        let ask = CleanRequest { dry_run: self.dry_run, park: self.park };
        let cleaned = match Client::connect(&place).await {
            Ok(client) => client.call(&api::work::CLEAN_WORKSPACES, &[], &ask).await?,
            Err(ClientError::NotRunning { .. } | ClientError::Stale { .. }) => alone(&place, ask)?,
            Err(error) => return Err(error.into()),
        };
        match self.json {
            true => context.out.json(&cleaned)?,
            false => lines(&cleaned, ask).iter().try_for_each(|line| context.out.line(clean(line)))?,
        }
        let has_failed = cleaned.iter().any(|cleaned| cleaned.outcome == CleanedOutcome::Failed);
        Ok(if has_failed { Exit::Failed } else { Exit::Ok })
    }
}

fn alone(place: &Place, ask: CleanRequest) -> Result<Vec<Cleaned>, Failure> {
    let file = config::load(&place.config_path).map_err(|errors| Failure::configuration(&errors.to_string()))?;
    clean_alone(place, file, ask).map_err(|error| {
        let is_refused = matches!(error, CleanError::Taken);
        let exit = if is_refused { Exit::Refused } else { Exit::Failed };
        let failure = Failure::new(exit, "the workspaces were not cleaned up").because(error);
        if is_refused { failure.hint("try again; `qd health` says whether it hangs") } else { failure }
    })
}

/// Returns one line for each workspace, and a line with the total.
fn lines(cleaned: &[Cleaned], ask: CleanRequest) -> Vec<String> {
    let count = |outcome: CleanedOutcome| cleaned.iter().filter(|cleaned| cleaned.outcome == outcome).count();
    let gone = count(CleanedOutcome::Removed) + count(CleanedOutcome::WouldGo);
    let stay = cleaned.len() - gone;
    let parkable = cleaned.iter().filter(|cleaned| cleaned.is_parkable).count();
    let mut lines: Vec<String> = cleaned.iter().map(line).collect();
    let sum = match (cleaned.len(), ask.dry_run) {
        (0, _) => "nothing to clean up".to_owned(),
        (_, true) => format!("{gone} would be removed, {stay} would be kept"),
        (_, false) => format!("{gone} removed, {stay} kept"),
    };
    lines.push(sum);
    if parkable > 0 && !ask.park {
        lines.push(format!("hint: `qd clean --park` saves the work in {parkable} of them and removes them"));
    }
    lines
}

fn line(cleaned: &Cleaned) -> String {
    let name = match cleaned.kind {
        CleanedKind::Workspace => cleaned.name.clone(),
        CleanedKind::Branch => format!("branch {}", crate::workspace::task::branch(&cleaned.name)),
    };
    let verb = match cleaned.outcome {
        CleanedOutcome::Removed => "removed",
        CleanedOutcome::WouldGo => "would remove",
        CleanedOutcome::Stays => "keeps",
        CleanedOutcome::Failed => "failed on",
    };
    format!("{verb} {name}: {}", cleaned.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_each_then_the_sum_and_what_would_free_more() {
        let of = |name: &str, kind, outcome, text: &str, is_parkable| Cleaned {
            name: name.to_owned(),
            kind,
            outcome,
            text: text.to_owned(),
            is_parkable,
        };
        let cleaned = [
            of("a", CleanedKind::Workspace, CleanedOutcome::Removed, "its workspace is gone", false),
            of("b", CleanedKind::Workspace, CleanedOutcome::Stays, "1 uncommitted or untracked file (x)", true),
            of("c", CleanedKind::Branch, CleanedOutcome::Stays, "it alone holds its commits", false),
        ];
        let ask = CleanRequest::default();
        assert_eq!(
            lines(&cleaned, ask),
            [
                "removed a: its workspace is gone",
                "keeps b: 1 uncommitted or untracked file (x)",
                "keeps branch qd/c: it alone holds its commits",
                "1 removed, 2 kept",
                "hint: `qd clean --park` saves the work in 1 of them and removes them",
            ]
        );
        assert_eq!(lines(&[], ask), ["nothing to clean up"]);
        assert_eq!(lines(&cleaned, CleanRequest { park: true, ..ask }).len(), 4);
    }
}
