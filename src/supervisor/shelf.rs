//! Limits the directories of runs on disk: the newest of each agent, and a number over all agents. A run's directory
//! holds its transcript, so that without a limit a program that restarts forever would fill the disk.

use crate::transcript;
use crate::wire::record::KeeperRecord;
use quarterdeck_core::ids::RunId;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The most runs that are kept of each agent, including the live one. Beyond it, the oldest one's files are deleted.
const RUNS_PER_AGENT_MAX: usize = 20;
/// The most runs that are kept over all agents, including those of agents that are gone. Beyond it, the oldest one's
/// files are deleted.
const RUNS_MAX: usize = 2_000;

/// The runs whose directories are on disk, by agent and by age.
pub(super) struct Shelf {
    directory: PathBuf,
    runs: Mutex<OnDisk>,
}

#[derive(Default)]
struct OnDisk {
    by_agent: HashMap<String, VecDeque<RunId>>,
    /// All runs on disk with their agents, the oldest first.
    all: BTreeMap<RunId, String>,
}

impl Shelf {
    /// Reads which runs are on disk.
    pub(super) fn open(directory: PathBuf) -> Shelf {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            if let Some(run) = transcript::run_of(&entry) {
                let agent = transcript::agent_of(&entry.path()).unwrap_or_default();
                found.insert(run, agent);
            }
        }
        let mut runs = OnDisk::default();
        found.into_iter().for_each(|(run, agent)| runs.add(run, agent));
        Shelf { directory, runs: Mutex::new(runs) }
    }

    /// Returns the newest run on disk.
    pub(super) fn newest(&self) -> Option<RunId> {
        self.lock().all.last_key_value().map(|(run, _)| *run)
    }

    /// Adds a run whose directory was created. Returns the directories that now exceed the limits and must be removed.
    pub(super) fn add(&self, run: RunId, agent: &str) -> Vec<PathBuf> {
        let mut runs = self.lock();
        runs.add(run, agent.to_owned());
        let oldest_first: Vec<RunId> = runs.surplus_of(agent).into_iter().chain(runs.surplus()).collect();
        let gone = oldest_first.into_iter().filter(|run| !is_live(&self.path(*run))).collect::<Vec<RunId>>();
        gone.iter().for_each(|run| runs.forget(*run));
        gone.into_iter().map(|run| self.path(run)).collect()
    }

    fn path(&self, run: RunId) -> PathBuf {
        self.directory.join(run.to_string())
    }

    /// Locks the maps even after a panic: they are only inserted into and removed from, so they are still consistent.
    fn lock(&self) -> std::sync::MutexGuard<'_, OnDisk> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnDisk {
    fn add(&mut self, run: RunId, agent: String) {
        self.by_agent.entry(agent.clone()).or_default().push_back(run);
        self.all.insert(run, agent);
    }

    fn surplus_of(&self, agent: &str) -> Vec<RunId> {
        let runs = self.by_agent.get(agent);
        runs.into_iter()
            .flat_map(|runs| runs.iter().take(runs.len().saturating_sub(RUNS_PER_AGENT_MAX)))
            .copied()
            .collect()
    }

    fn surplus(&self) -> Vec<RunId> {
        self.all.keys().take(self.all.len().saturating_sub(RUNS_MAX)).copied().collect()
    }

    fn forget(&mut self, run: RunId) {
        if let Some(agent) = self.all.remove(&run)
            && let Some(runs) = self.by_agent.get_mut(&agent)
        {
            runs.retain(|other| *other != run);
            if runs.is_empty() {
                self.by_agent.remove(&agent);
            }
        }
    }
}

/// Whether a keeper still writes into this directory.
fn is_live(directory: &Path) -> bool {
    matches!(KeeperRecord::read(directory), Ok(Some(record)) if record.identity.is_alive())
}

/// Removes directories of runs; a failure is logged, and the next supervisor tries again.
pub(super) fn remove(directories: &[PathBuf]) {
    for directory in directories {
        if let Err(error) = fs::remove_dir_all(directory) {
            tracing::warn!(directory = %directory.display(), %error, "an old run could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Identity;

    fn run(root: &Path, number: u64, agent: &str) {
        let directory = root.join(RunId(number).to_string());
        fs::create_dir(&directory).expect("made");
        fs::write(directory.join(transcript::AGENT_FILE), agent).expect("written");
    }

    #[test]
    fn the_newest_runs_of_each_agent_stay() {
        let root = tempfile::tempdir().expect("a directory");
        let most = RUNS_PER_AGENT_MAX as u64;
        (1..=most).for_each(|number| run(root.path(), number, "builder"));
        run(root.path(), most + 1, "linter");
        let shelf = Shelf::open(root.path().to_owned());
        assert_eq!(shelf.newest(), Some(RunId(most + 1)));
        assert_eq!(shelf.add(RunId(most + 2), "linter"), Vec::<PathBuf>::new());
        let gone = shelf.add(RunId(most + 3), "builder");
        assert_eq!(gone, [root.path().join("r1")]);
        remove(&gone);
        assert!(!root.path().join("r1").exists() && root.path().join("r2").exists());
        assert_eq!(shelf.add(RunId(most + 4), "builder"), [root.path().join("r2")]);
    }

    #[test]
    fn runs_of_agents_long_gone_are_bounded_too() {
        let root = tempfile::tempdir().expect("a directory");
        let shelf = Shelf::open(root.path().to_owned());
        let gone: Vec<PathBuf> =
            (1..=RUNS_MAX as u64 + 3).flat_map(|number| shelf.add(RunId(number), &format!("agent-{number}"))).collect();
        assert_eq!(gone, ["r1", "r2", "r3"].map(|name| root.path().join(name)));
        assert_eq!(shelf.lock().by_agent.len(), RUNS_MAX);
    }

    #[test]
    fn a_run_whose_keeper_lives_is_never_removed() {
        let root = tempfile::tempdir().expect("a directory");
        run(root.path(), 1, "builder");
        let identity = Identity::of(std::process::id()).expect("we live");
        let record = KeeperRecord { identity, version: 1, socket: "/run/r1.sock".into(), mark: "mark".into() };
        record.write(&root.path().join("r1")).expect("written");
        let shelf = Shelf::open(root.path().to_owned());
        let gone: Vec<PathBuf> =
            (2..=RUNS_PER_AGENT_MAX as u64 + 2).flat_map(|number| shelf.add(RunId(number), "builder")).collect();
        assert_eq!(gone, [root.path().join("r2")]);
    }
}
