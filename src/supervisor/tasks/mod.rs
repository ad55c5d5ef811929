//! Performs the effects of tasks: their inputs are prepared, their prompt reaches its agent, and their outputs are
//! collected and verified.
//!
//! ```text
//!  one-shot   Prepare ─► [`ready`]: workspace, inputs, prompt ─► Launch: [`work`] gives environment, argument, input
//!  others     Provide ─► [`ready`]; Deliver ─► [`deliver`]: typed once the terminal is idle, never into a question
//!  all        Verify  ─► [`verify`]: commit, check inputs, collect outputs, run the command, remove the workspace
//! ```
//!
//! Everything of an attempt is in a directory of its own ([`drawer`]), written so that a supervisor that gets the same
//! effect again, after the previous supervisor was killed, finds the steps that are done and does not repeat them.

mod answer;
mod deliver;
mod drawer;
mod errand;
mod inputs;
mod ready;
mod turn;
mod verify;
mod work;

pub(super) use ready::{NotReady, Ready, lay_ready};
pub(super) use turn::resume;
pub(super) use work::Work;

use super::configs::Known;
use super::context::Context;
use crate::workspace;
use drawer::Drawer;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::TaskEffect;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// The most names that are remembered as chosen. Beyond it, the oldest is forgotten: its workspace exists, since it is
/// made right after its name was chosen.
const CHOSEN_NAMES_MAX: usize = 1_024;

/// The jobs in progress for tasks. Limited by the number of agents: each has at most one task in hand.
#[derive(Default)]
pub(super) struct Tasks {
    jobs: Mutex<HashMap<(TaskId, u32), AbortHandle>>,
    /// The chosen names of workspaces, the newest last. The workspace may not exist yet, but no other task may have its
    /// name.
    chosen: Mutex<VecDeque<String>>,
}

impl Tasks {
    /// Starts a job for an attempt, in place of the attempt's previous job.
    fn begin(&self, task: TaskId, attempt: u32, job: impl Future<Output = ()> + Send + 'static) {
        let job = tokio::spawn(job).abort_handle();
        let mut jobs = lock(&self.jobs);
        jobs.retain(|_, job| !job.is_finished());
        if let Some(earlier) = jobs.insert((task, attempt), job) {
            earlier.abort();
        }
    }

    /// Ends the job of an attempt, if there is one. A verification is killed with all processes that it started.
    fn abandon(&self, task: TaskId, attempt: u32) {
        if let Some(job) = lock(&self.jobs).remove(&(task, attempt)) {
            job.abort();
        }
    }

    /// Chooses the first of these names that is free and was not chosen before. `keep` is called with it before any
    /// other task may choose.
    fn choose<E>(
        &self,
        names: Vec<String>,
        free: impl Fn(&str) -> Result<bool, E>,
        keep: impl FnOnce(&str) -> Result<(), E>,
    ) -> Result<Option<String>, E> {
        let mut chosen = lock(&self.chosen);
        for name in names {
            if !chosen.contains(&name) && free(&name)? {
                keep(&name)?;
                if chosen.len() == CHOSEN_NAMES_MAX {
                    chosen.pop_front();
                }
                chosen.push_back(name.clone());
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// Locks a mutex even after a panic: no value here is inconsistent when a panic interrupts a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the configuration of the agent that has a task in hand.
fn agent_of(context: &Context, work: &Work) -> Option<Known> {
    context.agent_name(work.agent).and_then(|name| context.configs.get(&name))
}

/// Performs an effect of a task.
pub(super) fn perform(context: &Arc<Context>, effect: TaskEffect) {
    let shared = Arc::clone(context);
    let tasks = &context.tasks;
    match effect {
        TaskEffect::Provide { task, attempt, .. } => tasks.begin(task, attempt, ready::provide(shared, task, attempt)),
        TaskEffect::Deliver { task, attempt, agent, run } => {
            tasks.begin(task, attempt, deliver::deliver(shared, task, attempt, agent, run));
        }
        TaskEffect::Verify { task, attempt, .. } => tasks.begin(task, attempt, verify::verify(shared, task, attempt)),
        TaskEffect::Abandon { task, attempt } => tasks.abandon(task, attempt),
        TaskEffect::Forget { tasks } => {
            tokio::task::spawn_blocking(move || tasks.into_iter().for_each(|task| forget(&shared, task)));
        }
    }
}

/// Deletes the files of a task that is forgotten. Its branch, and a workspace that remains, belong to the user.
fn forget(context: &Context, task: TaskId) {
    let drawer = Drawer::of(&context.place.state_directory, task);
    if let Err(error) = workspace::delete_tree(drawer.directory()) {
        tracing::warn!(%task, %error, "what was kept of a task could not be removed");
    }
}
