//! The current configuration: the agents of the file, and those that were spawned at run time.
//!
//! Spawned agents are stored on disk (`.quarterdeck/spawned/NAME.json`, 0600: they may contain secrets), so that a
//! later supervisor knows how to start them again.

use super::problem::Failure;
use crate::api::agents::SpawnRequest;
use crate::config::{self, AgentConfig, FleetConfig, WorkspaceKind};
use crate::{regular, workspace};
use axum::http::StatusCode;
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::AgentPolicy;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// One agent's configuration, and its working directory.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) agent: AgentConfig,
    /// The absolute path of the root of its working directory, which may not exist yet.
    pub(super) workspace_path: PathBuf,
    /// The branch of the agent's worktree.
    pub(super) branch: Option<String>,
}

/// The current configuration of the fleet.
pub(super) struct Configs {
    directory: PathBuf,
    now: RwLock<Now>,
    /// The lock that is held while an agent is spawned, so that of two requests with the same name one sees the other.
    pub(super) spawning: tokio::sync::Mutex<()>,
}

struct Now {
    file: Arc<FleetConfig>,
    spawned: BTreeMap<String, AgentConfig>,
    /// The agents that the file no longer names and that still run: how to stop them, and where their workspaces are.
    orphans: BTreeMap<String, AgentConfig>,
}

impl Configs {
    /// Creates the configuration from the file, and from the spawned agents that are still on disk.
    pub(super) fn new(file: FleetConfig, state_directory: &Path) -> Configs {
        let directory = state_directory.join("spawned");
        let spawned = read_spawned(&directory, &file);
        let now = Now { file: Arc::new(file), spawned, orphans: BTreeMap::new() };
        Configs { directory, now: RwLock::new(now), spawning: tokio::sync::Mutex::new(()) }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Now> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Now> {
        self.now.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the file's configuration by a new one.
    pub(super) fn replace(&self, file: FleetConfig) {
        let mut now = self.write();
        let old = std::mem::replace(&mut now.file, Arc::new(file));
        now.orphans.extend(old.agents.iter().map(|agent| (agent.name.clone(), agent.clone())));
        let Now { file, orphans, .. } = &mut *now;
        orphans.retain(|name, _| file.agent(name).is_none());
    }

    /// Deletes the orphans that were removed from the fleet.
    pub(super) fn retain_orphans(&self, known: impl Fn(&str) -> bool) {
        self.write().orphans.retain(|name, _| known(name));
    }

    /// Returns the configuration of the file.
    pub(super) fn file(&self) -> Arc<FleetConfig> {
        Arc::clone(&self.read().file)
    }

    /// Returns the file's configuration together with all spawned agents; a plan may use any of them.
    pub(super) fn everyone(&self) -> FleetConfig {
        let now = self.read();
        let mut fleet = FleetConfig::clone(&now.file);
        fleet.agents.extend(now.spawned.values().cloned());
        fleet
    }

    /// Returns the name of the fleet.
    pub(super) fn fleet_name(&self) -> String {
        self.read().file.fleet.name.clone()
    }

    /// Returns the event that tells the core of the file's configuration.
    pub(super) fn event(&self) -> Event {
        let file = self.file();
        Event::Configured { fleet: file.policy(), agents: file.agents.iter().map(AgentConfig::policy).collect() }
    }

    /// Returns an agent by name: from the file, spawned, or from an earlier file and still running.
    pub(super) fn get(&self, name: &str) -> Option<Known> {
        let now = self.read();
        let agent = now.file.agent(name).or_else(|| now.spawned.get(name)).or_else(|| now.orphans.get(name))?.clone();
        let branch =
            (agent.workspace == WorkspaceKind::Worktree).then(|| format!("{}{}", workspace::BRANCH_PREFIX, agent.name));
        let workspace_path = match agent.workspace {
            WorkspaceKind::Shared => now.file.root.clone(),
            _ => now.file.root.join(now.file.fleet.workspaces.as_path()).join(&agent.name),
        };
        Some(Known { agent, workspace_path, branch })
    }

    /// Checks and stores a spawned agent. Returns the policy from which the core decides about it.
    pub(super) fn add_spawned(
        &self,
        request: SpawnRequest,
        taken: impl Fn(&str) -> bool,
    ) -> Result<AgentPolicy, Failure> {
        let invalid = |why: String| {
            Failure::new(StatusCode::BAD_REQUEST, "invalid_agent", format!("`{}` can't be spawned", request.name), why)
                .hint("the keys are those of [agents.NAME]; `qd schema` lists them")
        };
        if taken(&request.name) {
            let denied = quarterdeck_core::command::Denied::NameTaken { name: request.name.clone() };
            return Err(Failure::denied(&request.name, &denied));
        }
        let agent = crate::config::agent_from_json(&request.name, request.config.clone(), &self.file())
            .map_err(|errors| invalid(errors.to_string()))?;
        self.keep(&request).map_err(|error| invalid(format!("it can't be kept on disk: {error}")))?;
        let policy = agent.policy();
        self.write().spawned.insert(agent.name.clone(), agent);
        Ok(policy)
    }

    /// Forgets a spawned agent; an agent of the file is not changed.
    pub(super) fn forget_spawned(&self, name: &str) {
        if self.write().spawned.remove(name).is_some()
            && let Err(error) = fs::remove_file(self.path_of(name))
        {
            tracing::warn!(name, %error, "a spawned agent's file could not be removed");
        }
    }

    fn keep(&self, request: &SpawnRequest) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let unfinished = self.directory.join(".new");
        let _earlier = fs::remove_file(&unfinished);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec(request)?)?;
        fs::rename(unfinished, self.path_of(&request.name))
    }

    /// Returns the path of a spawned agent's file. The configuration has checked that a name is fit for a path.
    fn path_of(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }
}

fn read_spawned(directory: &Path, file: &FleetConfig) -> BTreeMap<String, AgentConfig> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let request: SpawnRequest =
                serde_json::from_slice(&regular::bytes(&entry.path(), config::FILE_BYTES_MAX).ok()?).ok()?;
            crate::config::agent_from_json(&request.name, request.config, file).ok()
        })
        .map(|agent| (agent.name.clone(), agent))
        .collect()
}
