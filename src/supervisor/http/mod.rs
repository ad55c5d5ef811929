//! The control plane and the frame stream, served on the fleet's Unix socket.
//!
//! Everything is under `/api/v1`; what it speaks is described at `/api/v1/openapi.json`, from the same types.
//! Only the user who runs the supervisor gets in: the socket is 0600 in a 0700 directory, and the peer's uid is
//! checked on every connection (FEATURES row 68).

mod agents;
mod caller;
mod door;
mod events;
mod extract;
mod input;
mod locks;
mod messages;
mod metrics;
mod openapi;
mod plans;
mod problem;
mod split;
mod state;
mod stream;
mod sync;
mod system;
mod tasks;
mod work;

use super::context::Context;
use crate::wire::INPUT_QUEUE_BYTES_MAX;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use door::{Door, Peer};
pub(super) use problem::Failure;
use std::sync::Arc;
pub(super) use system::introduce;
use tokio::net::UnixListener;

/// The largest body: as much input as a keeper holds, in JSON, where a control character takes two and more bytes.
const BODY_BYTES_MAX: usize = 2 * INPUT_QUEUE_BYTES_MAX;

/// Serves until the supervisor ends.
pub(super) async fn serve(context: Arc<Context>, listener: UnixListener) {
    let mut ended = context.ended.subscribe();
    let service = router(context).into_make_service_with_connect_info::<Peer>();
    let serving = axum::serve(Door::new(listener), service).with_graceful_shutdown(async move {
        let _ended = ended.wait_for(|ended| *ended).await;
    });
    if let Err(error) = serving.await {
        tracing::error!(%error, "the control plane ended");
    }
}

fn router(context: Arc<Context>) -> Router {
    let one = get(agents::get).patch(agents::patch).delete(agents::delete);
    let api = Router::new()
        .route("/", get(system::hello))
        .route("/health", get(system::health))
        .route("/reload", post(system::reload))
        .route("/shutdown", post(system::shutdown))
        .route("/openapi.json", get(openapi::document))
        .route("/agents", get(agents::list).post(agents::spawn))
        .route("/agents/{name}", one)
        .route("/agents/{name}/input", post(input::input))
        .route("/agents/{name}/screen", get(agents::screen))
        .route("/agents/{name}/metrics", get(agents::metrics))
        .route("/agents/{name}/explain", get(agents::explain))
        .route("/events", get(events::list))
        .route("/stream", get(stream::open))
        .merge(locks::routes())
        .merge(tasks::routes())
        .merge(split::routes())
        .merge(plans::routes())
        .merge(messages::routes())
        .merge(state::routes())
        .merge(metrics::routes())
        .merge(work::routes())
        .layer(from_fn_with_state(Arc::clone(&context), caller::gate));
    Router::new()
        .nest("/api/v1", api)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
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
