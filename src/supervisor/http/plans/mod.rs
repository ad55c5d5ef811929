//! Handlers of `/plans`: plans are checked, started, shown, paused, resumed and cancelled.

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::events::EventQuery;
use crate::api::plans::{Mistake, NewPlan, PausePlan, Plan, PlanDetail, PlanExplanation, Validation};
use crate::api::tasks::Reason;
use crate::config::{self, ConfigErrors};
use crate::supervisor::configs::Configs;
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words::plan::refusal::unknown_plan;
use crate::supervisor::words::plan::{explain, show};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use quarterdeck_core::ids::PlanId;
use quarterdeck_core::plan::{PlanAnswer, PlanCommand, PlanPolicy, PlanSpec, Running, graph};
use std::path::Path;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many facts are shown with an explanation.
const FACTS_SHOWN: u32 = 10;

/// The part of the OpenAPI description that covers plans.
#[derive(OpenApi)]
#[openapi(
    tags((name = "plans", description = "Plans: tasks that depend on each other, as a directed acyclic graph.")),
    components(schemas(Plan, PlanDetail, Validation)),
)]
pub(super) struct Description;

/// Returns the routes for plans below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list, start))
        .routes(routes!(validate))
        .routes(routes!(detail))
        .routes(routes!(explained))
        .routes(routes!(cancel))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

type Shared = State<Arc<Context>>;

/// Lists every plan that is kept.
#[utoipa::path(get, path = api::plans::LIST_PLANS.path, operation_id = "list_plans", tag = "plans",
    responses((status = 200, description = "All plans that are kept, oldest first.", body = [Plan]), Failure))]
pub(super) async fn list(State(kernel): State<KernelHandle>, _: Keys<NoKeys>) -> Json<Vec<Plan>> {
    Json(show::all(&kernel.view()))
}

/// Reads a plan, checks it, and starts it.
#[utoipa::path(post, path = api::plans::START_PLAN.path, operation_id = "start_plan", tag = "plans", request_body = NewPlan,
    responses((status = 201, description = "The plan that was started.", body = Plan), Failure, UnreadableBody))]
pub(super) async fn start(
    State(context): Shared,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(new): Body<NewPlan>,
) -> Result<(StatusCode, Json<Plan>), Failure> {
    caller.person()?;
    let fail_mode = new.fail_mode;
    let mut spec = read(&context.configs, new).await?.map_err(|errors| invalid(&errors))?;
    if let Some(mode) = fail_mode {
        spec.fail_mode = show::core_mode(mode);
    }
    let what = format!("plan `{}` can't be started", spec.name);
    let plan = command(&context.kernel, what, PlanCommand::Start { spec: Box::new(spec) }).await?;
    Ok((StatusCode::CREATED, Json(plan)))
}

/// Checks a plan without starting it.
#[utoipa::path(post, path = api::plans::VALIDATE_PLAN.path, operation_id = "validate_plan", tag = "plans",
    request_body = NewPlan,
    responses((status = 200, description = "The result of the check. The status is 200 also if the plan is invalid.",
        body = Validation),
        Failure, UnreadableBody))]
pub(super) async fn validate(
    State(context): Shared,
    _: Keys<NoKeys>,
    Body(new): Body<NewPlan>,
) -> Result<Json<Validation>, Failure> {
    let policy = context.configs.file().plans.clone();
    Ok(Json(validation(&read(&context.configs, new).await?, &policy)))
}

/// Returns one plan with its tasks and edges.
#[utoipa::path(get, path = api::plans::GET_PLAN.path, operation_id = "get_plan", tag = "plans",
    params(("plan" = String, Path, description = "The number (`p3`) or the name of the plan; a name means the newest plan of that name.")),
    responses((status = 200, description = "The plan in its current state, with its tasks and edges.",
        body = PlanDetail), Failure))]
pub(super) async fn detail(
    State(kernel): State<KernelHandle>,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<PlanDetail>, Failure> {
    let plan = find(&kernel, &name)?;
    show::detail(plan, &kernel.view()).map(Json).ok_or_else(|| unknown(&name))
}

/// Explains why the plan is in its current state.
#[utoipa::path(get, path = api::plans::EXPLAIN_PLAN.path, operation_id = "explain_plan", tag = "plans",
    params(("plan" = String, Path, description = "The number or the name of the plan.")),
    responses((status = 200, description = "The tasks that run, the obstacles, and the commands that would change the plan's state.",
        body = PlanExplanation), Failure))]
pub(super) async fn explained(
    State(context): Shared,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<PlanExplanation>, Failure> {
    let plan = find(&context.kernel, &name)?;
    let query = EventQuery { kind: Some("plan".to_owned()), limit: Some(FACTS_SHOWN), ..EventQuery::default() };
    let facts = context.record.journal.query(query).await?.events;
    explain::explained(plan, facts, &context.kernel.view()).map(Json).ok_or_else(|| unknown(&name))
}

/// Cancels the plan; the runs that work on its tasks are stopped. The body may give a reason.
#[utoipa::path(post, path = api::plans::CANCEL_PLAN.path, operation_id = "cancel_plan", tag = "plans",
    params(("plan" = String, Path, description = "The number or the name of the plan.")),
    responses((status = 200, description = "The plan after the request to cancel it.", body = Plan), Failure))]
pub(super) async fn cancel(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    body: Bytes,
) -> Result<Json<Plan>, Failure> {
    caller.person()?;
    let plan = find(&kernel, &name)?;
    let said: Reason = match body.as_ref() {
        [] => Reason::default(),
        body => serde_json::from_slice(body).map_err(|error| Failure::bad_request(error.to_string()))?,
    };
    let reason = said.reason.unwrap_or_else(|| "a person cancelled the plan".to_owned());
    let asked = PlanCommand::Cancel { plan, reason, by: Some(caller.party(None)?) };
    command(&kernel, format!("plan `{name}` can't be cancelled"), asked).await.map(Json)
}

/// Pauses the plan: no more of its tasks are assigned. Its live runs continue, or are frozen.
#[utoipa::path(post, path = api::plans::PAUSE_PLAN.path, operation_id = "pause_plan", tag = "plans",
    params(("plan" = String, Path, description = "The number or the name of the plan.")), request_body = PausePlan,
    responses((status = 200, description = "The plan after the change; it is paused.",
        body = Plan), Failure, UnreadableBody))]
pub(super) async fn pause(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(pause): Body<PausePlan>,
) -> Result<Json<Plan>, Failure> {
    caller.person()?;
    let plan = find(&kernel, &name)?;
    let running = if pause.freeze { Running::Freeze } else { Running::GoOn };
    command(&kernel, format!("plan `{name}` can't be paused"), PlanCommand::Pause { plan, running }).await.map(Json)
}

/// Resumes the plan, and with it the runs that its pause froze.
#[utoipa::path(post, path = api::plans::RESUME_PLAN.path, operation_id = "resume_plan", tag = "plans",
    params(("plan" = String, Path, description = "The number or the name of the plan.")),
    responses((status = 200, description = "The plan after the change; it continues.", body = Plan), Failure))]
pub(super) async fn resume(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Plan>, Failure> {
    caller.person()?;
    let plan = find(&kernel, &name)?;
    command(&kernel, format!("plan `{name}` can't be resumed"), PlanCommand::Resume { plan }).await.map(Json)
}

async fn command(kernel: &KernelHandle, what: String, command: PlanCommand) -> Result<Plan, Failure> {
    let PlanAnswer::Accepted { plan } = ask(kernel, &what, command).await?;
    show::one(plan, &kernel.view()).ok_or_else(|| unknown(&plan.to_string()))
}

/// Reads the plan that a request means: its text, its file, or the plan in agents.toml.
async fn read(configs: &Configs, new: NewPlan) -> Result<Result<PlanSpec, ConfigErrors>, Failure> {
    let fleet = configs.everyone();
    let read = move || match (new.path, new.content) {
        (path, Some(content)) => {
            Ok(config::plan::parse(&content, Path::new(path.as_deref().unwrap_or("plan.toml")), &fleet))
        }
        (Some(path), None) if Path::new(&path).is_absolute() => Ok(config::plan::load(Path::new(&path), &fleet)),
        (Some(path), None) => Err(Failure::bad_request(format!("`{path}` is not absolute"))),
        (None, None) => fleet.plan.map(Ok).ok_or_else(|| {
            let why = format!("{} has no [plan]", fleet.path.display());
            Failure::new(StatusCode::BAD_REQUEST, "no_plan", "there is no plan", why).hint("name a plan file")
        }),
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_| Err(Failure::bad_request("the plan could not be read")))
}

fn invalid(errors: &ConfigErrors) -> Failure {
    let what = format!("{} can't be run", errors.path.display());
    Failure::new(StatusCode::BAD_REQUEST, "invalid_plan", what, errors.to_string())
        .hint("`qd plan validate` checks it without a supervisor")
}

/// Returns the result of a plan's check: its size, or its mistakes.
fn validation(read: &Result<PlanSpec, ConfigErrors>, policy: &PlanPolicy) -> Validation {
    match read {
        Ok(spec) => {
            let shape = graph::check(spec, policy);
            let (tasks, edges) = shape.map_or((0, 0), |shape| (shape.tasks, shape.edges));
            let (name, version) = (Some(spec.name.clone()), Some(spec.version.clone()));
            Validation { valid: true, name, version, tasks, edges, mistakes: Vec::new() }
        }
        Err(errors) => {
            let mistakes = errors.problems.iter().map(|problem| {
                let place = errors.place(problem);
                Mistake {
                    file: errors.path.display().to_string(),
                    line: place.map_or(0, |place| place.line as u32),
                    column: place.map_or(0, |place| place.column as u32),
                    what: problem.what.clone(),
                    hint: problem.hint.clone(),
                }
            });
            let mistakes = mistakes.collect();
            Validation { valid: false, name: None, version: None, tasks: 0, edges: 0, mistakes }
        }
    }
}

/// Returns the plan with this number, or the newest plan with this name.
fn find(kernel: &KernelHandle, name: &str) -> Result<PlanId, Failure> {
    let view = kernel.view();
    let number = name.strip_prefix('p').and_then(|number| number.parse().ok()).map(PlanId);
    let known = number.filter(|plan| view.plans.get(*plan).is_some());
    known.or_else(|| view.plans.newest(name)).ok_or_else(|| unknown(name))
}

/// Returns the failure that no plan has this name or number.
fn unknown(name: &str) -> Failure {
    Failure::of(format!("no plan is called `{name}`"), unknown_plan())
}
