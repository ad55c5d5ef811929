//! What the supervisor's parts share: handles, never state that is decided upon.

use super::commits::Asked;
use super::configs::Configs;
use super::feed::FeedHandle;
use super::folder;
use super::journal::JournalReader;
use super::kernel::KernelHandle;
use super::metrics::Metrics;
use super::post::Postmen;
use super::run::RunHandle;
use super::shelf::Shelf;
use super::start::Attended;
use super::tasks::Tasks;
use super::token::Tokens;
use super::tools::ToolLog;
use super::work::Works;
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

/// What the supervisor's parts share.
pub(super) struct Context {
    pub(super) place: Place,
    pub(super) kernel: KernelHandle,
    pub(super) feed: FeedHandle,
    pub(super) journal: JournalReader,
    pub(super) configs: Configs,
    pub(super) runs: Runs,
    pub(super) shelf: Shelf,
    pub(super) workspaces: Arc<Workspaces>,
    /// What agents have done in them.
    pub(super) works: Works,
    pub(super) prepared: PreparedRuns,
    pub(super) banners: Banners,
    pub(super) seen: Seen,
    pub(super) sizes: Sizes,
    pub(super) metrics: Metrics,
    /// The tool calls of agents.
    pub(super) tools: Arc<ToolLog>,
    /// What the commit guard was asked lately.
    pub(super) asked: Asked,
    pub(super) postmen: Postmen,
    /// Wakes whoever shows a list of agents: something about a run changed that is no fact.
    pub(super) pulse: watch::Sender<()>,
    /// Whether nothing is live, queued or to be restarted.
    pub(super) quiescent: watch::Sender<bool>,
    /// Whether the supervisor is ending: streams close.
    pub(super) ended: watch::Sender<bool>,
    pub(super) started_ms: u64,
    pub(super) adoption: watch::Sender<Adoption>,
    /// Our own cgroup, below which runs get theirs if it is delegated to us.
    pub(super) cgroup: Option<Cgroup>,
    pub(super) attended: Attended,
    /// By which runs prove who they are.
    pub(super) tokens: Tokens,
    /// The drop folder's.
    pub(super) folder: folder::Door,
    /// What is under way for tasks.
    pub(super) tasks: Tasks,
}

impl Context {
    /// A run's own directory: transcript, checkpoint, exit record.
    pub(super) fn run_directory(&self, run: RunId) -> PathBuf {
        self.place.run_directory(run)
    }

    /// An agent's name, while the fleet knows it.
    pub(super) fn agent_name(&self, agent: AgentId) -> Option<String> {
        self.kernel.view().agents.get(&agent).map(|agent| agent.name.clone())
    }

    /// A person looks at this agent now: nothing of it is unseen any more.
    pub(super) fn mark_seen(&self, agent: AgentId) {
        self.mark_seen_at(agent, now_ms());
    }

    /// A person is about to type into this agent: what it does upon that, be it within the same millisecond, is unseen.
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

/// The runs whose screens can be looked at: the live ones, and the last one of each agent.
pub(super) struct Runs {
    by_run: Mutex<HashMap<RunId, (AgentId, RunHandle)>>,
    /// Wakes whoever waits for an agent's next run.
    arrivals: watch::Sender<()>,
}

impl Default for Runs {
    fn default() -> Runs {
        Runs { by_run: Mutex::default(), arrivals: watch::Sender::new(()) }
    }
}

impl Runs {
    /// Takes a run in, in place of the agent's earlier one.
    pub(super) fn insert(&self, agent: AgentId, run: RunId, handle: RunHandle) {
        let mut runs = lock(&self.by_run);
        runs.retain(|_, (other, _)| *other != agent);
        runs.insert(run, (agent, handle));
        drop(runs);
        self.arrivals.send_replace(());
    }

    /// Takes in what a run that ended under an earlier supervisor showed last, unless the agent has a newer one.
    pub(super) fn remember(&self, agent: AgentId, run: RunId, ended: RunHandle) {
        let mut runs = lock(&self.by_run);
        if runs.values().all(|(other, _)| *other != agent) {
            runs.insert(run, (agent, ended));
        }
    }

    /// The newest run of an agent whose screen can be looked at.
    pub(super) fn newest_of(&self, agent: AgentId) -> Option<RunId> {
        lock(&self.by_run).iter().find(|(_, (other, _))| *other == agent).map(|(run, _)| *run)
    }

    /// Waits until an agent's newest run is another than the one `known`.
    pub(super) async fn newer_than(&self, agent: AgentId, known: Option<RunId>) {
        let mut arrivals = self.arrivals.subscribe();
        while self.newest_of(agent).is_none_or(|run| Some(run) == known) {
            if arrivals.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The handle of a run.
    pub(super) fn get(&self, run: RunId) -> Option<RunHandle> {
        lock(&self.by_run).get(&run).map(|(_, handle)| handle.clone())
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<RunHandle> {
        lock(&self.by_run).values().map(|(_, handle)| handle.clone()).collect()
    }

    /// Forgets the runs of agents that the fleet has forgotten.
    pub(super) fn retain_agents(&self, known: impl Fn(AgentId) -> bool) {
        lock(&self.by_run).retain(|_, (agent, _)| known(*agent));
    }
}

/// Workspaces that were made for runs which are about to be launched.
#[derive(Default)]
pub(super) struct PreparedRuns {
    by_run: Mutex<HashMap<RunId, Prepared>>,
}

impl PreparedRuns {
    /// A run's workspace was made.
    pub(super) fn put(&self, run: RunId, prepared: Prepared) {
        lock(&self.by_run).insert(run, prepared);
    }

    /// The run is launched now; none when an earlier supervisor made its workspace.
    pub(super) fn take(&self, run: RunId) -> Option<Prepared> {
        lock(&self.by_run).remove(&run)
    }
}

/// The subject of the banner about a journal that can't be written.
pub(super) const JOURNAL_BANNER: &str = "journal";

/// What is wrong with the fleet as a whole, by what it is about.
#[derive(Default)]
pub(super) struct Banners {
    by_subject: Mutex<BTreeMap<String, String>>,
}

impl Banners {
    /// Puts a banner up, in place of an earlier one of the same subject.
    pub(super) fn raise(&self, subject: &str, text: String) {
        lock(&self.by_subject).insert(subject.to_owned(), text);
    }

    /// Takes a banner down. Returns whether one was up.
    pub(super) fn lower(&self, subject: &str) -> bool {
        lock(&self.by_subject).remove(subject).is_some()
    }

    /// Whether one of this subject is up.
    pub(super) fn is_raised(&self, subject: &str) -> bool {
        lock(&self.by_subject).contains_key(subject)
    }

    /// Whether no banner says that the journal can't be written.
    pub(super) fn journal_is_written(&self) -> bool {
        !self.is_raised(JOURNAL_BANNER)
    }

    /// All that are up.
    pub(super) fn all(&self) -> Vec<String> {
        lock(&self.by_subject).values().cloned().collect()
    }
}

/// The sizes at which agents are looked at. A run begins at its agent's, so that its program is not drawn anew.
#[derive(Default)]
pub(super) struct Sizes {
    by_agent: Mutex<HashMap<AgentId, Size>>,
}

impl Sizes {
    /// Somebody looks at an agent at this size.
    pub(super) fn set(&self, agent: AgentId, size: Size) {
        lock(&self.by_agent).insert(agent, size);
    }

    /// The size at which somebody looked last; none when nobody has.
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
    /// A person looks now.
    pub(super) fn mark(&self, agent: AgentId, now_ms: u64) {
        lock(&self.by_agent).insert(agent, now_ms);
    }

    /// When a person last looked; 0 when nobody has.
    pub(super) fn at(&self, agent: AgentId) -> u64 {
        lock(&self.by_agent).get(&agent).copied().unwrap_or(0)
    }
}

/// These maps are only ever inserted into and removed from, so one that a panic left behind is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
