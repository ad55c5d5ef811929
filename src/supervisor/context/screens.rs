//! The screens of runs: which can be shown, at which size, and those of runs that ended under an earlier supervisor.

use super::guard::lock;
use crate::supervisor::run::RunHandle;
use crate::supervisor::shelf::Shelf;
use crate::term::frame::Size;
use quarterdeck_core::ids::{AgentId, RunId};
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::sync::watch;

/// What shows a run's screen.
pub(in crate::supervisor) struct Screens {
    pub(in crate::supervisor) runs: Runs,
    pub(in crate::supervisor) shelf: Shelf,
    pub(in crate::supervisor) sizes: Sizes,
}

/// The runs whose screens can be shown: the live ones, and the last one of each agent.
pub(in crate::supervisor) struct Runs {
    by_run: Mutex<HashMap<RunId, (AgentId, RunHandle)>>,
    /// Wakes those who wait for an agent's next run.
    arrivals: watch::Sender<()>,
}

impl Default for Runs {
    fn default() -> Runs {
        Runs { by_run: Mutex::default(), arrivals: watch::Sender::new(()) }
    }
}

impl Runs {
    /// Adds a run, in place of the agent's earlier one.
    pub(in crate::supervisor) fn insert(&self, agent: AgentId, run: RunId, handle: RunHandle) {
        let mut runs = lock(&self.by_run);
        runs.retain(|_, (other, _)| *other != agent);
        runs.insert(run, (agent, handle));
        drop(runs);
        self.arrivals.send_replace(());
    }

    /// Adds the last screen of a run that ended under an earlier supervisor, unless the agent has a newer run.
    pub(in crate::supervisor) fn remember(&self, agent: AgentId, run: RunId, ended: RunHandle) {
        let mut runs = lock(&self.by_run);
        if runs.values().all(|(other, _)| *other != agent) {
            runs.insert(run, (agent, ended));
        }
    }

    /// Returns the newest run of an agent whose screen can be shown.
    pub(in crate::supervisor) fn newest_of(&self, agent: AgentId) -> Option<RunId> {
        lock(&self.by_run).iter().find(|(_, (other, _))| *other == agent).map(|(run, _)| *run)
    }

    /// Waits until an agent's newest run differs from `known`.
    pub(in crate::supervisor) async fn newer_than(&self, agent: AgentId, known: Option<RunId>) {
        let mut arrivals = self.arrivals.subscribe();
        while self.newest_of(agent).is_none_or(|run| Some(run) == known) {
            if arrivals.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns the handle of a run.
    pub(in crate::supervisor) fn get(&self, run: RunId) -> Option<RunHandle> {
        lock(&self.by_run).get(&run).map(|(_, handle)| handle.clone())
    }

    /// Returns the handles of all runs.
    pub(in crate::supervisor) fn all(&self) -> Vec<RunHandle> {
        lock(&self.by_run).values().map(|(_, handle)| handle.clone()).collect()
    }

    /// Drops the runs of agents that were removed from the fleet.
    pub(in crate::supervisor) fn retain_agents(&self, known: impl Fn(AgentId) -> bool) {
        lock(&self.by_run).retain(|_, (agent, _)| known(*agent));
    }
}

/// The sizes at which agents are viewed. A run begins with its agent's size, so that its program does not have to
/// redraw itself.
#[derive(Default)]
pub(in crate::supervisor) struct Sizes {
    by_agent: Mutex<HashMap<AgentId, Size>>,
}

impl Sizes {
    /// Records that somebody views an agent at this size.
    pub(in crate::supervisor) fn set(&self, agent: AgentId, size: Size) {
        lock(&self.by_agent).insert(agent, size);
    }

    /// Returns the size at which somebody last viewed the agent; none if nobody has.
    pub(in crate::supervisor) fn of(&self, agent: AgentId) -> Option<Size> {
        lock(&self.by_agent).get(&agent).copied()
    }
}
