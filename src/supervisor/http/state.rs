//! Handlers of the shared state. The handlers for the synchronisation of scopes are in [`super::sync`].

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use super::messages::agent_named;
use super::sync;
use crate::api;
use crate::api::state::{Cleared, SetState, StateConflict, StateEntry};
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::kernel::Unanswered;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words::common::name_of;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quarterdeck_core::ask::Ask;
use quarterdeck_core::command::Denied;
use quarterdeck_core::shared::{Entry, Owner, SharedAnswer, SharedCommand, SharedDenied};
use quarterdeck_core::view::View;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The name of the owner of values that belong to no agent.
const FLEET: &str = "fleet";

/// The part of the OpenAPI description that covers shared state and synchronisation.
#[derive(OpenApi)]
#[openapi(
    components(schemas(StateConflict)),
    tags(
        (name = "state", description = "Shared state: small values by owner and key, on disk when the request is answered."),
        (name = "sync", description = "Synchronisation: scopes that are synchronised in the order of their dependencies."),
    )
)]
pub(super) struct Description;

/// Returns the routes for shared state and synchronisation below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list))
        .routes(routes!(list_of, clear_all))
        .routes(routes!(get_one, set, clear))
        .merge(sync::routes())
}

/// Lists every value of the shared state.
#[utoipa::path(get, path = api::state::LIST_STATE.path, operation_id = "list_state", tag = "state",
    responses((status = 200, description = "All values: first those of the fleet, then those of each agent, sorted by key.",
        body = [StateEntry]), Failure))]
async fn list(State(kernel): State<KernelHandle>, _: Keys<NoKeys>) -> Json<Vec<StateEntry>> {
    let view = kernel.view();
    Json(view.shared.owners().flat_map(|owner| entries(&view, owner)).collect())
}

/// Lists the values of one owner.
#[utoipa::path(get, path = api::state::LIST_STATE_OF.path, operation_id = "list_state_of", tag = "state",
    params(("owner" = String, Path, description = "The owner of the value: an agent's name, or `fleet`.")),
    responses((status = 200, description = "All values of the owner, sorted by key.", body = [StateEntry]), Failure))]
async fn list_of(
    State(kernel): State<KernelHandle>,
    Name(owner): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Vec<StateEntry>>, Failure> {
    let owner = owner_named(&kernel, &owner)?;
    let view = kernel.view();
    Ok(Json(entries(&view, owner).collect()))
}

/// Returns one value by owner and key.
#[utoipa::path(get, path = api::state::GET_STATE.path, operation_id = "get_state", tag = "state",
    params(("owner" = String, Path, description = "The owner of the value: an agent's name, or `fleet`."),
        ("key" = String, Path, description = "The key of the value.")),
    responses((status = 200, description = "The current value with its version.", body = StateEntry), Failure))]
async fn get_one(State(kernel): State<KernelHandle>, at: At, _: Keys<NoKeys>) -> Result<Json<StateEntry>, Failure> {
    let owner = owner_named(&kernel, &at.owner)?;
    let view = kernel.view();
    let unknown = || Denied::Shared(SharedDenied::UnknownKey { key: at.key.clone() });
    let entry = view.shared.get(owner, &at.key);
    let entry = entry.ok_or_else(|| Failure::refused(format!("cannot read {at}"), &unknown(), &view))?;
    Ok(Json(shown(&at.owner, &at.key, entry)))
}

/// Sets a value. When the request is answered, the value is durable.
///
/// The exception is an answer with `"durable": false`: then the journal can't be written, and the value is lost when
/// the supervisor ends.
#[utoipa::path(put, path = api::state::SET_STATE.path, operation_id = "set_state", tag = "state",
    params(("owner" = String, Path, description = "The owner of the value: an agent's name, or `fleet`."),
        ("key" = String, Path, description = "The key of the value: letters, digits, `.`, `_`, `-` and `:`.")),
    request_body = SetState,
    responses((status = 200, description = "The value that was set, with its new version.", body = StateEntry),
        Failure, UnreadableBody,
        (status = 409, description = "The value was not set: another version is the current one, or the request was refused.",
            body = StateConflict)))]
async fn set(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    at: At,
    _: Keys<NoKeys>,
    Body(wanted): Body<SetState>,
) -> Result<Json<StateEntry>, NotSet> {
    let by = caller.party(None)?;
    let owner = owner_named(&kernel, &at.owner)?;
    let (key, value) = (at.key.clone(), wanted.value.to_string());
    let asked = SharedCommand::Set { by, owner, key, value, version: wanted.version };
    let answered = kernel.ask(asked.expecting(SharedAnswer::set)).await;
    let entry = answered.map_err(|unanswered| not_set(&kernel, &at, unanswered))?.answer;
    Ok(Json(shown(&at.owner, &at.key, &entry)))
}

fn not_set(kernel: &KernelHandle, at: &At, unanswered: Unanswered) -> NotSet {
    let current = match &unanswered {
        Unanswered::Denied(Denied::Shared(SharedDenied::Conflict { current, .. })) => {
            current.as_ref().map(|entry| shown(&at.owner, &at.key, entry))
        }
        _ => None,
    };
    let refused = |denied: &Denied| Failure::refused(format!("{at} was not set"), denied, &kernel.view());
    let Failure(problem) = Failure::unanswered(unanswered, refused);
    NotSet(StateConflict { problem, current })
}

/// Removes a value from the shared state.
#[utoipa::path(delete, path = api::state::CLEAR_STATE.path, operation_id = "clear_state", tag = "state",
    params(("owner" = String, Path, description = "The owner of the value: an agent's name, or `fleet`."),
        ("key" = String, Path, description = "The key of the value.")),
    responses((status = 200, description = "The value was removed.", body = Cleared), Failure))]
async fn clear(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    at: At,
    _: Keys<NoKeys>,
) -> Result<Json<Cleared>, Failure> {
    let what = format!("{at} was not removed");
    take_away(&kernel, caller, &at.owner, Some(at.key), what).await
}

/// Removes all values of an owner from the shared state.
#[utoipa::path(delete, path = api::state::CLEAR_STATE_OF.path, operation_id = "clear_state_of", tag = "state",
    params(("owner" = String, Path, description = "The owner of the value: an agent's name, or `fleet`.")),
    responses((status = 200, description = "The values were removed.", body = Cleared), Failure))]
async fn clear_all(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(owner): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Cleared>, Failure> {
    let what = format!("the values of {owner} were not removed");
    take_away(&kernel, caller, &owner, None, what).await
}

async fn take_away(
    kernel: &KernelHandle,
    caller: Caller,
    owner: &str,
    key: Option<String>,
    what: String,
) -> Result<Json<Cleared>, Failure> {
    let asked = SharedCommand::Clear { by: caller.party(None)?, owner: owner_named(kernel, owner)?, key };
    let cleared = ask(kernel, &what, asked.expecting(SharedAnswer::cleared)).await?;
    Ok(Json(Cleared { cleared }))
}

/// The `{owner}` and `{key}` parts of the path.
struct At {
    owner: String,
    key: String,
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` of {}", self.key, self.owner)
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for At {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<At, Failure> {
        let Path((owner, key)) = Path::from_request_parts(parts, state).await?;
        Ok(At { owner, key })
    }
}

/// The failure to set a value: a conflict, or a problem like any other.
struct NotSet(StateConflict);

impl From<Failure> for NotSet {
    fn from(Failure(problem): Failure) -> NotSet {
        NotSet(StateConflict { problem, current: None })
    }
}

impl IntoResponse for NotSet {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

fn owner_named(kernel: &KernelHandle, name: &str) -> Result<Owner, Failure> {
    if name == FLEET { Ok(Owner::Fleet) } else { agent_named(kernel, name).map(Owner::Agent) }
}

fn entries(view: &View, owner: Owner) -> impl Iterator<Item = StateEntry> {
    let name = match owner {
        Owner::Fleet => FLEET.to_owned(),
        Owner::Agent(agent) => name_of(agent, view),
    };
    view.shared.of(owner).map(move |(key, entry)| shown(&name, key, entry))
}

/// Converts a stored value for clients. A stored value is JSON, so it can be parsed as JSON.
fn shown(owner: &str, key: &str, entry: &Entry) -> StateEntry {
    StateEntry {
        owner: owner.to_owned(),
        key: key.to_owned(),
        value: serde_json::from_str(&entry.value).unwrap_or_default(),
        version: entry.version,
        by: entry.by.clone(),
        at_ms: entry.at.0,
    }
}
