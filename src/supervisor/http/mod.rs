//! The control plane and the frame stream, served on the fleet's Unix socket.
//!
//! Everything is under `/api/v1`; the interface is described at `/api/v1/openapi.json`, from the same types. Only the
//! user who runs the supervisor gets access: the socket is 0600 in a 0700 directory, and the peer's uid is checked on
//! every connection.

mod agents;
mod ask;
mod caller;
mod conflicts;
mod door;
mod durable;
mod events;
mod extract;
mod input;
mod joining;
mod locks;
mod messages;
mod metrics;
mod openapi;
mod plans;
mod routes;
mod split;
mod state;
mod stream;
mod sync;
mod system;
mod tasks;
mod tools;
mod work;

use super::context::Context;
use super::problem::Failure;
use crate::api::REQUEST_BYTES_MAX;
use crate::wire::INPUT_QUEUE_BYTES_MAX;
use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use door::{Door, Guest, Peer};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
pub(super) use system::introduce;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The time within which the head of a request must arrive, from the connection or the previous answer on. Beyond it,
/// the connection is closed, so that a client that sends nothing does not occupy a place.
const HEADER_LIMIT: Duration = Duration::from_secs(5);

const _: () = assert!(REQUEST_BYTES_MAX >= 2 * INPUT_QUEUE_BYTES_MAX, "what a keeper holds fits into a request");

/// Serves requests until the supervisor ends; answers that have begun are completed.
pub(super) async fn serve(context: Arc<Context>, listener: UnixListener) {
    let mut ended = context.life.ended.subscribe();
    let (router, mut door, mut guests) = (router(Arc::clone(&context)), Door::new(listener), JoinSet::new());
    loop {
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => break,
            (guest, peer) = door.accept() => {
                guests.spawn(converse(guest, peer, router.clone(), context.life.ended.subscribe()));
            }
            Some(_) = guests.join_next() => {}
        }
    }
    drop(door);
    while guests.join_next().await.is_some() {}
}

/// Answers the requests of one connection.
async fn converse(guest: Guest, peer: Peer, router: Router, mut ended: watch::Receiver<bool>) {
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        TowerToHyperService::new(router.clone()).call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADER_LIMIT);
    let mut conversation = pin!(server.serve_connection(TokioIo::new(guest), answer).with_upgrades());
    let over = async move {
        let _ended = ended.wait_for(|ended| *ended).await;
    };
    let said = tokio::select! {
        said = conversation.as_mut() => said,
        () = over => {
            conversation.as_mut().graceful_shutdown();
            conversation.await
        }
    };
    if let Err(error) = said {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn router(context: Arc<Context>) -> Router {
    let marked = Router::from(routes::marked().merge(openapi::routes()))
        .layer(from_fn_with_state(Arc::clone(&context), durable::mark));
    marked
        .merge(Router::from(routes::without_mark()))
        .layer(from_fn_with_state(Arc::clone(&context), caller::gate))
        .route("/api/v1/", get(system::hello))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(context)
}

async fn no_such_path(uri: Uri) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "no_such_path", format!("there is nothing at {}", uri.path()), "unknown path")
        .hint("GET /api/v1/openapi.json lists every path")
}

async fn no_such_method(uri: Uri) -> Failure {
    let what = format!("{} can't be used like that", uri.path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", what, "unknown method")
        .hint("GET /api/v1/openapi.json lists every method")
}
