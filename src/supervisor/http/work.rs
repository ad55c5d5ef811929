//! Handlers of `/agents/{name}/work` and `/agents/{name}/commit`: the uncommitted changes in an agent's worktree, and
//! their commit.

use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::work::{
    CleanRequest, Cleaned, CleanedKind, CleanedOutcome, CommitDone, CommitRequest, FileChange, WorkDetail,
};
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::{clean, work};
use axum::Json;
use axum::extract::State;
use quarterdeck_core::ids::AgentId;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of the OpenAPI description that covers uncommitted work.
#[derive(OpenApi)]
#[openapi(components(schemas(FileChange, CleanedKind, CleanedOutcome)))]
pub(super) struct Description;

/// Returns the routes for uncommitted work and clean-up below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(detail))
        .routes(routes!(commit))
        .routes(routes!(clean_up))
}

type Shared = State<Arc<Context>>;

/// Lists the uncommitted changes in the agent's worktree, file by file, inspected now.
#[utoipa::path(get, path = api::work::AGENT_WORK.path, operation_id = "agent_work", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The uncommitted changes, file by file.", body = WorkDetail), Failure))]
pub(super) async fn detail(
    State(context): Shared,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<WorkDetail>, Failure> {
    let agent = find(&context.kernel, &name)?;
    work::commit::detail(&context, agent, &name).await.map(Json)
}

/// Commits all uncommitted changes in the agent's own worktree to its branch, with the agent as the author.
///
/// No hook runs; the commit guard's rule applies. A refusal has the code `nothing_to_commit`, `in_progress`,
/// `unmerged`, `other_branch`, `index_locked`, `filtered`, `held`, `no_worktree` or `not_configured`, and has changed
/// no commit.
#[utoipa::path(post, path = api::work::COMMIT_AGENT_WORK.path, operation_id = "commit_agent_work", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    request_body = CommitRequest,
    responses((status = 200, description = "The commit that was made.", body = CommitDone), Failure, UnreadableBody))]
pub(super) async fn commit(
    State(context): Shared,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(asked): Body<CommitRequest>,
) -> Result<Json<CommitDone>, Failure> {
    let agent = find(&context.kernel, &name)?;
    work::commit::commit(&context, agent, &name, asked).await.map(Json)
}

/// Removes every unneeded workspace, and every branch of Quarterdeck without a workspace, if nothing is lost by that.
///
/// The answer says why the others are kept. Workspaces of live runs, and of tasks that have not ended, are not touched.
#[utoipa::path(post, path = api::work::CLEAN_WORKSPACES.path, operation_id = "clean_workspaces", tag = "agents",
    request_body = CleanRequest,
    responses((status = 200, description = "The result for each workspace and each branch.",
        body = Vec<Cleaned>), Failure, UnreadableBody))]
pub(super) async fn clean_up(
    State(context): Shared,
    _: Keys<NoKeys>,
    Body(asked): Body<CleanRequest>,
) -> Result<Json<Vec<Cleaned>>, Failure> {
    clean::attended(&context, asked).await.map(Json)
}

fn find(kernel: &KernelHandle, name: &str) -> Result<AgentId, Failure> {
    let known = || kernel.view().agents.values().map(|agent| agent.name.clone()).collect::<Vec<_>>();
    kernel.agent_named(name).ok_or_else(|| Failure::unknown_agent(name, &known()))
}
