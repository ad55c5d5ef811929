//! Lists every route with its description, except the description itself ([`super::openapi`]).

use super::{
    agents, conflicts, events, input, joining, locks, messages, metrics, plans, split, state, stream, system, tasks,
    tools, work,
};
use crate::supervisor::context::Context;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Returns every route except those of [`without_mark`].
pub(super) fn marked() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new()
        .routes(routes!(system::hello))
        .routes(routes!(system::health))
        .routes(routes!(system::reload))
        .routes(routes!(agents::list, agents::spawn))
        .routes(routes!(agents::get, agents::patch, agents::delete))
        .routes(routes!(input::input))
        .routes(routes!(agents::screen))
        .routes(routes!(agents::metrics))
        .routes(routes!(agents::explain))
        .routes(routes!(events::list))
        .routes(routes!(stream::open))
        .merge(locks::routes())
        .merge(tasks::routes())
        .merge(split::routes())
        .merge(tools::routes())
        .merge(conflicts::routes())
        .merge(joining::routes())
        .merge(plans::routes())
        .merge(messages::routes())
        .merge(state::routes())
        .merge(metrics::routes())
        .merge(work::routes())
}

/// Returns the routes whose answers are never marked as not durable: a shutdown can't be lost.
pub(super) fn without_mark() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::new().routes(routes!(system::shutdown))
}
