//! Runs the readiness command of a run, and types the keys that ask a run to end.

use super::context::Context;
use super::launch;
use super::run::Order;
use crate::config::Ready;
use crate::config::values::StopKey;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use quarterdeck_core::event::{Event, Signal as Signalled};
use quarterdeck_core::ids::{AgentId, RunId};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Child;

/// How long a readiness command may take. Beyond it, the command has failed and is killed.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Runs the readiness command once; `ReadySeen` or `ProbeFailed` follows.
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
    let probe = tokio::process::Command::new("sh")
        .args(["-c", command])
        .env_clear()
        .envs(launch::environment(&context.place, &context.tokens, &known.agent, &known.workspace_path, run))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    match probe {
        Ok(probe) => within_limit(probe).await,
        Err(error) => {
            tracing::debug!(%run, %error, "the readiness command can't be started");
            false
        }
    }
}

/// Whether the command exits 0 in time. If it does not, it is killed with all processes of its own process group.
async fn within_limit(mut probe: Child) -> bool {
    let group = probe.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    match tokio::time::timeout(PROBE_LIMIT, probe.wait()).await {
        Ok(status) => status.is_ok_and(|status| status.success()),
        Err(_too_late) => {
            let _gone_already = group.map(|group| killpg(group, Signal::SIGKILL));
            let _reaped = probe.wait().await;
            false
        }
    }
}

/// Types the keys that ask an agent to end, and records that in a fact.
pub(super) async fn type_stop_keys(context: Arc<Context>, run: RunId, agent: AgentId) {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    let (Some(known), Some(handle)) = (known, context.screens.runs.get(run)) else { return };
    let keys = &known.agent.stop.keys;
    handle.order(Order::StopKeys(keys.iter().map(StopKey::bytes).collect()));
    let signal = Signalled::Typed(format!("{}, by the fleet (stop_keys)", names(keys)));
    context.kernel.tell(Event::Signalled { run, signal }).await;
}

/// Returns the names of the keys, as `ctrl-c, a text, enter`: a text is not shown because it may be a secret.
fn names(keys: &[StopKey]) -> String {
    let name = |key: &StopKey| match key {
        StopKey::Text(_) => "a text".to_owned(),
        key => key.to_string(),
    };
    keys.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Child {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        command.spawn().expect("a shell")
    }

    /// The test uses tokio's paused clock, so the limit passes at once.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_hangs_is_killed_with_all_that_it_started() {
        let mut hangs = shell("sleep 1000 & sleep 1000");
        let mut output = hangs.stdout.take().expect("a pipe");
        assert!(!within_limit(hangs).await);
        // The pipe ends when every process that holds it is gone.
        let read = tokio::io::AsyncReadExt::read_to_end(&mut output, &mut Vec::new()).await;
        assert_eq!(read.expect("readable"), 0);
    }

    #[tokio::test]
    async fn only_exit_0_is_ready() {
        assert!(within_limit(shell("exit 0")).await);
        assert!(!within_limit(shell("exit 3")).await);
    }
}
