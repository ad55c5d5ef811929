//! Keeps the jobs that are in progress for tasks, and the names that were chosen for their workspaces.

use quarterdeck_core::ids::TaskId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// The most names that are remembered as chosen. Beyond it, the oldest is forgotten: its workspace exists, since it is
/// made right after its name was chosen.
const CHOSEN_NAMES_MAX: usize = 1_024;

/// The jobs in progress for tasks. Limited by the number of agents: each has at most one task in hand.
#[derive(Default)]
pub(in crate::supervisor) struct Tasks {
    jobs: Mutex<HashMap<(TaskId, u32), AbortHandle>>,
    /// The chosen names of workspaces, the newest last. The workspace may not exist yet, but no other task may have its
    /// name.
    chosen: Mutex<VecDeque<String>>,
}

impl Tasks {
    /// Starts a job for an attempt, in place of the attempt's previous job.
    pub(super) fn begin(&self, task: TaskId, attempt: u32, job: impl Future<Output = ()> + Send + 'static) {
        let job = tokio::spawn(job).abort_handle();
        let mut jobs = lock(&self.jobs);
        jobs.retain(|_, job| !job.is_finished());
        if let Some(earlier) = jobs.insert((task, attempt), job) {
            earlier.abort();
        }
    }

    /// Ends the job of an attempt, if there is one. A verification is killed with all processes that it started.
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

/// Locks a mutex even after a panic: no value here is inconsistent when a panic interrupts a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
