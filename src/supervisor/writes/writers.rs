//! Who wrote a file, as far as that can be known afterwards.
//!
//! * Whoever has the file open for writing now, wrote it.
//! * Else it was one of those whose processes have written to a disk lately (the kernel counts for each process what it
//!   and the children it waited for have written), or, where no disk is counted, have written anything. Who shares the
//!   workspace and is not frozen may be one of them; so may a run that has ended since.
//! * Else it was nobody of the fleet.
//!
//! A write that is counted at one look may be heard of only at the next, so what is compared with is the look before
//! the last. Whoever was not there then may have written. So that the first write finds two looks before it, everybody
//! is also looked at when the watch begins and when scopes change hands.

use crate::config::WorkspaceKind;
use crate::process::{Census, WrittenBytes, is_writing, written_bytes};
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
    last: HashMap<RunId, WrittenBytes>,
    before_last: HashMap<RunId, WrittenBytes>,
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
        let (frozen, runs): (Vec<_>, Vec<_>) =
            sharers(context).into_iter().partition(|sharer| sharer.pause == Pause::Paused);
        let looking = tokio::task::spawn_blocking(move || look(self, &runs, &frozen, paths));
        looking.await.unwrap_or_default()
    }
}

fn look(
    before: Writers,
    runs: &[Sharer],
    frozen: &[Sharer],
    paths: Vec<PathBuf>,
) -> (Writers, Vec<(PathBuf, Written)>) {
    let Ok(census) = Census::take() else { return (Writers::default(), Vec::new()) };
    let suspects: Vec<Suspect> = runs
        .iter()
        .map(|sharer| {
            let below = census.descendants(sharer.keeper);
            // The keeper inherits what orphans of its tree have written.
            Suspect {
                run: sharer.run,
                processes: below.iter().map(|process| process.pid).chain([sharer.keeper]).collect(),
            }
        })
        .collect();
    let sum = |suspect: &Suspect| {
        let mut sum = WrittenBytes::default();
        suspect.processes.iter().filter_map(|pid| written_bytes(*pid)).for_each(|bytes| sum += bytes);
        sum
    };
    let now: HashMap<RunId, WrittenBytes> = suspects.iter().map(|suspect| (suspect.run, sum(suspect))).collect();
    let mut active = active(&before, &now);
    active.retain(|run| frozen.iter().all(|sharer| sharer.run != *run));
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

/// Who has written since the look before the last.
fn active(before: &Writers, now: &HashMap<RunId, WrittenBytes>) -> Vec<RunId> {
    let wrote = |counted: fn(&WrittenBytes) -> u64| -> Vec<RunId> {
        let changed = |run: &&RunId| before.before_last.get(run).map(counted) != now.get(run).map(counted);
        let mut runs: Vec<RunId> = now.keys().filter(changed).copied().collect();
        runs.extend(before.before_last.keys().chain(before.last.keys()).filter(|run| !now.contains_key(run)));
        runs.sort_unstable();
        runs.dedup();
        runs
    };
    let to_disk = wrote(|bytes| bytes.to_disk);
    if to_disk.is_empty() { wrote(|bytes| bytes.in_all) } else { to_disk }
}

/// A run that shares the workspace.
struct Sharer {
    run: RunId,
    keeper: u32,
    pause: Pause,
}

fn sharers(context: &Context) -> Vec<Sharer> {
    let view = context.kernel.view();
    let shares =
        |name: &String| context.configs.get(name).is_some_and(|known| known.agent.workspace == WorkspaceKind::Shared);
    let sharer = |(run, keeper): (RunId, u32)| {
        let agent = view.agents.values().find(|agent| agent.run == Some(run) && shares(&agent.name))?;
        Some(Sharer { run, keeper, pause: agent.pause })
    };
    context.metrics.keepers().into_iter().filter_map(sharer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(runs: &[(u64, u64, u64)]) -> HashMap<RunId, WrittenBytes> {
        runs.iter()
            .map(|(run, in_all, to_disk)| (RunId(*run), WrittenBytes { in_all: *in_all, to_disk: *to_disk }))
            .collect()
    }

    #[test]
    fn who_only_prints_did_not_write_where_a_disk_is_counted() {
        let before = Writers { last: looked(&[(1, 9, 0), (2, 5, 0)]), before_last: looked(&[(1, 1, 0), (2, 5, 0)]) };
        assert_eq!(active(&before, &looked(&[(1, 20, 0), (2, 6, 4_096)])), [RunId(2)]);
        assert_eq!(active(&before, &looked(&[(1, 1, 0), (2, 6, 0)])), [RunId(2)], "nothing is counted for a disk");
        assert_eq!(active(&before, &looked(&[(1, 1, 0), (2, 5, 0)])), [], "nobody");
    }

    #[test]
    fn who_has_ended_since_or_is_new_may_have_written() {
        let before = Writers { last: looked(&[(1, 1, 0), (2, 5, 0)]), before_last: looked(&[(1, 1, 0)]) };
        assert_eq!(active(&before, &looked(&[(1, 1, 0)])), [RunId(2)]);
        assert_eq!(active(&before, &looked(&[(1, 1, 0), (2, 5, 0), (3, 0, 0)])), [RunId(2), RunId(3)]);
    }
}
