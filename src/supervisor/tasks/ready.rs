//! Prepares a task before it begins: its prompt as a file, its inputs, and its workspace.
//!
//! Before a task's own workspace is made, its name and the commit from which it starts are stored. So if the same
//! effect comes again after a crash, the same workspace is made or found.

use super::drawer::create;
use super::inputs;
use super::work::{Work, agent_of};
use crate::config::Delivery;
use crate::supervisor::configs::Known;
use crate::supervisor::context::{Context, Jobs, Trees};
use crate::workspace::{Request, WorkspaceError, task as names};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{RunId, TaskId};
use quarterdeck_core::task::{Hope, TaskEvent, TaskWorkspace};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the file that remembers a workspace that a task has to itself.
const WORKSPACE_FILE: &str = "workspace";

/// Why something can't be prepared: a sentence, and whether another attempt could succeed.
#[derive(Debug)]
pub(in crate::supervisor) struct NotReady {
    reason: String,
    hope: Hope,
    task: Option<(TaskId, u32)>,
}

impl NotReady {
    fn of(mut self, work: &Work) -> NotReady {
        self.task = Some((work.id, work.attempt));
        self
    }

    /// Returns the event for the core about the task, which it is told before the run that was begun for the task
    /// fails.
    pub(in crate::supervisor) fn told(&self) -> Option<Event> {
        self.task.map(|(task, attempt)| self.event(task, attempt))
    }

    fn event(&self, task: TaskId, attempt: u32) -> Event {
        Event::Task(TaskEvent::ProvideFailed { task, attempt, reason: self.reason.clone(), hope: self.hope })
    }
}

impl From<String> for NotReady {
    fn from(reason: String) -> NotReady {
        NotReady { reason, hope: Hope::Again, task: None }
    }
}

impl From<&str> for NotReady {
    fn from(reason: &str) -> NotReady {
        reason.to_owned().into()
    }
}

impl From<WorkspaceError> for NotReady {
    fn from(error: WorkspaceError) -> NotReady {
        let hope = match error {
            WorkspaceError::Conflict { .. } => Hope::Never,
            _ => Hope::Again,
        };
        NotReady { hope, ..error.to_string().into() }
    }
}

impl std::fmt::Display for NotReady {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.reason)
    }
}

/// The prepared parts of a run that is about to start.
pub(in crate::supervisor) struct Ready {
    /// The request for the run's workspace.
    pub(in crate::supervisor) request: Request,
    /// The task and attempt that the run works on.
    task: Option<(TaskId, u32)>,
    inputs: Option<PathBuf>,
}

impl Ready {
    /// Returns the event for the core about the task, once the workspace exists.
    pub(in crate::supervisor) fn provided(&self, workspace: &Path) -> Option<Event> {
        let (task, attempt) = self.task?;
        Some(provided(task, attempt, self.inputs.as_deref(), Some(workspace)))
    }
}

fn provided(task: TaskId, attempt: u32, inputs: Option<&Path>, workspace: Option<&Path>) -> Event {
    let text = |path: &Path| path.display().to_string();
    Event::Task(TaskEvent::Provided { task, attempt, inputs: inputs.map(text), workspace: workspace.map(text) })
}

/// Prepares everything that a run needs except the workspace itself, which the returned request asks for. Blocks.
///
/// # Errors
/// Why something can't be prepared, in a sentence.
pub(in crate::supervisor) fn lay_ready(context: &Context, run: RunId, known: &Known) -> Result<Ready, NotReady> {
    let Some(work) = Work::of_run(&context.kernel, &context.place, run) else {
        return Ok(Ready { request: Request::from(&known.agent), task: None, inputs: None });
    };
    lay_ready_for(&context.jobs, &context.trees, &work, known).map_err(|why| why.of(&work))
}

fn lay_ready_for(jobs: &Jobs, trees: &Trees, work: &Work, known: &Known) -> Result<Ready, NotReady> {
    let request = request(jobs, trees, work, known)?;
    let inputs = inputs::lay_ready(work).map_err(|error| error.to_string())?;
    if known.agent.tasks.delivery.is_one_shot() {
        write_prompt(work).map_err(|error| format!("its prompt can't be written: {error}"))?;
    }
    Ok(Ready { request, task: Some((work.id, work.attempt)), inputs })
}

fn write_prompt(work: &Work) -> std::io::Result<()> {
    create(&work.attempt_drawer()?.prompt())?.write_all(work.task.spec.prompt.as_bytes())
}

/// Returns the request for the workspace that a task works in: its agent's, or one that it has to itself.
fn request(jobs: &Jobs, trees: &Trees, work: &Work, known: &Known) -> Result<Request, NotReady> {
    let agents = Request::from(&known.agent);
    match (own_request(trees, work, known), work.task.spec.workspace) {
        (Some(request), _) => Ok(request),
        (None, TaskWorkspace::Agent) => Ok(agents),
        (None, TaskWorkspace::Fresh) => Ok(choose(jobs, trees, work, &agents, None)?),
        (None, TaskWorkspace::Merge) => {
            let base = trees.workspaces.merge(&work.lines(), &work.task.spec.name)?;
            Ok(choose(jobs, trees, work, &agents, base)?)
        }
    }
}

/// Returns the request for the workspace that an attempt has to itself, if one was chosen.
pub(super) fn own_request(trees: &Trees, work: &Work, known: &Known) -> Option<Request> {
    if work.task.spec.workspace == TaskWorkspace::Agent {
        return None;
    }
    let kept = work.attempt_drawer().ok()?.kept(WORKSPACE_FILE)?;
    let mut lines = kept.lines();
    let name = lines.next()?;
    let base = lines.next().filter(|base| !base.is_empty()).map(str::to_owned);
    Some(trees.workspaces.request_for_task(name, &Request::from(&known.agent), base))
}

/// Chooses an unused name for a workspace, and stores it.
fn choose(jobs: &Jobs, trees: &Trees, work: &Work, agents: &Request, base: Option<String>) -> Result<Request, String> {
    let attempt = work.attempt_drawer().map_err(|error| error.to_string())?;
    let asked = |name: &str| trees.workspaces.request_for_task(name, agents, base.clone());
    let names = names::names(&work.task.spec.name, work.id.0, work.attempt);
    let free = |name: &str| trees.workspaces.is_free(name, asked(name).kind).map_err(|error| error.to_string());
    let keep = |name: &str| {
        let text = format!("{name}\n{}\n", base.as_deref().unwrap_or_default());
        attempt.keep(WORKSPACE_FILE, &text).map_err(|error| format!("its workspace can't be chosen: {error}"))
    };
    let taken = || {
        format!("there are workspaces of its name already: see `git branch --list 'qd/task+{}*'`", work.task.spec.name)
    };
    jobs.tasks.choose(names, free, keep)?.map(|name| asked(&name)).ok_or_else(taken)
}

/// Prepares the inputs of a task for a live run, and the workspace that the task has to itself.
pub(super) async fn provide(context: Arc<Context>, task: TaskId, attempt: u32) {
    let providing = Arc::clone(&context);
    let done = tokio::task::spawn_blocking(move || provide_now(&providing, task, attempt)).await;
    let event = match done {
        Ok(None) => return,
        Ok(Some(Ok(event))) => event,
        Ok(Some(Err(why))) => why.event(task, attempt),
        Err(cut_off) => NotReady::from(cut_off.to_string()).event(task, attempt),
    };
    context.kernel.tell(event).await;
}

/// Prepares a task for its live run. Returns none if no agent has the task in hand any more.
fn provide_now(context: &Context, task: TaskId, attempt: u32) -> Option<Result<Event, NotReady>> {
    let work = Work::of(&context.kernel, &context.place, task, attempt)?;
    let Some(known) = agent_of(context, &work) else {
        return Some(Err("its agent is no longer configured".into()));
    };
    Some(try_provide(&context.jobs, &context.trees, &work, &known))
}

fn try_provide(jobs: &Jobs, trees: &Trees, work: &Work, known: &Known) -> Result<Event, NotReady> {
    debug_assert!(matches!(known.agent.tasks.delivery, Delivery::Pull | Delivery::Type), "a run begins for the others");
    let inputs = inputs::lay_ready(work).map_err(|error| error.to_string())?;
    let workspace = match work.task.spec.workspace {
        TaskWorkspace::Agent => known.workspace_path.clone(),
        TaskWorkspace::Fresh | TaskWorkspace::Merge => {
            let request = request(jobs, trees, work, known)?;
            trees.workspaces.prepare(&request)?.root
        }
    };
    Ok(provided(work.id, work.attempt, inputs.as_deref(), Some(&workspace)))
}
