//! The files from which continuous integration reads the result of a plan.

use super::super::Signals;
use super::card::Card;
use super::{junit, summary};
use crate::api::plans::{FailMode, NewPlan, Plan, PlanDetail, PlanState};
use crate::report::destination::{Before, Destination};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use std::path::Path;

/// The files to which reports are written.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    junit: Option<Destination>,
    summary: Option<Destination>,
}

impl Reports {
    /// Prepares the files. The JUnit report replaces the content of its file; the summary is appended to its file.
    /// `reads` are the files and directories that the run works with.
    ///
    /// # Errors
    /// An error is returned if a file could not be written, is one of `reads`, or is the same as the other.
    pub fn prepare(junit: Option<&Path>, summary: Option<&Path>, reads: &[&Path]) -> Result<Reports, Failure> {
        let prepare =
            |path: Option<&Path>, before| path.map(|path| Destination::prepare(path, before, reads)).transpose();
        let reports = Reports { junit: prepare(junit, Before::Replaced)?, summary: prepare(summary, Before::Kept)? };
        if let (Some(file), Some(summary)) = (&reports.junit, summary)
            && file.is_within(summary)
        {
            let what = format!("--junit and GITHUB_STEP_SUMMARY both name {}", summary.display());
            return Err(Failure::new(Exit::Usage, what).hint("give each report a file of its own"));
        }
        Ok(reports)
    }

    /// Writes the requested reports. A file that nobody reads yet (a FIFO) is waited for until a signal comes.
    pub(super) async fn write(&self, card: &Card<'_>, signals: &mut Signals) -> Result<(), Failure> {
        let mut texts = Vec::new();
        if let Some(file) = &self.junit {
            texts.push((file.clone(), junit::report(card)?));
        }
        if let Some(file) = &self.summary {
            texts.push((file.clone(), summary::markdown(card).into_bytes()));
        }
        if texts.is_empty() {
            return Ok(());
        }
        let writing = tokio::task::spawn_blocking(move || {
            let written: Vec<_> = texts.iter().map(|(file, text)| file.write(text)).collect();
            written.into_iter().collect::<Result<(), Failure>>()
        });
        tokio::select! {
            written = writing => written
                .unwrap_or_else(|error| Err(Failure::new(Exit::Failed, "cannot write the reports").because(error))),
            exit = signals.next() => Err(Failure::new(exit, "interrupted while the reports were written")),
        }
    }
}

/// Returns a plan of which only the name is known so far.
pub(super) fn unknown(new: &NewPlan) -> PlanDetail {
    let name = new.path.as_deref().and_then(|path| Path::new(path).file_stem());
    PlanDetail {
        plan: Plan {
            id: String::new(),
            name: name.map_or_else(|| "plan".to_owned(), |name| name.to_string_lossy().into_owned()),
            version: String::new(),
            state: PlanState::Draft,
            paused: false,
            fail_mode: FailMode::Stop,
            summary: String::new(),
            tasks: 0,
            done: 0,
            failed: 0,
            running: 0,
            cancelled: 0,
            started_ms: 0,
            ended_ms: None,
        },
        nodes: Vec::new(),
        edges: Vec::new(),
    }
}
