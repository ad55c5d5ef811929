//! What tasks ask of the world: that what they need is laid ready, that their prompt reaches its agent, that what came
//! of it is collected and verified.
//!
//! ```text
//!  one-shot   Prepare ─► [`ready`]: workspace, inputs, prompt ─► Launch: [`work`] gives environment, argument, input
//!  others     Provide ─► [`ready`]; Deliver ─► [`deliver`]: typed once the terminal is idle, never into a question
//!  all        Verify  ─► [`verify`]: commit, inputs as they were?, outputs, the command, the workspace goes
//! ```
//!
//! Everything of an attempt is in a directory of its own ([`drawer`]), written so that a supervisor that is asked the
//! same again after the one before it was killed finds what is done and does not do it twice.

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

/// Names that are remembered as chosen. Beyond it, the oldest is forgotten: its workspace is there, since it is made
/// right after its name was chosen.
const CHOSEN_NAMES_MAX: usize = 1_024;

/// What is under way for tasks. Bounded by the agents: each has one task in hand.
#[derive(Default)]
pub(super) struct Tasks {
    jobs: Mutex<HashMap<(TaskId, u32), AbortHandle>>,
    /// Names of workspaces that were chosen, newest last. One may not be there yet, and no other task may have it.
    chosen: Mutex<VecDeque<String>>,
}

impl Tasks {
    /// Begins something for an attempt, in place of what was under way for it.
    fn begin(&self, task: TaskId, attempt: u32, job: impl Future<Output = ()> + Send + 'static) {
        let job = tokio::spawn(job).abort_handle();
        let mut jobs = lock(&self.jobs);
        jobs.retain(|_, job| !job.is_finished());
        if let Some(earlier) = jobs.insert((task, attempt), job) {
            earlier.abort();
        }
    }

    /// Ends whatever is under way for an attempt. A verification is killed with all that it started.
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

/// Nothing here is half done when a panic interrupts it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The agent that has a task in hand, as configured.
fn agent_of(context: &Context, work: &Work) -> Option<Known> {
    context.agent_name(work.agent).and_then(|name| context.configs.get(&name))
}

/// Carries out what a task asks.
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

/// Drops what is kept on disk of a task that is forgotten. Its branch, and a workspace that it left, are the user's.
fn forget(context: &Context, task: TaskId) {
    let drawer = Drawer::of(&context.place.state_directory, task);
    if let Err(error) = workspace::delete_tree(drawer.directory()) {
        tracing::warn!(%task, %error, "what was kept of a task could not be removed");
    }
}
