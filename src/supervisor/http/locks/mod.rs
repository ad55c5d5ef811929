//! Handlers of `/locks`: leases on scopes are acquired, released, renewed, forced, checked and guarded.

mod asking;

use super::ask::ask;
use super::caller::Caller;
use super::door::Peer;
use super::extract::{Body, Keys, NoKeys};
use crate::api;
use crate::api::locks::{
    Acquire, CheckQuery, Checked, Cycle, EndsWith, Enforce, Force, Granted, Guard, Guarded, LockMode, Locks, Release,
    Released, Renew, Waiting,
};
use crate::supervisor::commits;
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words::lock::refusal::checked;
use crate::supervisor::words::lock::show;
use asking::{Asked, now};
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use quarterdeck_core::ask::Ask;
use quarterdeck_core::ids::{LeaseId, Token};
use quarterdeck_core::lock::{self, LockAnswer, LockCommand, Process, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::scope::{BadScope, Mode, WrittenWant};
use quarterdeck_core::time::Span;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most files of one commit that are checked in one request. Beyond it, the request is refused, and the guard asks
/// in parts.
const GUARDED_PATHS_MAX: usize = 10_000;

/// The part of the OpenAPI description that covers locks.
#[derive(OpenApi)]
#[openapi(
    tags((name = "locks", description = "Locks: leases on scopes, and the requests that wait for them.")),
    components(schemas(Waiting, LockMode, Cycle, Enforce)),
)]
pub(super) struct Description;

/// Returns the routes for locks below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list))
        .routes(routes!(acquire))
        .routes(routes!(release))
        .routes(routes!(renew))
        .routes(routes!(force))
        .routes(routes!(check))
        .routes(routes!(guard))
}

type Shared = State<Arc<Context>>;

/// Lists the leases that are held, and the requests that wait for one.
#[utoipa::path(get, path = api::locks::LIST_LOCKS.path, operation_id = "list_locks", tag = "locks",
    responses((status = 200, description = "The leases that are held, and the requests that wait.",
        body = Locks), Failure))]
pub(super) async fn list(State(kernel): State<KernelHandle>, _: Keys<NoKeys>) -> Json<Locks> {
    let now = now();
    Json(show::all(&kernel.view(), now))
}

/// Acquires all of the given scopes or none, and waits for them as long as the request says.
///
/// The request of a client that disconnects is dropped. With `Accept: text/event-stream` the answer is a stream:
/// `event: waiting` with a `Waiting` whenever that changes, then one `event: granted` with a `Granted`, or one
/// `event: refused` with a `Problem`. A request that is refused without waiting gets an ordinary `Problem` in either
/// case; its `code` is `busy`, `cycle`, `timed_out` or another word.
#[utoipa::path(post, path = api::locks::ACQUIRE_LOCK.path, operation_id = "acquire_lock", tag = "locks", request_body = Acquire,
    responses((status = 200, description = "All scopes were granted.",
        content((Granted = "application/json"), (String = "text/event-stream"))), Failure, UnreadableBody))]
pub(super) async fn acquire(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    _: Keys<NoKeys>,
    Body(asked): Body<Acquire>,
) -> Result<Response, Failure> {
    let party = caller.party(asked.holder.as_deref())?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let asked = asking::ask(&kernel, party.clone(), asked_for(party, asked, peer)).await?;
    match (accepts.contains("text/event-stream"), asked) {
        (true, asked) => Ok(asking::stream(kernel.clone(), asked).into_response()),
        (false, Asked::Granted(granted)) => Ok(Json(granted.taken()).into_response()),
        (false, Asked::Waits(waits)) => Ok(Json(waits.end().await?).into_response()),
    }
}

fn asked_for(party: Party, asked: Acquire, peer: Peer) -> LockCommand {
    let process = match (asked.ends_with, peer) {
        (EndsWith::Process, Peer::Seen(asking)) => {
            Some(Process { pid: asking.process.pid, start_time_ticks: asking.process.start_time_ticks })
        }
        // The process can't be seen: the lease ends with its holder instead.
        (EndsWith::Process, Peer::Gone | Peer::Elsewhere) | (EndsWith::Holder, _) => None,
    };
    let written = asked.scopes.into_iter().map(|scope| WrittenWant {
        scope: scope.scope,
        mode: match scope.mode {
            LockMode::Exclusive => Mode::Exclusive,
            LockMode::Shared => Mode::Shared,
        },
    });
    LockCommand::Acquire(lock::Acquire {
        party,
        scopes: written.collect(),
        wait: asked.wait_ms.map(Span),
        ttl: asked.ttl_ms.map(Span),
        key: asked.key,
        purpose: asked.purpose,
        process,
    })
}

/// Releases a lease, one scope, or all that the caller holds.
///
/// A lease that another party holds can only be forced.
#[utoipa::path(post, path = api::locks::RELEASE_LOCK.path, operation_id = "release_lock", tag = "locks", request_body = Release,
    responses((status = 200, description = "The leases that were released.",
        body = Released), Failure, UnreadableBody))]
pub(super) async fn release(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Release>,
) -> Result<Json<Released>, Failure> {
    let party = caller.party(asked.holder.as_deref())?;
    let which = match (asked.lease, asked.scope, asked.all) {
        (Some(lease), None, false) => Which::Lease(lease_id(&lease)?),
        (None, Some(scope), false) => Which::Scope(scope),
        (None, None, true) => Which::All,
        _ => return Err(Failure::bad_request("expected exactly one of `lease`, `scope` and `all`")),
    };
    released(&kernel, "nothing was released", LockCommand::Release { party, which }).await
}

/// Extends a lease that has a time to live.
#[utoipa::path(post, path = api::locks::RENEW_LOCK.path, operation_id = "renew_lock", tag = "locks", request_body = Renew,
    responses((status = 200, description = "The lease with its new expiry time.",
        body = Granted), Failure, UnreadableBody))]
pub(super) async fn renew(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Renew>,
) -> Result<Json<Granted>, Failure> {
    let lease = lease_id(&asked.lease)?;
    // The request does not repeat the name under which a lease outside the fleet is held: the lease identifies it.
    let holder = kernel.view().locks.lease(lease).map(|lease| lease.holder.clone());
    let party = match (caller.party(None)?, holder) {
        (Party::Outside(_), Some(Party::Outside(name))) => Party::Outside(name),
        (party, _) => party,
    };
    let command = LockCommand::Renew { party, lease, ttl: asked.ttl_ms.map(Span) };
    let grant = ask(&kernel, "the lease was not renewed", command.expecting(LockAnswer::granted)).await?;
    Ok(Json(show::granted(&grant, now())))
}

/// Takes leases from their holder, who is told the reason. For persons only.
#[utoipa::path(post, path = api::locks::FORCE_LOCK.path, operation_id = "force_lock", tag = "locks", request_body = Force,
    responses((status = 200, description = "The leases that were taken.", body = Released), Failure, UnreadableBody))]
pub(super) async fn force(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Force>,
) -> Result<Json<Released>, Failure> {
    caller.person()?;
    let by = Some(caller.party(None)?);
    if asked.reason.trim().is_empty() {
        return Err(Failure::bad_request("a lease is taken for a reason, which its holder is told"));
    }
    let which = match lease_id(&asked.what) {
        Ok(lease) => Which::Lease(lease),
        Err(_) => Which::Scope(asked.what),
    };
    released(&kernel, "nothing was taken", LockCommand::Force { which, reason: asked.reason, by }).await
}

/// Checks whether a token allows access to a scope.
#[utoipa::path(get, path = api::locks::CHECK_LOCK.path, operation_id = "check_lock", tag = "locks", params(CheckQuery),
    responses((status = 200, description = "Says whether the token is valid for the scope; if it is not, says why.",
        body = Checked), Failure))]
pub(super) async fn check(
    State(kernel): State<KernelHandle>,
    Keys(CheckQuery { scope, token }): Keys<CheckQuery>,
) -> Result<Json<Checked>, Failure> {
    let view = kernel.view();
    let found = view.locks.check(&scope, Token(token), now()).map_err(|why| bad_scope(&scope, why))?;
    let why = checked(&found, &view);
    Ok(Json(Checked { valid: why.is_none(), why }))
}

/// Returns which of the given files others hold locks on. The pre-commit guard asks this.
#[utoipa::path(post, path = api::locks::GUARD_COMMIT.path, operation_id = "guard_commit", tag = "locks", request_body = Guard,
    responses((status = 200, description = "The given files that others hold.",
        body = Guarded), Failure, UnreadableBody))]
pub(super) async fn guard(
    State(context): Shared,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Guard>,
) -> Result<Json<Guarded>, Failure> {
    if asked.paths.len() > GUARDED_PATHS_MAX {
        return Err(Failure::bad_request(format!("at most {GUARDED_PATHS_MAX} files are looked at in one request")));
    }
    let party = match (&caller, &asked.agent) {
        (Caller::Run { run, .. }, _) => Party::Run(*run),
        (Caller::Person, agent) => {
            let party = agent.as_ref().and_then(|agent| commits::party_of(&context.kernel, agent));
            party.unwrap_or_else(|| Party::Outside(String::new()))
        }
    };
    Ok(Json(commits::guarded(&context, &asked.paths, &party, asked.agent.as_deref())))
}

async fn released(kernel: &KernelHandle, what: &str, command: LockCommand) -> Result<Json<Released>, Failure> {
    let (leases, granted) = ask(kernel, what, command.expecting(LockAnswer::released)).await?;
    Ok(Json(Released { leases: leases.iter().map(LeaseId::to_string).collect(), granted }))
}

fn lease_id(text: &str) -> Result<LeaseId, Failure> {
    let number = text.strip_prefix('l').and_then(|digits| digits.parse().ok());
    number
        .map(LeaseId)
        .ok_or_else(|| Failure::bad_request(format!("`{text}` is not a lease; a lease is written as l7")))
}

fn bad_scope(scope: &str, why: BadScope) -> Failure {
    Failure::bad_request(format!("`{scope}`: {why}"))
}
