//! Handler of `POST /tasks/split`: divides a task into parts, which are written as files of the drop folder.

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, NoKeys};
use crate::api;
use crate::api::tasks::{Split, SplitPart, SplitResult, SplitStrategy};
use crate::split::{self, Division, Rule, Rules, TASK_FILE_BYTES_MAX, TaskFile, Undivided};
use crate::supervisor::configs::Configs;
use crate::supervisor::context::Context;
use crate::supervisor::folder;
use crate::supervisor::folder::door::Written;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{Stage, Task, TaskCommand};
use quarterdeck_core::view::{Config, View};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The part of the OpenAPI description that covers dividing tasks.
#[derive(OpenApi)]
#[openapi(components(schemas(Split, SplitResult, SplitPart, SplitStrategy)))]
pub(super) struct Description;

/// Returns the route for dividing tasks below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(divide))
}

/// The task to divide.
struct Whole {
    file: TaskFile,
    /// The name of the task's file in the folder and its text; none for a task that was added without a file.
    written: Option<(String, String)>,
}

/// Divides a task into parts that several agents can work on at the same time.
#[utoipa::path(post, path = api::tasks::SPLIT_TASK.path, operation_id = "split_task", tag = "tasks",
    request_body = Split,
    responses((status = 200, description = "The parts of the task, or the reason why it was not divided.",
        body = SplitResult),
        Failure, UnreadableBody))]
async fn divide(
    State(context): State<Arc<Context>>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Split>,
) -> Result<Json<SplitResult>, Failure> {
    let whole = find(&context, &asked.file)?;
    allowed(&context.kernel, &caller, &whole.file)?;
    let exists = |file: &str| folder::is_beneath(&context.place.root, Path::new(file));
    let division = split::divide(&whole.file, rules(&context.kernel, &context.configs, &asked, &whole.file), &exists)
        .map_err(|undivided| refused(&whole.file.id, &undivided))?;
    let mut paths = Vec::new();
    if !asked.dry_run && !division.parts.is_empty() {
        let parts = part_files(&context.kernel, &whole, &division)?;
        let put = context.jobs.folder.put(whole_file(&whole, parts.len()), parts).await;
        paths = put.map_err(|why| not_written(&whole.file.id, why))?;
        let_go(&context.kernel, &caller, &whole.file.id, division.parts.len()).await?;
    }
    Ok(Json(told(division, &paths)))
}

/// Finds a task by its name, or a file below the fleet's root by its path, which is absolute or relative to that
/// root.
fn find(context: &Context, asked: &str) -> Result<Whole, Failure> {
    if Path::new(asked).is_absolute() {
        return from_file(context, Path::new(asked));
    }
    let found = {
        let view = context.kernel.view();
        let task = view.tasks.resolve(asked).and_then(|task| view.tasks.get(task));
        task.map(|task| (task.spec.file.clone(), whole_of(task)))
    };
    let root = &context.place.root;
    match found {
        Some((Some(file), _)) => from_file(context, &root.join(folder::active(context)).join(file)),
        Some((None, file)) => Ok(Whole { file, written: None }),
        None if folder::is_beneath(root, Path::new(asked)) => from_file(context, &root.join(asked)),
        None => {
            let what = format!("no task is called `{asked}`");
            Err(Failure::new(StatusCode::NOT_FOUND, "unknown_task", what, "there is no task file at this path either")
                .hint("give a task's name (`qd task list`), or the path of a task file in the fleet's directory"))
        }
    }
}

/// Returns a task without a file, in the form of a task file.
fn whole_of(task: &Task) -> TaskFile {
    TaskFile {
        id: task.spec.name.clone(),
        priority: task.spec.priority,
        capabilities: task.spec.required_capabilities.clone(),
        locks: task.spec.locks.clone(),
        verify: task.spec.verify.clone(),
        timeout_ms: task.spec.timeout.map(|timeout| timeout.0),
        attempts: task.spec.attempts,
        body: task.spec.prompt.clone(),
        ..TaskFile::default()
    }
}

fn from_file(context: &Context, path: &Path) -> Result<Whole, Failure> {
    let shown = path.display();
    let unreadable =
        |why: String| Failure::new(StatusCode::BAD_REQUEST, "unreadable_file", format!("{shown} can't be read"), why);
    let beneath = path.strip_prefix(&context.place.root).map_err(|_| {
        unreadable("it is outside the fleet's root".to_owned())
            .hint(format!("move it into {}", context.place.root.display()))
    })?;
    let text = folder::read_beneath(&context.place.root, beneath, TASK_FILE_BYTES_MAX)
        .map_err(|error| unreadable(error.to_string()))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let file = split::parse(&text, stem).map_err(|problem| {
        Failure::new(
            StatusCode::BAD_REQUEST,
            "invalid_task_file",
            format!("{shown} is not a task file"),
            problem.to_string(),
        )
        .hint("`qd task split --help` describes the header")
    })?;
    let active = folder::active(context);
    let name = match beneath.strip_prefix(&active) {
        Ok(name) => name.display().to_string(),
        Err(_) => format!("{}.md", file.id),
    };
    let taken = beneath.parent() != Some(&active) && context.place.root.join(&active).join(&name).exists();
    match taken {
        true => Err(not_written(&file.id, format!("{} is there already", active.join(&name).display()))),
        false => Ok(Whole { file, written: Some((name, text)) }),
    }
}

/// Refuses the division unless the board allows it: nobody else works on the task, and it is neither over nor divided
/// already.
fn allowed(kernel: &KernelHandle, caller: &Caller, file: &TaskFile) -> Result<(), Failure> {
    let view = kernel.view();
    let Some(task) = view.tasks.find(&file.id).and_then(|task| view.tasks.get(task)) else { return Ok(()) };
    let refused = |code: &str, why: String, hint: &str| {
        Err(Failure::new(StatusCode::CONFLICT, code, format!("{} can't be divided", file.id), why).hint(hint))
    };
    if !task.parts.is_empty() {
        return refused("has_parts", "it is divided already".to_owned(), "`qd task show` lists its parts");
    }
    let is_the_callers = matches!(caller, Caller::Run { run, .. } if task.run == Some(*run));
    match &task.stage {
        Stage::Done | Stage::Failed | Stage::Cancelled => {
            refused("task_ended", "it has ended already".to_owned(), "`qd task retry` tries it again")
        }
        Stage::Held(_) | Stage::Queued | Stage::LinedUp => Ok(()),
        Stage::Running if is_the_callers => Ok(()),
        Stage::Assigned | Stage::Running | Stage::Verifying => {
            let agent = task.agent.and_then(|agent| view.agents.get(&agent));
            let who = agent.map_or("an agent", |agent| agent.name.as_str());
            refused("task_in_hand", format!("{who} works on it"), "let that agent divide it, or cancel it first")
        }
    }
}

/// Ends the task as done for the run that divided it: the work is now that of the parts.
async fn let_go(kernel: &KernelHandle, caller: &Caller, id: &str, parts: usize) -> Result<(), Failure> {
    let Caller::Run { run, .. } = caller else { return Ok(()) };
    let theirs = |view: &View| view.tasks.find(id).filter(|task| view.tasks.of_run(*run) == Some(*task));
    let Some(task) = theirs(&kernel.view()) else { return Ok(()) };
    let message = Some(format!("divided into {parts} parts"));
    ask(kernel, id, TaskCommand::Done { task, by: Party::Run(*run), message }).await.map(drop)
}

fn rules(kernel: &KernelHandle, configs: &Configs, asked: &Split, file: &TaskFile) -> Rules {
    let view = kernel.view();
    let able = view.agents.values().filter(|agent| {
        agent.config != Config::Removed
            && configs.get(&agent.name).is_some_and(|known| {
                file.capabilities.iter().all(|capability| known.agent.capabilities.contains(capability))
            })
    });
    Rules {
        rule: match asked.strategy {
            SplitStrategy::Structure => Rule::Structure,
            SplitStrategy::Keyword => Rule::Keyword,
        },
        parts_max: asked.max.unwrap_or(configs.file().tasks.policy.max_subtasks),
        able_agents: able.count(),
    }
}

/// Returns the divided task's file with the number of its parts; none for a task without a file.
fn whole_file(whole: &Whole, count: usize) -> Option<Written> {
    let (name, text) = whole.written.as_ref()?;
    Some((name.clone(), split::with_fields(text, &[("parts", &count.to_string())])))
}

/// Returns the files of the parts; refused if another task has one of their names.
fn part_files(kernel: &KernelHandle, whole: &Whole, division: &Division) -> Result<Vec<Written>, Failure> {
    let taken = |part: &&split::Part| kernel.view().tasks.find(&part.name).is_some();
    match division.parts.iter().find(taken) {
        Some(part) => Err(not_written(&whole.file.id, format!("another task is called {}", part.name))),
        None => Ok(division
            .parts
            .iter()
            .map(|part| (format!("{}.md", part.name), split::sub_task(&whole.file, part)))
            .collect()),
    }
}

fn told(division: Division, paths: &[PathBuf]) -> SplitResult {
    let parts = division.parts.into_iter().enumerate().map(|(index, part)| SplitPart {
        name: part.name,
        objective: part.objective,
        success_criteria: part.success_criteria,
        files: part.files,
        needs: part.needs,
        path: paths.get(index).map(|path| path.display().to_string()),
    });
    SplitResult { parts: parts.collect(), why: division.why }
}

fn refused(id: &str, undivided: &Undivided) -> Failure {
    Failure::new(StatusCode::CONFLICT, undivided.code(), format!("{id} can't be divided"), undivided.to_string())
        .hint(undivided.hint())
}

fn not_written(id: &str, why: String) -> Failure {
    Failure::new(StatusCode::CONFLICT, "not_divided", format!("{id} was not divided"), why)
        .hint("correct that, and divide it again")
}
