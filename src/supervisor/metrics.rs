//! Samples what the agents' process trees consume, while someone watches the fleet and when asked; one pass over the
//! processes serves all agents. It costs nothing while nobody watches. The same pass finds the processes that agents'
//! programs have started ([`super::execs`]).

use super::execs::Execs;
use super::tools::ToolLog;
use crate::api::agents::Usage;
use crate::clock;
use crate::process::{Census, Identity, ProcessStat, TreeUsage};
use quarterdeck_core::ids::{AgentId, RunId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// The time from one sample to the next while someone watches.
const INTERVAL: Duration = Duration::from_secs(5);
/// The time from one sample to the next while a run is younger than [`INTERVAL`]: its first sample, at its start, says
/// nothing.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);

/// The newest sample of each live run.
#[derive(Clone, Default)]
pub(super) struct Metrics {
    shared: Arc<Shared>,
}

/// The time between the two samples that determine the current consumption when nobody has watched.
const REFRESH: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Shared {
    /// The log of tool calls, for the processes that agents' programs start.
    tools: Arc<ToolLog>,
    runs: Mutex<HashMap<RunId, Sampled>>,
    watchers: AtomicUsize,
    watched: Notify,
    /// When all runs were last sampled.
    sampled_at: Mutex<Option<Instant>>,
}

/// A run with its keeper, and its newest sample.
struct Sampled {
    agent: AgentId,
    keeper: Identity,
    execs: Execs,
    tracked_at: Instant,
    usage: Option<Usage>,
}

/// A watch on the fleet: samples are taken as long as this value lives.
pub(super) struct Watching {
    shared: Arc<Shared>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.shared.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Creates metrics without runs. The processes that agents' programs start are recorded in `tools`.
    pub(super) fn new(tools: Arc<ToolLog>) -> Metrics {
        Metrics { shared: Arc::new(Shared { tools, ..Shared::default() }) }
    }

    /// Adds a live run of this agent: its tree consists of all processes below its keeper.
    pub(super) fn track(&self, agent: AgentId, run: RunId, keeper: Identity) {
        let sampled = Sampled { agent, keeper, execs: Execs::default(), tracked_at: Instant::now(), usage: None };
        self.lock().insert(run, sampled);
        self.shared.watched.notify_one();
    }

    /// Returns the live runs, each with its keeper, below which its whole tree is.
    pub(super) fn keepers(&self) -> Vec<(RunId, u32)> {
        self.lock().iter().map(|(run, sampled)| (*run, sampled.keeper.pid)).collect()
    }

    /// Returns the keeper of a live run.
    pub(super) fn keeper_of(&self, run: RunId) -> Option<Identity> {
        self.lock().get(&run).map(|sampled| sampled.keeper.clone())
    }

    /// Returns the run whose keeper this process is.
    pub(super) fn run_kept_by(&self, process: &ProcessStat) -> Option<RunId> {
        let is_it =
            |keeper: &Identity| keeper.pid == process.pid && keeper.start_time_ticks == process.start_time_ticks;
        self.lock().iter().find(|(_, sampled)| is_it(&sampled.keeper)).map(|(run, _)| *run)
    }

    /// Removes a run that has ended.
    pub(super) fn forget(&self, run: RunId) {
        self.lock().remove(&run);
    }

    /// Begins to watch: samples are taken while the returned value lives.
    pub(super) fn watch(&self) -> Watching {
        self.shared.watchers.fetch_add(1, Ordering::Relaxed);
        self.shared.watched.notify_one();
        Watching { shared: Arc::clone(&self.shared) }
    }

    /// Returns the newest sample of a run.
    pub(super) fn usage(&self, run: RunId) -> Option<Usage> {
        self.lock().get(&run).and_then(|sampled| sampled.usage)
    }

    /// Samples one run now and returns the result. Blocks for about a millisecond.
    pub(super) fn sample_one(&self, run: RunId) -> Option<Usage> {
        self.sample_all();
        self.usage(run)
    }

    /// Samples all runs once.
    pub(super) async fn look(&self) {
        let sampler = self.clone();
        let _different = tokio::task::spawn_blocking(move || sampler.sample_all()).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Sampled>> {
        self.shared.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Samples all runs. Returns whether anything changed.
    fn sample_all(&self) -> bool {
        let Ok(census) = Census::take() else { return false };
        let now_ms = clock::now_ms();
        *self.shared.sampled_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let mut different = false;
        for (run, sampled) in self.lock().iter_mut() {
            for (report, at_ms) in sampled.execs.look(&census, sampled.keeper.pid, now_ms) {
                self.shared.tools.note(sampled.agent, *run, report, at_ms);
            }
            let usage = next(sampled.usage, census.usage(sampled.keeper.pid), now_ms);
            different |= sampled.usage != Some(usage);
            sampled.usage = Some(usage);
        }
        different
    }

    /// Makes the samples current when nobody watches, and waits for that: a share of a core needs two samples.
    pub(super) async fn refresh(&self) {
        let sampled_at = *self.shared.sampled_at.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = sampled_at.is_some_and(|at| at.elapsed() < INTERVAL) && !self.lacks_a_sample();
        if recent || self.lock().is_empty() {
            return;
        }
        for pause in [REFRESH, Duration::ZERO] {
            self.look().await;
            tokio::time::sleep(pause).await;
        }
    }

    fn lacks_a_sample(&self) -> bool {
        self.lock().values().any(|sampled| sampled.usage.is_none())
    }

    fn has_a_newcomer(&self) -> bool {
        self.lock().values().any(|sampled| sampled.tracked_at.elapsed() < INTERVAL)
    }

    /// Samples while someone watches and something runs, and wakes those who show the samples.
    pub(super) async fn run(self, pulse: watch::Sender<()>) {
        loop {
            if self.shared.watchers.load(Ordering::Relaxed) == 0 || self.lock().is_empty() {
                self.shared.watched.notified().await;
                continue;
            }
            let sampler = self.clone();
            if tokio::task::spawn_blocking(move || sampler.sample_all()).await.unwrap_or(false) {
                pulse.send_replace(());
            }
            tokio::time::sleep(if self.has_a_newcomer() { FIRST_INTERVAL } else { INTERVAL }).await;
        }
    }
}

/// Returns the sample after `before`. A sample with the same values keeps its time, so that an idle fleet's list does
/// not change.
fn next(before: Option<Usage>, tree: TreeUsage, now_ms: u64) -> Usage {
    let cpu_percent = before.map_or(0.0, |before| {
        let elapsed_ms = now_ms.saturating_sub(before.sampled_ms).max(1);
        tree.cpu_ms.saturating_sub(before.cpu_ms) as f32 * 100.0 / elapsed_ms as f32
    });
    let usage = Usage {
        cpu_percent: (cpu_percent * 10.0).round() / 10.0,
        cpu_ms: tree.cpu_ms,
        memory_bytes: tree.resident_bytes,
        processes: tree.processes,
        sampled_ms: now_ms,
    };
    match before {
        Some(before) if Usage { sampled_ms: now_ms, ..before } == usage => before,
        _ => usage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_becomes_a_share_of_one_core() {
        let tree = |cpu_ms| TreeUsage { processes: 2, cpu_ms, resident_bytes: 4096 };
        let first = next(None, tree(100), 10_000);
        assert_eq!(first.cpu_percent, 0.0);
        let second = next(Some(first), tree(600), 11_000);
        assert_eq!(second.cpu_percent, 50.0);
        assert_eq!((second.processes, second.memory_bytes), (2, 4096));
    }

    #[test]
    fn an_idle_tree_is_a_still_picture() {
        let tree = TreeUsage { processes: 1, cpu_ms: 5, resident_bytes: 4096 };
        let first = next(None, tree, 1_000);
        assert_eq!(next(Some(first), tree, 6_000), first);
    }
}
