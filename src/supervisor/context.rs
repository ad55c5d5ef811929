//! The context that the supervisor's parts share: handles, never state on which decisions are based.

use super::asked::Asked;
use super::configs::Configs;
use super::feed::FeedHandle;
use super::folder;
use super::journal::JournalReader;
use super::kernel::KernelHandle;
use super::metrics::Metrics;
use super::postmen::Postmen;
use super::run::RunHandle;
use super::shelf::Shelf;
use super::tasks::jobs::Tasks;
use super::token::Tokens;
use super::tools::ToolLog;
use super::work::known::Works;
use crate::api::system::Adoption;
use crate::place::Place;
use crate::process::Cgroup;
use crate::term::frame::Size;
use crate::workspace::{Prepared, Workspaces};
use quarterdeck_core::ids::{AgentId, RunId};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The handles that the supervisor's parts share.
pub(super) struct Context {
    pub(super) place: Place,
    pub(super) kernel: KernelHandle,
    pub(super) feed: FeedHandle,
    pub(super) journal: JournalReader,
    pub(super) configs: Configs,
    pub(super) runs: Runs,
    pub(super) shelf: Shelf,
    pub(super) workspaces: Arc<Workspaces>,
    /// The agents' uncommitted work and their commits.
    pub(super) works: Works,
    pub(super) prepared: PreparedRuns,
    pub(super) banners: Banners,
    pub(super) seen: Seen,
    pub(super) sizes: Sizes,
    pub(super) metrics: Metrics,
    /// The tool calls of agents.
    pub(super) tools: Arc<ToolLog>,
    /// The files that the commit guard was asked about recently.
    pub(super) asked: Asked,
    pub(super) postmen: Postmen,
    /// Wakes those who show a list of agents: something about a run changed that is not a fact.
    pub(super) pulse: watch::Sender<()>,
    /// Whether nothing is live, queued or to be restarted.
    pub(super) quiescent: watch::Sender<bool>,
    /// Whether the supervisor is ending; streams close then.
    pub(super) ended: watch::Sender<bool>,
    pub(super) started_ms: u64,
    pub(super) adoption: watch::Sender<Adoption>,
    /// Our own cgroup, below which runs get theirs if it is delegated to us.
    pub(super) cgroup: Option<Cgroup>,
    pub(super) attended: Attended,
    /// The tokens with which runs prove who they are.
    pub(super) tokens: Tokens,
    /// The door to the loop of the drop folder.
    pub(super) folder: folder::door::Door,
    /// The jobs in progress for tasks.
    pub(super) tasks: Tasks,
}

/// Whether the fleet may outlive its supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attended {
    /// The configuration decides whether the fleet may outlive it.
    Configured,
    /// The fleet must not outlive it: a run without a screen, which leaves nothing behind.
    Headless,
}

impl Context {
    /// Returns a run's own directory: transcript, checkpoint, exit record.
    pub(super) fn run_directory(&self, run: RunId) -> PathBuf {
        self.place.run_directory(run)
    }

    /// Returns an agent's name, while the fleet knows the agent.
    pub(super) fn agent_name(&self, agent: AgentId) -> Option<String> {
        self.kernel.view().agents.get(&agent).map(|agent| agent.name.clone())
    }

    /// Records that a person looks at this agent now: everything it has done so far is seen.
    pub(super) fn mark_seen(&self, agent: AgentId) {
        self.mark_seen_at(agent, now_ms());
    }

    /// Records that a person is about to type into this agent. Its reaction counts as unseen, even within the same
    /// millisecond.
    pub(super) fn mark_typed(&self, agent: AgentId) {
        self.mark_seen_at(agent, now_ms().saturating_sub(1));
    }

    fn mark_seen_at(&self, agent: AgentId, at_ms: u64) {
        self.seen.mark(agent, at_ms);
        self.pulse.send_replace(());
    }
}

pub(super) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

/// The runs whose screens can be shown: the live ones, and the last one of each agent.
pub(super) struct Runs {
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
    pub(super) fn insert(&self, agent: AgentId, run: RunId, handle: RunHandle) {
        let mut runs = lock(&self.by_run);
        runs.retain(|_, (other, _)| *other != agent);
        runs.insert(run, (agent, handle));
        drop(runs);
        self.arrivals.send_replace(());
    }

    /// Adds the last screen of a run that ended under an earlier supervisor, unless the agent has a newer run.
    pub(super) fn remember(&self, agent: AgentId, run: RunId, ended: RunHandle) {
        let mut runs = lock(&self.by_run);
        if runs.values().all(|(other, _)| *other != agent) {
            runs.insert(run, (agent, ended));
        }
    }

    /// Returns the newest run of an agent whose screen can be shown.
    pub(super) fn newest_of(&self, agent: AgentId) -> Option<RunId> {
        lock(&self.by_run).iter().find(|(_, (other, _))| *other == agent).map(|(run, _)| *run)
    }

    /// Waits until an agent's newest run differs from `known`.
    pub(super) async fn newer_than(&self, agent: AgentId, known: Option<RunId>) {
        let mut arrivals = self.arrivals.subscribe();
        while self.newest_of(agent).is_none_or(|run| Some(run) == known) {
            if arrivals.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns the handle of a run.
    pub(super) fn get(&self, run: RunId) -> Option<RunHandle> {
        lock(&self.by_run).get(&run).map(|(_, handle)| handle.clone())
    }

    /// Returns the handles of all runs.
    pub(super) fn all(&self) -> Vec<RunHandle> {
        lock(&self.by_run).values().map(|(_, handle)| handle.clone()).collect()
    }

    /// Forgets the runs of agents that the fleet has forgotten.
    pub(super) fn retain_agents(&self, known: impl Fn(AgentId) -> bool) {
        lock(&self.by_run).retain(|_, (agent, _)| known(*agent));
    }
}

/// Workspaces that were made for runs that are about to be launched.
#[derive(Default)]
pub(super) struct PreparedRuns {
    by_run: Mutex<HashMap<RunId, Prepared>>,
}

impl PreparedRuns {
    /// Stores the workspace that was made for a run.
    pub(super) fn put(&self, run: RunId, prepared: Prepared) {
        lock(&self.by_run).insert(run, prepared);
    }

    /// Removes and returns the workspace of a run that is launched now; none if an earlier supervisor made it.
    pub(super) fn take(&self, run: RunId) -> Option<Prepared> {
        lock(&self.by_run).remove(&run)
    }
}

/// The subject of the banner about a journal that can't be written.
pub(super) const JOURNAL_BANNER: &str = "journal";

/// The banners about troubles of the fleet as a whole, by their subjects.
#[derive(Default)]
pub(super) struct Banners {
    by_subject: Mutex<BTreeMap<String, String>>,
}

impl Banners {
    /// Shows a banner, in place of an earlier one with the same subject.
    pub(super) fn raise(&self, subject: &str, text: String) {
        lock(&self.by_subject).insert(subject.to_owned(), text);
    }

    /// Removes a banner. Returns whether it was shown.
    pub(super) fn lower(&self, subject: &str) -> bool {
        lock(&self.by_subject).remove(subject).is_some()
    }

    /// Whether a banner with this subject is shown.
    pub(super) fn is_raised(&self, subject: &str) -> bool {
        lock(&self.by_subject).contains_key(subject)
    }

    /// Whether no banner says that the journal can't be written.
    pub(super) fn journal_is_written(&self) -> bool {
        !self.is_raised(JOURNAL_BANNER)
    }

    /// Returns the texts of all banners that are shown.
    pub(super) fn all(&self) -> Vec<String> {
        lock(&self.by_subject).values().cloned().collect()
    }
}

/// The sizes at which agents are viewed. A run begins with its agent's size, so that its program does not have to
/// redraw itself.
#[derive(Default)]
pub(super) struct Sizes {
    by_agent: Mutex<HashMap<AgentId, Size>>,
}

impl Sizes {
    /// Records that somebody views an agent at this size.
    pub(super) fn set(&self, agent: AgentId, size: Size) {
        lock(&self.by_agent).insert(agent, size);
    }

    /// Returns the size at which somebody last viewed the agent; none if nobody has.
    pub(super) fn of(&self, agent: AgentId) -> Option<Size> {
        lock(&self.by_agent).get(&agent).copied()
    }
}

/// When a person last looked at each agent, in milliseconds since the Unix epoch.
#[derive(Default)]
pub(super) struct Seen {
    by_agent: Mutex<HashMap<AgentId, u64>>,
}

impl Seen {
    /// Records that a person looks at the agent now.
    pub(super) fn mark(&self, agent: AgentId, now_ms: u64) {
        lock(&self.by_agent).insert(agent, now_ms);
    }

    /// Returns when a person last looked at the agent; 0 if nobody has.
    pub(super) fn at(&self, agent: AgentId) -> u64 {
        lock(&self.by_agent).get(&agent).copied().unwrap_or(0)
    }
}

/// Locks a map even after a panic: these maps are only inserted into and removed from, so they are still consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the subject of the banner about an agent's keeper that can't be communicated with.
pub(in crate::supervisor) fn keeper_subject(agent: &str) -> String {
    format!("keeper of {agent}")
}
