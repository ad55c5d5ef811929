//! What is under way for tasks, and the names that were chosen for their workspaces.

use quarterdeck_core::ids::TaskId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// Names that are remembered as chosen. Beyond it, the oldest is forgotten: its workspace is there, since it is made
/// right after its name was chosen.
const CHOSEN_NAMES_MAX: usize = 1_024;

/// What is under way for tasks. Bounded by the agents: each has one task in hand.
#[derive(Default)]
pub(in crate::supervisor) struct Tasks {
    jobs: Mutex<HashMap<(TaskId, u32), AbortHandle>>,
    /// Names of workspaces that were chosen, newest last. One may not be there yet, and no other task may have it.
    chosen: Mutex<VecDeque<String>>,
}

impl Tasks {
    /// Begins something for an attempt, in place of what was under way for it.
    pub(super) fn begin(&self, task: TaskId, attempt: u32, job: impl Future<Output = ()> + Send + 'static) {
        let job = tokio::spawn(job).abort_handle();
        let mut jobs = lock(&self.jobs);
        jobs.retain(|_, job| !job.is_finished());
        if let Some(earlier) = jobs.insert((task, attempt), job) {
            earlier.abort();
        }
    }

    /// Ends whatever is under way for an attempt. A verification is killed with all that it started.
    pub(super) fn abandon(&self, task: TaskId, attempt: u32) {
        if let Some(job) = lock(&self.jobs).remove(&(task, attempt)) {
            job.abort();
        }
    }

    /// Chooses the first of these names that is free and was not chosen before. `keep` is called with it before any
    /// other task may choose.
    pub(super) fn choose<E>(
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
