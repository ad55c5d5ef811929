//! Handlers of the synchronisation of scopes.

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, NoKeys};
use crate::api;
use crate::api::state::{SyncPriority, SyncRequest, SyncScope};
use crate::supervisor::context::{Context, Life};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quarterdeck_core::sync::{Priority, Scope, Standing, SyncCommand, SyncTable};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest time that a request waits for a scope to start. Beyond it, it is answered with the state at that time.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3_600);
/// The longest reason of a failure, in characters. Beyond it, the request is refused.
const REASON_CHARACTERS_MAX: usize = 1_000;

/// Returns the routes for synchronisation below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(start))
        .routes(routes!(complete))
        .routes(routes!(fail))
        .routes(routes!(change))
}

type Shared = State<Arc<Context>>;
type Reply = Result<Json<SyncScope>, Failure>;

/// Lists every scope that was started, or on which another depends.
#[utoipa::path(get, path = api::state::LIST_SYNC.path, operation_id = "list_sync", tag = "sync",
    responses((status = 200, description = "All scopes, sorted by name.", body = [SyncScope]), Failure))]
pub(super) async fn list(State(kernel): State<KernelHandle>, _: Keys<NoKeys>) -> Json<Vec<SyncScope>> {
    let view = kernel.view();
    Json(view.sync.scopes().map(|(name, scope)| shown(&view.sync, name, scope)).collect())
}

/// Starts the synchronisation of a scope, or queues it until all scopes on which it depends are completed.
#[utoipa::path(post, path = api::state::START_SYNC.path, operation_id = "start_sync", tag = "sync",
    request_body = SyncRequest,
    responses((status = 200, description = "The scope after the change: `syncing` or `queued`.",
        body = SyncScope), Failure, UnreadableBody))]
pub(super) async fn start(
    State(context): Shared,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(request): Body<SyncRequest>,
) -> Reply {
    let SyncRequest { scope, needs, priority, wait_ms, .. } = request;
    let priority = match priority {
        SyncPriority::Low => Priority::Low,
        SyncPriority::Normal => Priority::Normal,
        SyncPriority::High => Priority::High,
        SyncPriority::Critical => Priority::Critical,
    };
    let by = caller.party(None)?;
    let reply =
        perform(&context.kernel, &scope, SyncCommand::Start { by, scope: scope.clone(), needs, priority }).await?;
    match wait_ms {
        None | Some(0) => Ok(reply),
        Some(wait_ms) => {
            leaves_queue(&context.kernel, &context.life, &scope, Duration::from_millis(wait_ms).min(WAIT_MAX)).await;
            standing(&context.kernel, &scope)
        }
    }
}

/// Completes a scope: the queued scopes that depend on it start.
#[utoipa::path(post, path = api::state::COMPLETE_SYNC.path, operation_id = "complete_sync", tag = "sync",
    request_body = SyncRequest,
    responses((status = 200, description = "The scope after the change: `completed`.",
        body = SyncScope), Failure, UnreadableBody))]
pub(super) async fn complete(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(SyncRequest { scope, .. }): Body<SyncRequest>,
) -> Reply {
    let by = caller.party(None)?;
    perform(&kernel, &scope, SyncCommand::Complete { by, scope: scope.clone() }).await
}

/// Marks a scope as failed. It may be started again, as often as retries are allowed.
#[utoipa::path(post, path = api::state::FAIL_SYNC.path, operation_id = "fail_sync", tag = "sync",
    request_body = SyncRequest,
    responses((status = 200, description = "The scope after the change: `failed`.",
        body = SyncScope), Failure, UnreadableBody))]
pub(super) async fn fail(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(SyncRequest { scope, reason, .. }): Body<SyncRequest>,
) -> Reply {
    let by = caller.party(None)?;
    let reason = checked(reason.unwrap_or_default())?;
    perform(&kernel, &scope, SyncCommand::Fail { by, scope: scope.clone(), reason }).await
}

/// Marks a scope as changed: it and all that depend on it, directly or indirectly, must be synchronised again.
#[utoipa::path(post, path = api::state::CHANGE_SYNC.path, operation_id = "change_sync", tag = "sync",
    request_body = SyncRequest,
    responses((status = 200, description = "The scope after the change: `idle`, or still `queued`.",
        body = SyncScope), Failure, UnreadableBody))]
pub(super) async fn change(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(SyncRequest { scope, .. }): Body<SyncRequest>,
) -> Reply {
    let by = caller.party(None)?;
    perform(&kernel, &scope, SyncCommand::Change { by, scope: scope.clone() }).await
}

async fn perform(kernel: &KernelHandle, scope: &str, command: SyncCommand) -> Reply {
    ask(kernel, &format!("refused for the scope `{}`", scope.escape_debug()), command).await?;
    standing(kernel, scope)
}

/// Waits until the scope is no longer queued, the time has passed, or the supervisor ends.
async fn leaves_queue(kernel: &KernelHandle, life: &Life, scope: &str, longest: Duration) {
    let mut changes = kernel.changes();
    let mut ended = life.ended.subscribe();
    let queued = |known: &Scope| matches!(known.standing, Standing::Queued { .. });
    let over = async {
        tokio::select! {
            _ = changes.wait_for(|view| !view.sync.get(scope).is_some_and(queued)) => {}
            _ = ended.wait_for(|ended| *ended) => {}
        }
    };
    let _still_queued = tokio::time::timeout(longest, over).await;
}

fn standing(kernel: &KernelHandle, name: &str) -> Reply {
    let view = kernel.view();
    let forgotten = || Failure::bad_request(format!("the record of the scope `{name}` was deleted meanwhile"));
    let scope = view.sync.get(name).ok_or_else(forgotten)?;
    Ok(Json(shown(&view.sync, name, scope)))
}

fn shown(table: &SyncTable, name: &str, scope: &Scope) -> SyncScope {
    let (by, reason) = match &scope.standing {
        Standing::Idle => (None, None),
        Standing::Queued { by, .. } | Standing::Syncing { by } => (Some(&by.name), None),
        Standing::Completed { by } => (Some(by), None),
        Standing::Failed { by, reason } => (Some(by), Some(reason)),
    };
    SyncScope {
        scope: name.to_owned(),
        state: words::sync::state(&scope.standing),
        needs: scope.needs.clone(),
        waits_for: table.waits_for(scope).map(str::to_owned).collect(),
        by: by.cloned(),
        retries: scope.retries,
        since_ms: scope.since.0,
        reason: reason.cloned(),
    }
}

/// Returns the reason if it is short enough; others read it, so a longer one is refused instead of cut.
fn checked(reason: String) -> Result<String, Failure> {
    let characters = reason.chars().count();
    if characters <= REASON_CHARACTERS_MAX {
        return Ok(reason);
    }
    let why = format!("it has {characters} characters, and {REASON_CHARACTERS_MAX} at most are kept");
    Err(Failure::new(StatusCode::BAD_REQUEST, "too_long", "the reason can't be recorded", why).hint("shorten it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_whole_or_refused() {
        assert_eq!(checked("é".repeat(REASON_CHARACTERS_MAX)).ok().map(|kept| kept.chars().count()), Some(1_000));
        assert!(checked("é".repeat(REASON_CHARACTERS_MAX + 1)).is_err());
    }
}
