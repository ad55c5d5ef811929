//! Starts keepers, finds those that an earlier supervisor started, and kills the remaining processes of lost ones.

use super::context::Context;
use super::run::checkpoint::Checkpoint;
use super::run::{self, Adopted, Outset, RunHandle};
use super::strays::{self, run_of};
use super::{launch, shelf, workspaces};
use crate::config::{AgentConfig, ProgramKind, Ready};
use crate::place::Place;
use crate::process::{self, Also, Cgroup, Identity};
use crate::regular;
use crate::supervisor::context::Screens;
use crate::term::frame::Size;
use crate::transcript::AGENT_FILE;
use crate::wire::READY;
use crate::wire::launch::Launch;
use crate::wire::record::ExitRecord;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::status::UNRESPONSIVE_AFTER;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long a keeper may take to report that it listens. Beyond it, the start has failed and says so.
const KEEPER_START_LIMIT: Duration = Duration::from_secs(10);
/// The longest time of a search for the remaining processes of a lost keeper. Beyond it, it ends; the fact says how
/// many were found.
const HUNT_LIMIT: Duration = Duration::from_secs(5);

/// Why a run could not be launched.
#[derive(Debug, thiserror::Error)]
enum LaunchFailed {
    #[error("the agent is no longer configured")]
    NotConfigured,
    #[error("{0}")]
    Workspace(String),
    #[error("its directory {path} can't be made: {source}")]
    Directory { path: String, source: io::Error },
    #[error("its keeper can't be started: {0}")]
    Spawn(#[source] io::Error),
    #[error("its keeper said: {0}")]
    Keeper(String),
    #[error("its keeper ended before it listened ({0})")]
    Died(std::process::ExitStatus),
    #[error("its keeper did not start within {} s", KEEPER_START_LIMIT.as_secs())]
    Silent,
}

/// Starts the keeper of a run, and the run's task. A failure is reported as `StartFailed`.
pub(super) async fn launch(context: Arc<Context>, run: RunId, agent: AgentId) {
    if let Err(failed) = try_launch(&context, run, agent).await {
        context.kernel.tell(Event::StartFailed { run, reason: failed.to_string() }).await;
    }
}

async fn try_launch(context: &Arc<Context>, run: RunId, agent: AgentId) -> Result<(), LaunchFailed> {
    let name = context.agent_name(agent).ok_or(LaunchFailed::NotConfigured)?;
    let known = context.configs.get(&name).ok_or(LaunchFailed::NotConfigured)?;
    let directory = context.run_directory(run);
    let size = size_of(&context.screens, agent, &known.agent);
    DirBuilder::new()
        .mode(0o700)
        .create(&directory)
        .and_then(|()| regular::write_private(&directory.join(AGENT_FILE), &name))
        .and_then(|()| Checkpoint { size, offset: 0, bytes: Vec::new() }.write(&directory))
        .map_err(|source| LaunchFailed::Directory { path: directory.display().to_string(), source })?;
    let surplus = context.screens.shelf.add(run, &name);
    if !surplus.is_empty() {
        tokio::task::spawn_blocking(move || shelf::remove(&surplus));
    }
    let cgroup = cgroup_of(context, run);
    let prepared = match context.trees.prepared.take(run) {
        Some(prepared) => prepared,
        None => workspaces::make(context, run, agent).await.map_err(LaunchFailed::Workspace)?,
    };
    let launch = launch::compose(context, &known.agent, &prepared, run, size, cgroup);
    let listening = spawn(&launch, |keeper| context.metrics.track(agent, run, keeper)).await;
    if listening.is_err() {
        context.metrics.forget(run);
    }
    listening?;
    let handle = follow(context, run, agent, size, Adopted::No);
    // A viewer may have begun to view it at another size while the keeper started.
    if let Some(size) = context.screens.sizes.of(agent) {
        handle.resize(size);
    }
    Ok(())
}

/// Returns the size of an agent's terminal: that of its viewer, or else the configured one.
fn size_of(screens: &Screens, agent: AgentId, config: &AgentConfig) -> Size {
    screens.sizes.of(agent).unwrap_or_else(|| Size::clamped(config.size.columns, config.size.rows))
}

/// Starts the run's task and stores its handle.
fn follow(context: &Context, run: RunId, agent: AgentId, size: Size, adopted: Adopted) -> RunHandle {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    let unresponsive_after = known.as_ref().map_or(Some(UNRESPONSIVE_AFTER), |known| known.agent.unresponsive_after());
    let kind = known.as_ref().map_or(ProgramKind::Command, |known| known.agent.kind());
    let pattern = known.and_then(|known| match known.agent.ready {
        Ready::Pattern(pattern) => Some(pattern.0.as_str().to_owned()),
        _ => None,
    });
    let handle = run::start(Outset {
        run,
        agent,
        tools: Arc::clone(&context.tools),
        directory: context.run_directory(run),
        socket: context.place.keeper_socket(run),
        size,
        pattern,
        kernel: context.kernel.clone(),
        pulse: context.dashboard.pulse.clone(),
        known: context
            .kernel
            .view()
            .agents
            .get(&agent)
            .and_then(|agent| agent.standing.as_ref())
            .map(|standing| standing.verdict.clone()),
        kind,
        unresponsive_after,
        adopted,
    });
    context.screens.runs.insert(agent, run, handle.clone());
    handle
}

/// Starts this program as a keeper, and returns once the keeper listens. `born` is told the keeper's identity before
/// the keeper learns what to run, so that no process of the agent is ever taken for a stranger's.
///
/// The launch parameters go through the keeper's standard input, because the environment may contain secrets. A message
/// on its standard output says that it listens; one on its standard error says why it can't.
async fn spawn(launch: &Launch, born: impl FnOnce(Identity)) -> Result<(), LaunchFailed> {
    let mut child = tokio::process::Command::new("/proc/self/exe")
        .arg0("qd")
        .arg("__keeper")
        .env_clear()
        .env(process::MARK_VARIABLE, &launch.mark)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(LaunchFailed::Spawn)?;
    born(Identity::of(child.id().unwrap_or_default()).map_err(LaunchFailed::Spawn)?);
    let bytes = launch.encode();
    let (mut ready, mut complaint) = (Vec::new(), String::new());
    let word = async {
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(&bytes).await?;
        }
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut ready).await?;
        }
        if let Some(mut stderr) = child.stderr.take().filter(|_| ready != READY.as_bytes()) {
            stderr.read_to_string(&mut complaint).await?;
        }
        io::Result::Ok(())
    };
    let outcome = tokio::time::timeout(KEEPER_START_LIMIT, word).await;
    let outcome = match outcome {
        Err(_) => Err(LaunchFailed::Silent),
        Ok(_) if ready == READY.as_bytes() => Ok(()),
        Ok(_) if !complaint.is_empty() => Err(LaunchFailed::Keeper(complaint.trim().to_owned())),
        Ok(Err(error)) => Err(LaunchFailed::Spawn(error)),
        Ok(Ok(())) => Err(child.wait().await.map_or_else(LaunchFailed::Spawn, LaunchFailed::Died)),
    };
    // The keeper outlives us; while we live, its exit code must be collected.
    tokio::spawn(async move { child.wait().await });
    outcome
}

/// Creates a cgroup for the run, if the system permits that.
fn cgroup_of(context: &Context, run: RunId) -> Option<std::path::PathBuf> {
    let cgroup = context.life.cgroup.as_ref()?.create_child(&launch::mark(&context.place, run)).ok()?;
    Some(cgroup.path().to_owned())
}

/// The state of a run that was live when the earlier supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The keeper lives, or has written an exit record: the run's task continues.
    Alive,
    /// The keeper is gone without an exit record.
    Lost,
    /// Nothing indicates that the run was launched.
    NotLaunched,
}

/// Looks for the keeper of a live run, and follows the run if the keeper is found.
pub(super) fn adopt(context: &Arc<Context>, run: RunId, agent: AgentId) -> Found {
    let directory = context.run_directory(run);
    let alive = strays::keeper_of(&context.place, run);
    if !directory.exists() {
        let started = context.kernel.view().agents.get(&agent).is_some_and(|agent| agent.started.is_some());
        match alive {
            // The directory was deleted: the run continues, and gets a new one.
            Some(_) => {
                let name = context.agent_name(agent).unwrap_or_default();
                if let Err(error) = strays::restore_directory(context, run, &name) {
                    tracing::error!(%run, %error, "its directory can't be made again");
                }
            }
            None if started => return Found::Lost,
            None => return Found::NotLaunched,
        }
    }
    let ended = matches!(ExitRecord::read(&directory), Ok(Some(record)) if record.emptied.is_some());
    if alive.is_none() && !ended {
        return Found::Lost;
    }
    if let Some(keeper) = alive {
        context.metrics.track(agent, run, keeper);
    }
    let config = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    let size = config.map_or(Size::clamped(80, 24), |known| size_of(&context.screens, agent, &known.agent));
    follow(context, run, agent, size, Adopted::Yes);
    Found::Alive
}

/// Kills the remaining processes of a lost keeper's run; `Reaped` follows.
pub(super) async fn reap(context: Arc<Context>, run: RunId) {
    let processes = hunt(&context, run).await;
    context.metrics.forget(run);
    context.kernel.tell(Event::Reaped { run, processes }).await;
}

/// Kills all processes with the run's mark. Returns how many there were.
pub(super) async fn hunt(context: &Context, run: RunId) -> u32 {
    let mark = launch::mark(&context.place, run);
    let cgroup = context.life.cgroup.as_ref().map(|own| own.path().join(&mark));
    let socket = context.place.keeper_socket(run);
    let hunted = tokio::task::spawn_blocking(move || {
        let also = Also { session: None, cgroup: cgroup.as_deref() };
        let swept = process::sweep_by_mark(&mark, also, HUNT_LIMIT);
        remove_leftovers(&socket, cgroup.as_deref());
        swept
    });
    match hunted.await {
        Ok(Ok(swept)) => swept.killed,
        failed => {
            tracing::error!(%run, ?failed, "the remaining processes of a lost keeper could not be found");
            0
        }
    }
}

fn remove_leftovers(socket: &Path, cgroup: Option<&Path>) {
    let _gone_already = std::fs::remove_file(socket);
    if let Some(cgroup) = cgroup {
        let _gone_already = Cgroup::at(cgroup).remove();
    }
}

/// Removes the sockets of runs that have ended, whose keepers were killed while no supervisor ran.
pub(super) fn remove_left_sockets(place: &Place, live: &[RunId]) {
    let entries = std::fs::read_dir(&place.runtime_directory).into_iter().flatten().flatten();
    for entry in entries {
        if run_of(&entry.file_name(), ".sock").is_some_and(|run| !live.contains(&run)) {
            let _gone_already = std::fs::remove_file(entry.path());
        }
    }
}
