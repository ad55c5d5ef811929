//! Handlers of `/agents`: list, get, spawn, change and remove agents; show their screen, consumption and explanation.

use super::ask::ask_about;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::agents::{Accepted, Action, Agent, AgentPatch, Explanation, SNOOZE_DEFAULT_MS, SpawnRequest, Usage};
use crate::api::events::EventQuery;
use crate::api::listing::{Listing, UsageAge, WorkAge};
use crate::api::removal::{Forgotten, RemoveQuery};
use crate::api::screen::{ScreenFormat, ScreenQuery, ScreenText};
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words::agent::explain::{self as explaining, Asked};
use crate::supervisor::words::agent::refusal::refusal;
use crate::supervisor::work::known::Freshness;
use crate::supervisor::{history, roster, work, workspaces};
use crate::term::frame::Frame;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quarterdeck_core::command::{Command, Denied};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::time::Span;
use std::sync::Arc;

/// How many facts are shown with an explanation.
const FACTS_SHOWN: u32 = 10;

/// The most lines of history in one answer. Beyond it, the request is refused.
const HISTORY_LINES_MAX: u32 = 50_000;

type Shared = State<Arc<Context>>;

/// Lists every agent of the fleet.
#[utoipa::path(get, path = api::agents::LIST_AGENTS.path, operation_id = "list_agents", tag = "agents", params(Listing),
    responses((status = 200, description = "All agents of the fleet, in the order in which they were added.",
        body = [Agent]), Failure))]
pub(super) async fn list(State(context): Shared, Keys(Listing { work, usage }): Keys<Listing>) -> Json<Vec<Agent>> {
    let freshness = match work.unwrap_or_default() {
        WorkAge::Recent => Freshness::Recent,
        WorkAge::Now => Freshness::Now,
    };
    work::refresh(&context, freshness).await;
    if usage == Some(UsageAge::Now) {
        context.metrics.refresh().await;
    }
    Json(roster::all(&context).await)
}

/// Returns one agent by its name.
#[utoipa::path(get, path = api::agents::GET_AGENT.path, operation_id = "get_agent", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The agent in its current state.", body = Agent), Failure))]
pub(super) async fn get(State(context): Shared, Name(name): Name, _: Keys<NoKeys>) -> Result<Json<Agent>, Failure> {
    let agent = find(&context.kernel, &name)?;
    work::refresh_one(&context, agent, &name, Freshness::Recent).await;
    roster::one(&context, &name).map(Json).ok_or_else(|| unknown(&context.kernel, &name))
}

/// Adds an agent that is not in the configuration file, and starts it.
#[utoipa::path(post, path = api::agents::SPAWN_AGENT.path, operation_id = "spawn_agent", tag = "agents",
    request_body = SpawnRequest,
    responses((status = 201, description = "The agent was added; it starts now, or is queued.",
        body = Accepted), Failure, UnreadableBody))]
pub(super) async fn spawn(
    State(context): Shared,
    _: Keys<NoKeys>,
    Body(request): Body<SpawnRequest>,
) -> Result<(StatusCode, Json<Accepted>), Failure> {
    let name = request.name.clone();
    let _one_at_a_time = context.configs.spawning.lock().await;
    let policy = context.configs.add_spawned(request, |name| context.kernel.agent_named(name).is_some())?;
    match command(&context.kernel, &name, Command::Spawn { policy: Box::new(policy) }).await {
        Ok(accepted) => Ok((StatusCode::CREATED, Json(accepted))),
        Err(failure) => {
            context.configs.forget_spawned(&name);
            Err(failure)
        }
    }
}

/// Starts, stops, kills, restarts, pauses, resumes or snoozes an agent.
#[utoipa::path(patch, path = api::agents::CHANGE_AGENT.path, operation_id = "change_agent", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    request_body = AgentPatch,
    responses((status = 200, description = "The action was accepted; facts report its progress.", body = Accepted),
        Failure, UnreadableBody))]
pub(super) async fn patch(
    State(context): Shared,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(AgentPatch { action, snooze_ms }): Body<AgentPatch>,
) -> Result<Json<Accepted>, Failure> {
    let agent = find(&context.kernel, &name)?;
    let asked = match action {
        Action::Start => Command::Start { agent },
        Action::Stop => Command::Stop { agent },
        Action::Kill => Command::Kill { agent },
        Action::Restart => Command::Restart { agent },
        Action::Pause => Command::Pause { agent },
        Action::Resume => Command::Resume { agent },
        Action::Leave => Command::Leave { agent },
        Action::Snooze => Command::Snooze { agent, span: Span(snooze_ms.unwrap_or(SNOOZE_DEFAULT_MS)) },
        Action::Seen => {
            context.dashboard.mark_seen(agent);
            return Ok(Json(Accepted { agent: Some(name), seq: context.kernel.view().seq }));
        }
    };
    command(&context.kernel, &name, asked).await.map(Json)
}

/// Removes an agent that has no live run from the fleet.
///
/// The agent's workspace is removed only if it is proved that nothing is lost by that.
#[utoipa::path(delete, path = api::agents::REMOVE_AGENT.path, operation_id = "remove_agent", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent."), RemoveQuery),
    responses((status = 200, description = "The agent was removed from the fleet.", body = Forgotten), Failure))]
pub(super) async fn delete(
    State(context): Shared,
    Name(name): Name,
    Keys(RemoveQuery { workspace }): Keys<RemoveQuery>,
) -> Result<Json<Forgotten>, Failure> {
    let agent = find(&context.kernel, &name)?;
    let workspace = workspaces::remove(&context, agent, &name, workspace).await?;
    let Accepted { seq, .. } = command(&context.kernel, &name, Command::Remove { agent }).await?;
    context.configs.forget_spawned(&name);
    Ok(Json(Forgotten { agent: name, seq, workspace }))
}

/// Returns the agent's screen, or its last screen after its run has ended.
#[utoipa::path(get, path = api::screen::AGENT_SCREEN.path, operation_id = "agent_screen", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent."), ScreenQuery),
    responses((status = 200, body = ScreenText,
        description = "The screen. With `format=text`, a `ScreenText`; with `format=cells`, an object with size, cursor, modes and rows of styled spans."),
        Failure))]
pub(super) async fn screen(
    State(context): Shared,
    Name(name): Name,
    Keys(query): Keys<ScreenQuery>,
) -> Result<Response, Failure> {
    let agent = find(&context.kernel, &name)?;
    let frame: Arc<Frame> = history::frame(&context, agent).await;
    let history = query.history.unwrap_or_default();
    if query.format == Some(ScreenFormat::Cells) {
        return Ok(Json(&*frame).into_response());
    }
    if history > HISTORY_LINES_MAX {
        let why = format!("{history} lines of history were asked for, and {HISTORY_LINES_MAX} at most are given");
        let failure = Failure::new(StatusCode::BAD_REQUEST, "too_many", "the screen can't be shown", why);
        return Err(failure.hint(format!("`qd logs {name}` prints all of it")));
    }
    let above = history::lines(&context, agent, history).await;
    Ok(Json(ScreenText {
        columns: frame.size.columns,
        rows: frame.size.rows,
        cursor: (frame.cursor.column, frame.cursor.row),
        title: frame.title.clone(),
        history: above.above.iter().map(|row| row.text()).collect(),
        lines: above.screen.iter().map(|row| row.text()).collect(),
    })
    .into_response())
}

/// Returns the consumption of the agent's whole process tree, sampled now.
#[utoipa::path(get, path = api::agents::AGENT_METRICS.path, operation_id = "agent_metrics", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The total consumption of all processes in the agent's process tree.",
        body = Usage), Failure))]
pub(super) async fn metrics(State(context): Shared, Name(name): Name, _: Keys<NoKeys>) -> Result<Json<Usage>, Failure> {
    find(&context.kernel, &name)?;
    let sampled = Arc::clone(&context);
    let asked = name.clone();
    let usage = tokio::task::spawn_blocking(move || roster::usage_now(&sampled.kernel, &sampled.metrics, &asked))
        .await
        .ok()
        .flatten();
    usage.map(Json).ok_or_else(|| not_running(&name))
}

/// Explains why the agent is in its current state.
#[utoipa::path(get, path = api::agents::EXPLAIN_AGENT.path, operation_id = "explain_agent", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The reasons for the agent's state, and the commands that would change it.",
        body = Explanation), Failure))]
pub(super) async fn explain(
    State(context): Shared,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Explanation>, Failure> {
    let id = find(&context.kernel, &name)?;
    work::refresh_one(&context, id, &name, Freshness::Soon).await;
    let explained = context.kernel.explain(id).await?;
    let query = EventQuery { agent: Some(name.clone()), limit: Some(FACTS_SHOWN), ..EventQuery::default() };
    let facts = context.record.journal.query(query).await?.events;
    let agent = roster::one(&context, &name).ok_or_else(|| unknown(&context.kernel, &name))?;
    let asked = Asked { id, agent: &agent, unseen: context.trees.works.failure_of(id), facts };
    Ok(Json(explaining::explained(&explained, asked, &context.kernel.view())))
}

async fn command(kernel: &KernelHandle, name: &str, command: Command) -> Result<Accepted, Failure> {
    let seq = ask_about(kernel, name, command).await?;
    Ok(Accepted { agent: Some(name.to_owned()), seq })
}

pub(super) fn find(kernel: &KernelHandle, name: &str) -> Result<AgentId, Failure> {
    kernel.agent_named(name).ok_or_else(|| unknown(kernel, name))
}

fn unknown(kernel: &KernelHandle, name: &str) -> Failure {
    let known: Vec<String> = kernel.view().agents.values().map(|agent| agent.name.clone()).collect();
    Failure::unknown_agent(name, &known)
}

/// Returns the failure that the agent has no live run and none is starting.
pub(super) fn not_running(name: &str) -> Failure {
    Failure::of(format!("`{name}` has no live run"), refusal(&Denied::NotRunning, name))
}
