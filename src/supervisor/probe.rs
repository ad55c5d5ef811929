//! The readiness command of a run, and the keys that ask it to end.

use super::context::Context;
use super::launch;
use super::run::Stroke;
use crate::config::Ready;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

/// A readiness command that takes longer has failed.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Runs the readiness command once: `ReadySeen` or `ProbeFailed` follows.
pub(super) async fn probe(context: Arc<Context>, run: RunId, agent: AgentId) {
    let event = match succeeds(&context, run, agent).await {
        true => Event::ReadySeen { run },
        false => Event::ProbeFailed { run },
    };
    context.kernel.tell(event).await;
}

async fn succeeds(context: &Context, run: RunId, agent: AgentId) -> bool {
    let Some(known) = context.agent_name(agent).and_then(|name| context.configs.get(&name)) else { return false };
    let Ready::Command { command, .. } = &known.agent.ready else { return false };
    let directory = known.workspace_path.join(known.agent.cwd.as_path());
    let status = tokio::process::Command::new("sh")
        .args(["-c", command])
        .env_clear()
        .envs(launch::environment(context, &known.agent, &known.workspace_path, run))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    matches!(tokio::time::timeout(PROBE_LIMIT, status).await, Ok(Ok(status)) if status.success())
}

/// What is typed to ask an agent to end.
pub(super) fn stop_keys(context: &Context, agent: AgentId) -> Vec<Stroke> {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    known.map(|known| known.agent.stop.keys.iter().map(|key| Stroke::Bytes(key.bytes())).collect()).unwrap_or_default()
}
