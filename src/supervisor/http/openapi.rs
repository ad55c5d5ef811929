//! The OpenAPI description of the control plane, made from the handlers and the types they speak in.

use super::{agents, events, system};
use crate::api;
use axum::Json;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quarterdeck control plane",
        description = "Commands a local fleet of coding agents. Served as HTTP on the fleet's Unix socket. \
            `/api/v1/stream` is a WebSocket of binary messages for viewers of terminals and is not described here."
    ),
    paths(
        system::hello,
        system::health,
        system::reload,
        system::shutdown,
        agents::list,
        agents::get,
        agents::spawn,
        agents::patch,
        agents::delete,
        agents::input,
        agents::screen,
        agents::metrics,
        agents::explain,
        events::list,
    ),
    components(schemas(api::error::Problem, api::events::Lagged, api::events::EventRecord))
)]
struct Description;

/// The description.
pub(super) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
