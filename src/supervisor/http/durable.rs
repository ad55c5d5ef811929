//! Marks answers to changes that are only in memory because the journal can't be written: a header, and
//! `"durable": false` in the answer. The fleet works on regardless: locks are granted and agents are stopped.

use crate::api::{DURABLE_HEADER, REQUEST_BYTES_MAX};
use crate::supervisor::context::Context;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;

/// Marks the answer if it is to a change and the change is not on disk. The journal is written before an answer is
/// sent, so the state of the journal at that time applies to the change.
pub(super) async fn mark(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let reads = request.method().is_safe();
    let response = next.run(request).await;
    match reads || !response.status().is_success() || context.dashboard.banners.journal_is_written() {
        true => response,
        false => not_durable(response).await,
    }
}

async fn not_durable(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    head.headers.insert(DURABLE_HEADER, HeaderValue::from_static("false"));
    if head.headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
        return Response::from_parts(head, body);
    }
    let Ok(bytes) = to_bytes(body, REQUEST_BYTES_MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(with_word(&bytes).unwrap_or_else(|| bytes.to_vec())))
}

/// Returns the same JSON object with `"durable": false` added; none if the bytes are not an object.
fn with_word(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut object: serde_json::Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    object.insert("durable".to_owned(), Value::Bool(false));
    serde_json::to_vec(&object).ok()
}
