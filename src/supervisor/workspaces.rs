//! Workspaces are made and removed by blocking code, on threads that may block; the core hears how it went.

use super::context::Context;
use super::http::Failure;
use crate::api::agents::WorkspaceFate;
use crate::config::WorkspaceKind;
use crate::workspace::{Fate, Prepared, RemoveError, Request};
use axum::http::StatusCode;
use quarterdeck_core::event::{Event, Notice, Severity};
use quarterdeck_core::ids::{AgentId, RunId};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Makes the workspace of a run: `Prepared` or `PrepareFailed` follows.
pub(super) async fn prepare(context: Arc<Context>, places: Arc<Semaphore>, run: RunId, agent: AgentId) {
    let _place = places.acquire().await;
    let event = match make(&context, agent).await {
        Ok(prepared) => {
            context.prepared.put(run, prepared);
            Event::Prepared { run }
        }
        Err(reason) => Event::PrepareFailed { run, reason },
    };
    context.kernel.tell(event).await;
}

/// Makes an agent's workspace, or finds it made. An error is a sentence for people.
pub(super) async fn make(context: &Context, agent: AgentId) -> Result<Prepared, String> {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    let known = known.ok_or("the agent is no longer configured")?;
    let workspaces = Arc::clone(&context.workspaces);
    let request = Request::from(&known.agent);
    let making = tokio::task::spawn_blocking(move || workspaces.prepare(&request));
    match making.await {
        Ok(made) => made.map_err(|error| error.to_string()),
        Err(cut_off) => Err(cut_off.to_string()),
    }
}

/// Removes the workspace of an agent that has no live run, if that is proved to lose nothing. Returns what became of
/// it, for people; nothing when it was to be kept.
pub(super) async fn remove(
    context: &Context,
    agent: AgentId,
    name: &str,
    fate: WorkspaceFate,
) -> Result<Option<String>, Failure> {
    let fate = match fate {
        WorkspaceFate::Keep => return Ok(None),
        WorkspaceFate::Remove => Fate::Remove,
        WorkspaceFate::Park => Fate::Park,
    };
    let refused = |code: &str, why: String| {
        Failure::new(StatusCode::CONFLICT, code, format!("the workspace of `{name}` was not removed"), why)
    };
    let live = context.kernel.view().agents.get(&agent).is_some_and(|agent| agent.state.is_live());
    if live {
        return Err(refused("still_running", "it still runs".into()).hint(format!("`qd stop {name}` first")));
    }
    let Some(known) = context.configs.get(name) else {
        return Err(refused("not_configured", "it is no longer in agents.toml, so nobody knows what it was".into())
            .hint("`git worktree list` shows it; remove the agent without its workspace"));
    };
    let workspaces = Arc::clone(&context.workspaces);
    let request = Request::from(&known.agent);
    if known.agent.workspace == WorkspaceKind::Shared {
        return Ok(Some("it worked in the repository itself, which stays".to_owned()));
    }
    match tokio::task::spawn_blocking(move || workspaces.remove(&request, fate)).await {
        Ok(Ok(removed)) => {
            let text = format!("{name}: {removed}");
            let notice = Notice { severity: Severity::Info, kind: "system.workspace_removed".to_owned(), text };
            context.kernel.tell(Event::Noticed { notice }).await;
            Ok(Some(removed.to_string()))
        }
        Ok(Err(RemoveError::Refused(why))) if why.is_parkable() => {
            Err(refused("workspace_not_removed", why.to_string()).hint(format!("qd remove {name} --park")))
        }
        Ok(Err(error)) => Err(refused("workspace_not_removed", error.to_string())),
        Err(cut_off) => Err(refused("workspace_not_removed", cut_off.to_string())),
    }
}
