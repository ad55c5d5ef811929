//! Handles one claim: a task is given at once, or the claim waits with a client that may disconnect at any moment.
//!
//! **Invariant:** no client that has disconnected keeps a task that it was not told of (`tests/e2e`,
//! `a_claimer_that_goes_away_gets_nothing`).

use super::super::ask::ask_and_wait;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::Failure;
use axum::http::StatusCode;
use quarterdeck_core::command::{Denied, Settled};
use quarterdeck_core::ids::{ClaimId, RunId, TaskId};
use quarterdeck_core::task::{ClaimSettled, TaskAnswer, TaskCommand, TaskDenied};
use quarterdeck_core::time::Span;
use tokio::sync::oneshot;

/// The wait, in milliseconds, from which on a claim has no deadline: ten years.
const EVER_MS: u64 = 10 * 365 * 24 * 3_600_000;

/// The title of a refused claim.
pub(super) const REFUSED: &str = "no task was given out";

/// A task that a run has claimed, and that its client has not been told of yet.
pub(super) struct Claimed {
    task: TaskId,
    undo: Undo,
}

/// The claim that is withdrawn if the client disconnects before it was told the result.
struct Undo {
    kernel: KernelHandle,
    claim: Option<ClaimId>,
}

impl Drop for Undo {
    fn drop(&mut self) {
        let (Some(claim), Ok(runtime)) = (self.claim.take(), tokio::runtime::Handle::try_current()) else { return };
        let kernel = self.kernel.clone();
        runtime.spawn(async move { kernel.ask(TaskCommand::Withdraw { claim }).await });
    }
}

impl Claimed {
    /// Returns the number of the claimed task.
    pub(super) fn task(&self) -> TaskId {
        self.task
    }

    /// Cancels the undo, because the client knows its task.
    pub(super) fn told(mut self) {
        self.undo.claim = None;
    }
}

/// A claim for a task that was not refused.
enum Asked {
    Claimed(Claimed),
    Nothing,
    Waits { settled: oneshot::Receiver<Settled>, undo: Undo },
}

/// Claims a task and waits for one. Returns none if none was available in time.
pub(super) async fn claim(
    kernel: &KernelHandle,
    run: RunId,
    task: Option<TaskId>,
    wait_ms: u64,
) -> Result<Option<Claimed>, Failure> {
    let wait = if wait_ms >= EVER_MS { Span(u64::MAX) } else { Span(wait_ms) };
    let (tell, told) = oneshot::channel();
    let shared = kernel.clone();
    // The claim is completed even if the client disconnects at once, so that its result can be undone.
    tokio::spawn(async move {
        let _unheard = tell.send(ask(shared, TaskCommand::Claim { run, task, wait }).await);
    });
    match told.await.unwrap_or_else(|_| Err(Failure::impossible()))? {
        Asked::Claimed(claimed) => Ok(Some(claimed)),
        Asked::Nothing => Ok(None),
        Asked::Waits { settled, undo } => wait_for_end(kernel, settled, undo).await,
    }
}

async fn ask(kernel: KernelHandle, command: TaskCommand) -> Result<Asked, Failure> {
    let (answer, settled) = ask_and_wait(&kernel, REFUSED, command).await?;
    match answer {
        TaskAnswer::Claimed { task } => {
            let claim = kernel.view().tasks.get(task).and_then(|task| task.claim);
            Ok(Asked::Claimed(Claimed { task, undo: Undo { kernel, claim } }))
        }
        TaskAnswer::Waits { claim } => Ok(Asked::Waits { settled, undo: Undo { kernel, claim: Some(claim) } }),
        TaskAnswer::Nothing => Ok(Asked::Nothing),
        TaskAnswer::Added { .. } | TaskAnswer::Accepted { .. } => Err(Failure::impossible()),
    }
}

async fn wait_for_end(
    kernel: &KernelHandle,
    settled: oneshot::Receiver<Settled>,
    mut undo: Undo,
) -> Result<Option<Claimed>, Failure> {
    // No result arrives if the supervisor ends.
    let Ok(Settled::Claim(settled)) = settled.await else { return Err(crate::supervisor::kernel::KernelGone.into()) };
    if let ClaimSettled::Task { task } = settled {
        return Ok(Some(Claimed { task, undo }));
    }
    undo.claim = None;
    match settled {
        ClaimSettled::Task { .. } | ClaimSettled::Nothing => Ok(None),
        ClaimSettled::Busy { task } => Err(refused(kernel, Denied::Task(TaskDenied::Busy { task }))),
        ClaimSettled::Ended { task } => Err(refused(kernel, Denied::Task(TaskDenied::Ended { task }))),
        ClaimSettled::Over => {
            let why = "the run is ending, or the fleet is";
            Err(Failure::new(StatusCode::CONFLICT, "run_ended", REFUSED, why))
        }
    }
}

fn refused(kernel: &KernelHandle, denied: Denied) -> Failure {
    Failure::refused(REFUSED, &denied, &kernel.view())
}
