//! Handlers of `/conflicts`: files that were written by someone other than the holder of their lock, and the choice of
//! a version.

use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::conflicts::{Conflict, ConflictDetail, Content, FileVersions, Take, Version};
use crate::supervisor::context::Context;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::writes;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of the OpenAPI description that covers conflicts.
#[derive(OpenApi)]
#[openapi(components(schemas(Conflict, ConflictDetail, Content, FileVersions, Take, Version)))]
pub(super) struct Description;

/// Returns the routes for conflicts below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(take))
}

type Shared = State<Arc<Context>>;

/// Lists every conflict that is kept.
#[utoipa::path(get, path = api::conflicts::LIST_CONFLICTS.path, operation_id = "list_conflicts", tag = "locks",
    responses((status = 200, description = "All conflicts that are kept, newest first.", body = [Conflict]), Failure))]
async fn list(State(context): Shared, _: Keys<NoKeys>) -> Json<Vec<Conflict>> {
    let conflicts = writes::conflicts(&context.place, &context.trees);
    Json(tokio::task::spawn_blocking(move || conflicts.all()).await.unwrap_or_default())
}

/// Returns one conflict with the versions of its files.
#[utoipa::path(get, path = api::conflicts::GET_CONFLICT.path, operation_id = "get_conflict", tag = "locks",
    params(("name" = String, Path, description = "The id of the conflict.")),
    responses((status = 200, description = "The conflict with the versions of its files.",
        body = ConflictDetail), Failure))]
async fn show(State(context): Shared, Name(id): Name, _: Keys<NoKeys>) -> Result<Json<ConflictDetail>, Failure> {
    let (conflicts, asked) = (writes::conflicts(&context.place, &context.trees), id.clone());
    let found = tokio::task::spawn_blocking(move || conflicts.detail(&asked)).await.ok().flatten();
    found.map(Json).ok_or_else(|| unknown(&id))
}

/// Replaces files of a conflict, all or those named, with one of their versions. For persons only.
///
/// Both versions are still kept afterwards, and so is the previous content of the files.
#[utoipa::path(post, path = api::conflicts::TAKE_CONFLICT.path, operation_id = "take_conflict", tag = "locks",
    params(("name" = String, Path, description = "The id of the conflict.")),
    request_body = Take,
    responses((status = 200, description = "The conflict after the change: a version was taken.",
        body = Conflict), Failure, UnreadableBody))]
async fn take(
    State(context): Shared,
    caller: Caller,
    Name(id): Name,
    _: Keys<NoKeys>,
    Body(wanted): Body<Take>,
) -> Result<Json<Conflict>, Failure> {
    caller.person()?;
    let (conflicts, asked) = (writes::conflicts(&context.place, &context.trees), id.clone());
    let taking = tokio::task::spawn_blocking(move || {
        let conflict = conflicts.one(&asked)?;
        Some(conflicts.take(&conflict, &wanted).map(|()| (conflicts.one(&asked).unwrap_or(conflict), wanted)))
    });
    match taking.await.ok().flatten() {
        None => Err(unknown(&id)),
        Some(Ok((taken, wanted))) => {
            writes::tell_taken(&context.kernel, &taken, &wanted).await;
            Ok(Json(taken))
        }
        Some(Err(error)) => {
            let what = format!("the version of conflict {id} was not taken");
            let hint = format!("both versions stay in .quarterdeck/conflicts/{id}");
            Err(Failure::new(StatusCode::CONFLICT, "not_taken", what, error.to_string()).hint(hint))
        }
    }
}

fn unknown(id: &str) -> Failure {
    let what = format!("no conflict is called `{id}`");
    Failure::new(StatusCode::NOT_FOUND, "unknown_conflict", what, "it was never kept, or it has been deleted since")
        .hint("`qd lock conflict list` lists those that are kept")
}
