//! Messages between agents and people.

use crate::supervisor::context::Context;
use axum::Router;
use std::sync::Arc;
use utoipa::OpenApi;

/// What of the description is about this.
#[derive(OpenApi)]
#[openapi(tags((name = "messages", description = "Messages between agents and people.")))]
pub(super) struct Description;

/// Beneath `/api/v1`.
pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new()
}
