//! Watches processes whose end also ends a lease, such as that of `qd lock run`, or the run of an agent that joined.

use crate::process::ProcessStat;
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{LeaseId, RunId};
use quarterdeck_core::lock::{LockEvent, Process};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Waits for the end of a process, and tells the core; or for the end of the lease.
pub(super) async fn watch(kernel: KernelHandle, lease: LeaseId, process: Process) {
    let mut changes = kernel.changes();
    let ended = tokio::select! {
        () = ended(process) => true,
        _given_back = changes.wait_for(|view| view.locks.lease(lease).is_none()) => false,
    };
    if ended {
        kernel.tell(Event::Lock(LockEvent::ProcessEnded { lease })).await;
    }
}

/// Waits for the end of the process with which a run joined, and tells the core; or for the end of the run.
pub(super) async fn follow(kernel: KernelHandle, run: RunId, process: Process) {
    let mut changes = kernel.changes();
    let ended = tokio::select! {
        () = ended(process) => true,
        _left = changes.wait_for(|view| !view.joined.contains_key(&run)) => false,
    };
    if ended {
        kernel.tell(Event::JoinedProcessEnded { run }).await;
    }
}

async fn ended(process: Process) {
    let Some(descriptor) = open(process) else { return };
    // SAFETY: an `OwnedFd` gives out its own descriptor until it is dropped.
    match unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) } {
        // pidfd_open(2): the descriptor is readable when the process has ended.
        Ok(descriptor) => drop(descriptor.readable().await),
        Err(error) => {
            tracing::warn!(?process, %error, "the end of a process can't be waited for");
            std::future::pending().await
        }
    }
}

/// Opens the process if it is the right one: its start time is checked again once its number can't be reused.
fn open(process: Process) -> Option<OwnedFd> {
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw)?;
    let descriptor = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let now = ProcessStat::of(process.pid).ok()?;
    (now.start_time_ticks == process.start_time_ticks).then_some(descriptor)
}
