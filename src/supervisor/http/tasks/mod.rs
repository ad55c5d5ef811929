//! Handlers of `/tasks`: tasks are added, listed, claimed, reported on, cancelled and retried.

mod claiming;

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::agents::Status;
use crate::api::tasks::{
    Claim, NewTask, Progress, Reason, Report, TASK_IDS_MAX, Task, TaskDetail, TaskExplanation, TaskQuery, TaskWorkspace,
};
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::kernel::SLICE_ITEMS;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::roster;
use crate::supervisor::words::task::{explain, show};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quarterdeck_core::ask::Ask;
use quarterdeck_core::command::Denied;
use quarterdeck_core::ids::{RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{Need, Placement, TaskAnswer, TaskCommand, TaskDenied, TaskSpec, When};
use quarterdeck_core::time::Span;
use quarterdeck_core::{task, view::View};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The name by which a run means the task that it works on.
const MINE: &str = "mine";

/// The part of the OpenAPI description that covers tasks.
#[derive(OpenApi)]
#[openapi(
    tags((name = "tasks", description = "Tasks: work that is assigned to agents.")),
)]
pub(super) struct Description;

/// Returns the routes for tasks below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list, add))
        .routes(routes!(claim))
        .routes(routes!(detail))
        .routes(routes!(explained))
        .routes(routes!(done))
        .routes(routes!(fail))
        .routes(routes!(progress))
        .routes(routes!(cancel))
        .routes(routes!(retry))
}

type Shared = State<Arc<Context>>;

/// Lists the tasks that are kept.
#[utoipa::path(get, path = api::tasks::LIST_TASKS.path, operation_id = "list_tasks", tag = "tasks", params(TaskQuery),
    responses((status = 200, description = "The tasks that match the query, oldest first.", body = [Task]), Failure))]
async fn list(State(kernel): State<KernelHandle>, Keys(query): Keys<TaskQuery>) -> Result<Json<Vec<Task>>, Failure> {
    let wanted = |task: &Task| {
        query.state.is_none_or(|state| task.state == state)
            && query.agent.as_ref().is_none_or(|agent| task.agent.as_ref() == Some(agent))
            && query.plan.as_ref().is_none_or(|plan| task.plan.as_ref() == Some(plan))
    };
    if let Some(ids) = &query.ids {
        let view = kernel.view();
        let tasks = numbered(ids)?.into_iter().filter_map(|id| show::one(id, &view));
        return Ok(Json(tasks.filter(wanted).collect()));
    }
    let shown = |view: &View, last| {
        let slice = view.tasks.after(last).take(SLICE_ITEMS);
        slice.map(|(id, _)| (id, show::one(id, view).filter(wanted))).collect()
    };
    Ok(Json(kernel.list(shown).await.into_iter().flatten().collect()))
}

/// Reads the numbers of tasks, such as `t3,t12`, in ascending order.
fn numbered(ids: &str) -> Result<BTreeSet<TaskId>, Failure> {
    let number = |id: &str| id.strip_prefix('t').and_then(|number| number.parse().ok()).map(TaskId);
    let wrong = |id| Failure::bad_request(format!("expected numbers of tasks, such as `t3,t12`, found `{id}`"));
    let ids: Vec<&str> = ids.split(',').collect();
    if ids.len() > TASK_IDS_MAX {
        return Err(Failure::bad_request(format!("expected at most {TASK_IDS_MAX} numbers, found {}", ids.len())));
    }
    ids.into_iter().map(|id| number(id).ok_or_else(|| wrong(id))).collect()
}

/// Adds a task. It is assigned as soon as a suitable agent is free.
#[utoipa::path(post, path = api::tasks::ADD_TASK.path, operation_id = "add_task", tag = "tasks", request_body = NewTask,
    responses((status = 201, description = "The task was added and stored.", body = Task), Failure, UnreadableBody))]
async fn add(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(new): Body<NewTask>,
) -> Result<(StatusCode, Json<Task>), Failure> {
    let by = caller.party(None)?;
    let spec = Box::new(spec(&kernel, &caller, new)?);
    let adding = TaskCommand::Add { spec, by }.expecting(TaskAnswer::task);
    let task = ask(&kernel, "the task was not added", adding).await?;
    Ok((StatusCode::CREATED, Json(shown(&kernel, task)?)))
}

fn spec(kernel: &KernelHandle, caller: &Caller, new: NewTask) -> Result<TaskSpec, Failure> {
    let need = |text: &String| resolve(kernel, caller, text).map(|task| Need { task, when: When::Done });
    let placement = match (new.agent, new.prefer) {
        (None, None) => Placement::Anyone,
        (Some(name), None) => Placement::Only(name),
        (None, Some(name)) => Placement::Prefer(name),
        (Some(_), Some(_)) => return Err(Failure::bad_request("expected at most one of `agent` and `prefer`")),
    };
    Ok(TaskSpec {
        name: new.name.unwrap_or_default(),
        prompt: new.prompt,
        priority: new.priority,
        required_capabilities: new.required_capabilities,
        placement,
        needs: new.needs.iter().map(need).collect::<Result<_, _>>()?,
        locks: new.locks,
        verify: new.verify,
        outputs: new.outputs,
        workspace: match new.workspace {
            TaskWorkspace::Agent => task::TaskWorkspace::Agent,
            TaskWorkspace::Fresh => task::TaskWorkspace::Fresh,
            TaskWorkspace::Merge => task::TaskWorkspace::Merge,
        },
        timeout: new.timeout_ms.map(Span),
        attempts: new.attempts,
        plan: None,
        parent: new.parent.map(|parent| resolve(kernel, caller, &parent)).transpose()?,
        file: None,
        routed: None,
    })
}

/// Returns one task by its number or name.
#[utoipa::path(get, path = api::tasks::GET_TASK.path, operation_id = "get_task", tag = "tasks",
    params(("task" = String, Path, description = "The number (`t12`) or the name of the task; `mine` means the task on which the calling run works.")),
    responses((status = 200, description = "The task in its current state, with all details.",
        body = TaskDetail), Failure))]
async fn detail(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<TaskDetail>, Failure> {
    detailed(&kernel, resolve(&kernel, &caller, &name)?).map(Json)
}

/// Explains why the task is in its current state.
#[utoipa::path(get, path = api::tasks::EXPLAIN_TASK.path, operation_id = "explain_task", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task.")),
    responses((status = 200, description = "The reasons for the task's state, and the commands that would change it.",
        body = TaskExplanation), Failure))]
async fn explained(
    State(context): Shared,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<TaskExplanation>, Failure> {
    let task = resolve(&context.kernel, &caller, &name)?;
    let explained = context.kernel.explain_task(task).await?;
    let asks = |agent| roster::status_of(&context.kernel, &context.screens, agent) == Some(Status::Waiting);
    Ok(Json(explain::explained(&explained, task, asks, &context.kernel.view())))
}

/// Gives the calling run a task, at once or within the time that it waits.
///
/// A client that disconnects while it waits gets no task.
#[utoipa::path(post, path = api::tasks::CLAIM_TASK.path, operation_id = "claim_task", tag = "tasks", request_body = Claim,
    responses((status = 200, description = "The task that was claimed; the calling run works on it from now on.",
        body = TaskDetail),
        (status = 204, description = "No task became available within the waiting time."), Failure, UnreadableBody))]
async fn claim(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Claim>,
) -> Result<Response, Failure> {
    let run = run_of(&caller)?;
    let task = asked.task.as_ref().map(|text| resolve(&kernel, &caller, text)).transpose()?;
    let claimed = claiming::claim(&kernel, run, task, asked.wait_ms.unwrap_or(0)).await?;
    let Some(claimed) = claimed else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let answer = Json(detailed(&kernel, claimed.task())?).into_response();
    claimed.told();
    Ok(answer)
}

/// Reports that the task is done, by the run that works on it. Its verification follows.
#[utoipa::path(post, path = api::tasks::TASK_DONE.path, operation_id = "task_done", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task; `mine` means the task on which the calling run works.")),
    request_body = Report,
    responses((status = 200, description = "The task after the report.", body = Task), Failure, UnreadableBody))]
async fn done(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(Report { message }): Body<Report>,
) -> Result<Json<Task>, Failure> {
    reported(&kernel, &caller, &name, "done", |task, by| TaskCommand::Done { task, by, message }).await
}

/// Reports that the attempt failed, by the run that works on the task. It is tried again while attempts remain.
#[utoipa::path(post, path = api::tasks::TASK_FAILED.path, operation_id = "task_failed", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task; `mine` means the task on which the calling run works.")),
    request_body = Report,
    responses((status = 200, description = "The task after the report.", body = Task), Failure, UnreadableBody))]
async fn fail(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(Report { message }): Body<Report>,
) -> Result<Json<Task>, Failure> {
    reported(&kernel, &caller, &name, "failed", |task, by| TaskCommand::Fail { task, by, message }).await
}

/// Carries out a report that the task of the caller has ended.
async fn reported(
    kernel: &KernelHandle,
    caller: &Caller,
    name: &str,
    over: &str,
    report: impl FnOnce(TaskId, Party) -> TaskCommand,
) -> Result<Json<Task>, Failure> {
    let by = caller.party(None)?;
    let task = resolve(kernel, caller, name)?;
    change(kernel, format!("{name} could not be marked as {over}"), report(task, by)).await
}

/// Reports the task's progress, by the run that works on it.
#[utoipa::path(post, path = api::tasks::TASK_PROGRESS.path, operation_id = "task_progress", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task; `mine` means the task on which the calling run works.")),
    request_body = Progress,
    responses((status = 200, description = "The task after the report.", body = Task), Failure, UnreadableBody))]
async fn progress(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(Progress { percent, message }): Body<Progress>,
) -> Result<Json<Task>, Failure> {
    if percent.is_some_and(|percent| percent > 100) {
        return Err(Failure::bad_request("`percent` is at most 100"));
    }
    let by = caller.party(None)?;
    let task = resolve(&kernel, &caller, &name)?;
    let command = TaskCommand::Progress { task, by, percent, message };
    change(&kernel, format!("the progress of {name} was not recorded"), command).await
}

/// Cancels a task; the run that works on it is stopped. For persons only.
#[utoipa::path(post, path = api::tasks::CANCEL_TASK.path, operation_id = "cancel_task", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task.")), request_body = Reason,
    responses((status = 200, description = "The task after the request. If a run works only for this task, the run is stopped first.",
        body = Task),
        Failure, UnreadableBody))]
async fn cancel(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Task>, Failure> {
    caller.person()?;
    let by = caller.party(None)?;
    let task = resolve(&kernel, &caller, &name)?;
    change(&kernel, format!("{name} was not cancelled"), TaskCommand::Cancel { task, by, reason }).await
}

/// Retries a task that failed or was cancelled. For persons only.
///
/// A task that waits for its next attempt begins it now.
#[utoipa::path(post, path = api::tasks::RETRY_TASK.path, operation_id = "retry_task", tag = "tasks",
    params(("task" = String, Path, description = "The number or the name of the task.")), request_body = Reason,
    responses((status = 200, description = "The task after the change.", body = Task), Failure, UnreadableBody))]
async fn retry(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Task>, Failure> {
    caller.person()?;
    let by = caller.party(None)?;
    let task = resolve(&kernel, &caller, &name)?;
    change(&kernel, format!("{name} is not tried again"), TaskCommand::Retry { task, by, reason }).await
}

/// Finds the task that is meant by a number, a name, or `mine`.
fn resolve(kernel: &KernelHandle, caller: &Caller, text: &str) -> Result<TaskId, Failure> {
    let view = kernel.view();
    if text != MINE {
        return view.tasks.resolve(text).ok_or_else(|| unknown(text));
    }
    let none = |name: &str| {
        Failure::new(StatusCode::NOT_FOUND, "no_task", "you have no task", format!("`{name}` works on none"))
            .hint("`qd task claim` asks for one")
    };
    match caller {
        Caller::Run { run, name, .. } => view.tasks.of_run(*run).ok_or_else(|| none(name)),
        Caller::Person => Err(not_an_agent("you have no task")),
    }
}

fn unknown(text: &str) -> Failure {
    let what = format!("no task is called `{text}`");
    Failure::new(
        StatusCode::NOT_FOUND,
        "unknown_task",
        what,
        "no task has this name or number, or its record has been deleted",
    )
    .hint("`qd task list` lists the tasks")
}

fn run_of(caller: &Caller) -> Result<RunId, Failure> {
    match caller {
        Caller::Run { run, .. } => Ok(*run),
        Caller::Person => Err(not_an_agent(claiming::REFUSED)),
    }
}

fn not_an_agent(what: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, "not_an_agent", what, "the request does not come from an agent's run")
        .hint("only a process of an agent's run can ask for a task, or one that has the QD_RUN_PROOF of the run")
}

async fn change(kernel: &KernelHandle, what: String, command: TaskCommand) -> Result<Json<Task>, Failure> {
    let task = ask(kernel, &what, command.expecting(TaskAnswer::task)).await?;
    shown(kernel, task).map(Json)
}

fn shown(kernel: &KernelHandle, task: TaskId) -> Result<Task, Failure> {
    let view = kernel.view();
    show::one(task, &view).ok_or_else(|| forgotten(task, &view))
}

fn detailed(kernel: &KernelHandle, task: TaskId) -> Result<TaskDetail, Failure> {
    let view = kernel.view();
    show::detail(task, &view).ok_or_else(|| forgotten(task, &view))
}

fn forgotten(task: TaskId, view: &View) -> Failure {
    Failure::refused("it can't be shown", &Denied::Task(TaskDenied::UnknownTask { task }), view)
}
