//! Makes and removes workspaces by blocking code, on threads that may block; the core is told the result.

use super::context::Context;
use super::problem::Failure;
use super::tasks::{self, NotReady, Ready};
use crate::api::removal::WorkspaceFate;
use crate::config::{Enforce, WorkspaceKind};
use crate::supervisor::kernel::KernelHandle;
use crate::workspace::{Abandon, Fate, Guard, Prepared, RemoveError, Request};
use axum::http::StatusCode;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::policy::Coordination;
use quarterdeck_core::severity::Severity;
use quarterdeck_core::view::AgentView;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// The most runs in one batch: runs whose workspaces are requested together share questions to git. Beyond it, further
/// runs are in the next batch.
const BATCH_RUNS_MAX: usize = 256;
/// The most batches in progress at a time, so that a later one need not wait for all of a large one. Beyond it, a batch
/// waits.
const BATCHES_MAX: usize = 2;
/// The most runs that wait for the preparer. Beyond it, the next one waits for room.
const WAITING_RUNS_MAX: usize = 4_096;

/// The reason that is given for a workspace that is no longer wanted.
const ABANDONED: &str = "it is no longer wanted";

/// The maker of workspaces: for each run that it is told, it answers with `Prepared` or `PrepareFailed`.
pub(super) struct Preparer {
    context: Arc<Context>,
    waiting: mpsc::Sender<(RunId, AgentId)>,
    orders: Orders,
}

/// The runs whose workspaces are requested and not answered yet.
#[derive(Clone, Default)]
struct Orders(Arc<Mutex<HashMap<RunId, Abandon>>>);

impl Orders {
    fn of(&self, run: RunId) -> Option<Abandon> {
        self.lock().get(&run).cloned()
    }

    /// Removes a run that is about to be answered. Returns whether it was still unanswered.
    fn answer(&self, run: RunId) -> bool {
        self.lock().remove(&run).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Abandon>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Preparer {
    /// Starts the preparer, which ends when this value is dropped.
    pub(super) fn start(context: Arc<Context>) -> Preparer {
        let (waiting, runs) = mpsc::channel(WAITING_RUNS_MAX);
        let orders = Orders::default();
        tokio::spawn(prepare_batches(Arc::clone(&context), orders.clone(), runs));
        Preparer { context, waiting, orders }
    }

    /// Requests the workspace of a run. No request is lost: one for which there is no room waits for it.
    pub(super) fn prepare(&self, run: RunId, agent: AgentId) {
        self.orders.lock().insert(run, Abandon::default());
        if let Err(mpsc::error::TrySendError::Full(run)) = self.waiting.try_send((run, agent)) {
            let waiting = self.waiting.clone();
            tokio::spawn(async move { waiting.send(run).await });
        }
    }

    /// Abandons the request for a run's workspace. A request that waits behind others is answered at once.
    pub(super) fn abandon(&self, run: RunId) {
        let Some(abandon) = self.orders.of(run) else { return };
        if !abandon.say() && self.orders.answer(run) {
            let context = Arc::clone(&self.context);
            tokio::spawn(async move { context.kernel.tell(failed(run, ABANDONED)).await });
        }
    }
}

async fn prepare_batches(context: Arc<Context>, orders: Orders, mut runs: mpsc::Receiver<(RunId, AgentId)>) {
    let places = Arc::new(Semaphore::new(BATCHES_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let mut batch = Vec::new();
        if runs.recv_many(&mut batch, BATCH_RUNS_MAX).await == 0 {
            return;
        }
        let (context, orders) = (Arc::clone(&context), orders.clone());
        tokio::spawn(async move {
            prepare_batch(context, orders, batch).await;
            drop(place);
        });
    }
}

async fn prepare_batch(context: Arc<Context>, orders: Orders, batch: Vec<(RunId, AgentId)>) {
    let runs: Vec<RunId> = batch.iter().map(|(run, _)| *run).collect();
    let making = Arc::clone(&context);
    let theirs = orders.clone();
    let made = tokio::task::spawn_blocking(move || prepare_now(&making, &theirs, &batch));
    if let Err(cut_off) = made.await {
        for run in runs.into_iter().filter(|run| orders.answer(*run)) {
            context.kernel.tell(failed(run, &cut_off)).await;
        }
    }
}

/// Applies the configuration of the commit guard to the worktrees that are prepared from now on.
pub(super) fn follow_configuration(context: &Context) {
    let file = context.configs.file();
    let wanted = file.coordination.mode == Coordination::On && file.coordination.enforce != Enforce::Off;
    let program = std::env::current_exe().ok().filter(|_| wanted);
    let guard = program.map(|program| Guard { program, config_path: context.place.config_path.clone() });
    context.trees.workspaces.set_guard(guard);
}

/// Reports a worktree without its commit guard: it is as good to work in, but its owner must know.
fn tell_unguarded(kernel: &KernelHandle, prepared: &Prepared) {
    let Some(why) = &prepared.unguarded else { return };
    let text = format!("the commit guard of {} is not as configured: {why}", prepared.root.display());
    let notice = Notice { severity: Severity::Warning, kind: "system.unguarded".to_owned(), text };
    kernel.tell_blocking(Event::Noticed { notice });
}

/// Prepares everything that the runs need, then makes their workspaces, and reports each as soon as it exists.
fn prepare_now(context: &Context, orders: &Orders, batch: &[(RunId, AgentId)]) {
    let mut asked = Vec::new();
    for (run, agent) in batch {
        let Some(abandon) = orders.of(*run) else { continue };
        match lay_ready(context, *run, *agent) {
            Ok(mut ready) => {
                ready.request.abandon = abandon;
                asked.push((*run, ready));
            }
            Err(why) if orders.answer(*run) => {
                why.told().into_iter().for_each(|event| context.kernel.tell_blocking(event));
                context.kernel.tell_blocking(failed(*run, why));
            }
            Err(_) => {}
        }
    }
    let requests: Vec<Request> = asked.iter().map(|(_, ready)| ready.request.clone()).collect();
    context.trees.workspaces.prepare_many(&requests, |index, prepared| {
        let (run, ready) = &asked[index];
        if !orders.answer(*run) {
            return;
        }
        match prepared {
            Ok(prepared) => {
                tell_unguarded(&context.kernel, &prepared);
                ready.provided(&prepared.root).into_iter().for_each(|event| context.kernel.tell_blocking(event));
                if !ready.request.abandon.is_said() {
                    context.trees.prepared.put(*run, prepared);
                }
                context.kernel.tell_blocking(Event::Prepared { run: *run });
            }
            Err(error) => context.kernel.tell_blocking(failed(*run, error)),
        }
    });
}

/// Prepares everything that a run needs, according to its agent and its task.
fn lay_ready(context: &Context, run: RunId, agent: AgentId) -> Result<Ready, NotReady> {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    tasks::lay_ready(context, run, &known.ok_or("the agent is no longer configured")?)
}

fn failed(run: RunId, reason: impl std::fmt::Display) -> Event {
    Event::PrepareFailed { run, reason: reason.to_string() }
}

/// Makes the workspace of a run, or finds it made. The error is a sentence for people.
pub(super) async fn make(context: &Arc<Context>, run: RunId, agent: AgentId) -> Result<Prepared, String> {
    let context = Arc::clone(context);
    let making = tokio::task::spawn_blocking(move || {
        let ready = lay_ready(&context, run, agent).map_err(|why| why.to_string())?;
        context.trees.workspaces.prepare(&ready.request).map_err(|error| error.to_string())
    });
    making.await.map_err(|cut_off| cut_off.to_string())?
}

/// Removes the workspace of an agent without a live run, if that is proved to lose nothing. Returns the result in words
/// for people; none if it was to be kept.
pub(super) async fn remove(
    context: &Context,
    agent: AgentId,
    name: &str,
    fate: WorkspaceFate,
) -> Result<Option<String>, Failure> {
    let fate = match fate {
        WorkspaceFate::Keep => return Ok(None),
        WorkspaceFate::Remove => Fate::Remove,
        WorkspaceFate::Park => Fate::Park,
    };
    let refused = |code: &str, why: String| {
        Failure::new(StatusCode::CONFLICT, code, format!("the workspace of `{name}` was not removed"), why)
    };
    if is_live(context.kernel.view().agents.get(&agent)) {
        return Err(refused("still_running", "it still runs".into()).hint(format!("`qd stop {name}` first")));
    }
    let Some(known) = context.configs.get(name) else {
        return Err(refused("not_configured", "it is no longer in agents.toml, so nobody knows what it was".into())
            .hint("`git worktree list` shows it; remove the agent without its workspace"));
    };
    let workspaces = Arc::clone(&context.trees.workspaces);
    let request = Request::from(&known.agent);
    if known.agent.workspace == WorkspaceKind::Shared {
        return Ok(Some("it worked in the repository itself, which stays".to_owned()));
    }
    let kernel = context.kernel.clone();
    let why_needed = move || is_live(kernel.view().agents.get(&agent)).then(|| "it runs".to_owned());
    match tokio::task::spawn_blocking(move || workspaces.remove_unless(&request, fate, why_needed)).await {
        Ok(Ok(removed)) => {
            let text = format!("{name}: {removed}");
            context.kernel.tell(Event::Noticed { notice: removed_notice(text) }).await;
            Ok(Some(removed.to_string()))
        }
        Ok(Err(RemoveError::Refused(why))) if why.is_parkable() => {
            Err(refused("workspace_not_removed", why.to_string()).hint(format!("qd remove {name} --park")))
        }
        Ok(Err(error)) => Err(refused("workspace_not_removed", error.to_string())),
        Err(cut_off) => Err(refused("workspace_not_removed", cut_off.to_string())),
    }
}

fn is_live(agent: Option<&AgentView>) -> bool {
    agent.is_some_and(|agent| agent.state.is_live())
}

/// Returns the notice about a workspace that was removed.
pub(super) fn removed_notice(text: String) -> Notice {
    Notice { severity: Severity::Info, kind: "system.workspace_removed".to_owned(), text }
}
