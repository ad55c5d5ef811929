//! Handlers for the fleet as a whole: identity, health, reload and shutdown.

use super::ask::ask_about;
use super::caller::Caller;
use super::extract::{Body, Keys, NoKeys};
use crate::api;
use crate::api::API_VERSION;
use crate::api::agents::Accepted;
use crate::api::system::{Health, HealthStatus, Hello, ShutdownRequest};
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::{health as checking, reload as reloading};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quarterdeck_core::command::{Command, ShutdownMode};
use std::sync::Arc;

type Shared = State<Arc<Context>>;

/// Returns the identity of the supervisor, and the agent's name if the caller is an agent.
#[utoipa::path(get, path = api::system::HELLO.path, operation_id = "hello", tag = "fleet",
    responses((status = 200, description = "The identity of the supervisor and its fleet.", body = Hello)))]
pub(super) async fn hello(State(context): Shared, caller: Result<Caller, Failure>) -> Json<Hello> {
    let you = match caller {
        Ok(Caller::Run { name, .. }) => Some(name),
        // A caller that can't be identified is refused only where its identity matters; versions are compared with
        // anyone.
        Ok(Caller::Person) | Err(_) => None,
    };
    Json(Hello { you, ..introduce(&context) })
}

/// Returns the description of this supervisor that clients get.
pub(in crate::supervisor) fn introduce(context: &Context) -> Hello {
    Hello {
        api_version: API_VERSION,
        qd_version: env!("CARGO_PKG_VERSION").to_owned(),
        fleet: context.configs.fleet_name(),
        config_path: context.place.config_path.display().to_string(),
        state_directory: context.place.state_directory.display().to_string(),
        pid: std::process::id(),
        started_ms: context.life.started_ms,
        newest_seq: context.kernel.view().seq,
        adoption: *context.life.adoption.borrow(),
        quiescent: *context.life.quiescent.borrow(),
        banners: context.dashboard.banners.all(),
        you: None,
    }
}

/// Returns the health of the supervisor. Each check is executed for this answer.
#[utoipa::path(get, path = api::system::HEALTH.path, operation_id = "health", tag = "fleet",
    responses((status = 200, description = "The supervisor is healthy or degraded.", body = Health),
        (status = 503, description = "The supervisor is unhealthy.", body = Health)))]
pub(super) async fn health(State(context): Shared) -> (StatusCode, Json<Health>) {
    let health = checking::examine(&context).await;
    let status = match health.status {
        HealthStatus::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        HealthStatus::Healthy | HealthStatus::Degraded => StatusCode::OK,
    };
    (status, Json(health))
}

/// Reads the configuration again, immediately.
#[utoipa::path(post, path = api::system::RELOAD.path, operation_id = "reload", tag = "fleet",
    responses((status = 200, description = "The differences in the configuration were applied.",
        body = Accepted), Failure))]
pub(super) async fn reload(State(context): Shared, _: Keys<NoKeys>) -> Result<Json<Accepted>, Failure> {
    reloading::reload(&context).await.map_err(|why| {
        let what = "the configuration has not been applied; the old one stays";
        Failure::new(StatusCode::BAD_REQUEST, "invalid_config", what, why).hint("`qd check` shows where")
    })?;
    Ok(Json(Accepted { agent: None, seq: context.kernel.view().seq }))
}

/// Ends every run, then the supervisor. A second request kills the runs.
#[utoipa::path(post, path = api::system::SHUTDOWN.path, operation_id = "shutdown", tag = "fleet",
    request_body = ShutdownRequest,
    responses((status = 200, description = "The request was accepted: the fleet is ending.",
        body = Accepted), Failure, UnreadableBody))]
pub(super) async fn shutdown(
    State(kernel): State<KernelHandle>,
    _: Keys<NoKeys>,
    Body(request): Body<ShutdownRequest>,
) -> Result<Json<Accepted>, Failure> {
    let mode = if request.kill { ShutdownMode::Kill } else { ShutdownMode::Graceful };
    let seq = ask_about(&kernel, "the fleet", Command::Shutdown { mode }).await?;
    Ok(Json(Accepted { agent: None, seq }))
}
