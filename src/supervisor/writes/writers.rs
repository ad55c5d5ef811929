//! Who wrote a file, as far as that can be known afterwards.
//!
//! * Whoever has the file open for writing now, wrote it.
//! * Else it was one of those whose processes have written anything lately (the kernel counts for each process what it
//!   and the children it waited for have written). Who shares the workspace and is not frozen may be one of them.
//! * Else it was nobody of the fleet.
//!
//! A write that is counted at one look may be heard of only at the next, so what is compared with is the look before
//! the last. Whoever was not there then may have written.

use crate::config::WorkspaceKind;
use crate::process::{Census, is_writing, written_bytes};
use crate::supervisor::context::Context;
use quarterdeck_core::ids::RunId;
use quarterdeck_core::lock::Evidence;
use quarterdeck_core::view::Pause;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What each run had written at the last two looks.
#[derive(Debug, Default)]
pub(super) struct Writers {
    last: HashMap<RunId, u64>,
    before_last: HashMap<RunId, u64>,
}

/// Who may have written a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// One of these runs; none: nobody of the fleet.
    pub(super) by: Vec<RunId>,
    /// How that is known.
    pub(super) evidence: Evidence,
}

/// A run that may write into the shared workspace, with its processes.
struct Suspect {
    run: RunId,
    processes: Vec<u32>,
}

impl Writers {
    /// Who may have written each of these files; looks at everybody on the way.
    pub(super) async fn of(self, context: &Arc<Context>, paths: Vec<PathBuf>) -> (Writers, Vec<(PathBuf, Written)>) {
        let runs = sharers(context);
        let looking = tokio::task::spawn_blocking(move || look(self, &runs, paths));
        looking.await.unwrap_or_default()
    }
}

fn look(before: Writers, runs: &[(RunId, u32)], paths: Vec<PathBuf>) -> (Writers, Vec<(PathBuf, Written)>) {
    let Ok(census) = Census::take() else { return (Writers::default(), Vec::new()) };
    let suspects: Vec<Suspect> = runs
        .iter()
        .map(|(run, keeper)| {
            let below = census.descendants(*keeper);
            // The keeper inherits what orphans of its tree have written.
            Suspect { run: *run, processes: below.iter().map(|process| process.pid).chain([*keeper]).collect() }
        })
        .collect();
    let sum = |suspect: &Suspect| suspect.processes.iter().filter_map(|pid| written_bytes(*pid)).sum::<u64>();
    let now: HashMap<RunId, u64> = suspects.iter().map(|suspect| (suspect.run, sum(suspect))).collect();
    let active: Vec<RunId> =
        suspects.iter().map(|suspect| suspect.run).filter(|run| before.before_last.get(run) != now.get(run)).collect();
    let found = paths.into_iter().map(|path| {
        let writing = |suspect: &&Suspect| suspect.processes.iter().any(|pid| is_writing(*pid, &path));
        let open: Vec<RunId> = suspects.iter().filter(writing).map(|suspect| suspect.run).collect();
        let written = match open.is_empty() {
            true => Written { by: active.clone(), evidence: Evidence::Inferred },
            false => Written { by: open, evidence: Evidence::Seen },
        };
        (path, written)
    });
    let found = found.collect();
    (Writers { last: now, before_last: before.last }, found)
}

/// The runs that share the workspace and are not frozen, with their keepers.
fn sharers(context: &Context) -> Vec<(RunId, u32)> {
    let view = context.kernel.view();
    let shares = |run: &RunId| {
        view.agents.values().filter(|agent| agent.run == Some(*run) && agent.pause != Pause::Paused).any(|agent| {
            context.configs.get(&agent.name).is_some_and(|known| known.agent.workspace == WorkspaceKind::Shared)
        })
    };
    context.metrics.keepers().into_iter().filter(|(run, _)| shares(run)).collect()
}
