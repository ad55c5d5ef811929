//! Handlers of `/tools`: the tools that agents call, and when.

use super::agents::find;
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::tools::{TOOL_NAME_BYTES_MAX, ToolCall, ToolCalls, ToolMoment, ToolReport, ToolSource};
use crate::clock;
use crate::supervisor::context::Context;
use crate::supervisor::problem::{Failure, UnreadableBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of the OpenAPI description that covers tool calls.
#[derive(OpenApi)]
#[openapi(components(schemas(ToolReport, ToolMoment, ToolSource, ToolCall, ToolCalls)))]
pub(super) struct Description;

/// Returns the routes for tool calls below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(report)).routes(routes!(list))
}

/// Records that a tool call of the calling agent begins or ends.
#[utoipa::path(post, path = api::tools::REPORT_TOOL.path, operation_id = "report_tool", tag = "agents", request_body = ToolReport,
    responses((status = 200, description = "The tool call as it was recorded.",
        body = ToolCall), Failure, UnreadableBody))]
async fn report(
    State(context): State<Arc<Context>>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(report): Body<ToolReport>,
) -> Result<Json<ToolCall>, Failure> {
    let Caller::Run { run, agent, .. } = caller else {
        let why = "the request comes from no agent of the fleet";
        return Err(not_kept(StatusCode::FORBIDDEN, "not_an_agent", why).hint("report from within the agent's run"));
    };
    let fits = |word: &str| (1..=TOOL_NAME_BYTES_MAX).contains(&word.len());
    if !fits(&report.name) || report.call.as_deref().is_some_and(|call| !fits(call)) {
        let why = format!("the name of a tool, and of a call, has 1 to {TOOL_NAME_BYTES_MAX} bytes");
        return Err(Failure::bad_request(why));
    }
    if !matches!(report.source, ToolSource::Reported | ToolSource::Mcp) {
        return Err(Failure::bad_request(
            "only the agent's own calls can be reported: calls from the terminal and from processes are detected"
                .to_owned(),
        ));
    }
    let known: Vec<_> = context.kernel.view().agents.keys().copied().collect();
    context.tools.retain(|agent| known.binary_search(agent).is_ok());
    let moment = report.moment;
    context.tools.take(agent, run, report, clock::now_ms()).map(Json).ok_or_else(|| match moment {
        ToolMoment::Began => not_kept(StatusCode::TOO_MANY_REQUESTS, "too_many", "too many calls begin in one second"),
        ToolMoment::Ended | ToolMoment::Failed => {
            not_kept(StatusCode::CONFLICT, "unknown_call", "no such call is under way, or it is among those dropped")
        }
    })
}

/// Lists the tool calls of an agent's newest run, as far as they are known.
#[utoipa::path(get, path = api::tools::AGENT_TOOLS.path, operation_id = "agent_tools", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The tool calls that are kept, oldest first.", body = ToolCalls), Failure))]
async fn list(
    State(context): State<Arc<Context>>,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<ToolCalls>, Failure> {
    let agent = find(&context.kernel, &name)?;
    context.metrics.look().await;
    Ok(Json(context.tools.of(agent)))
}

fn not_kept(status: StatusCode, code: &str, why: &str) -> Failure {
    Failure::new(status, code, "the tool call is not kept", why)
}
