//! Asks the kernel for a change on behalf of a handler: a refusal and an impossible answer become failures here.

use crate::supervisor::kernel::Answered;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::Failure;
use quarterdeck_core::ask::Ask;
use quarterdeck_core::command::{Command, Settled};
use tokio::sync::oneshot;

/// Asks for a change in the coordination, and returns the answer; `what` is the title of a refusal.
pub(super) async fn ask<A: Ask>(kernel: &KernelHandle, what: &str, ask: A) -> Result<A::Answer, Failure> {
    let answered = kernel.ask(ask).await;
    let refused = |unanswered| Failure::unanswered(unanswered, |denied| Failure::refused(what, denied, &kernel.view()));
    answered.map(|answered| answered.answer).map_err(refused)
}

/// Asks like [`ask()`] for a change that may have to wait: if the answer says so, the result comes through the receiver.
pub(super) async fn ask_and_wait<A: Ask>(
    kernel: &KernelHandle,
    what: &str,
    ask: A,
) -> Result<(A::Answer, oneshot::Receiver<Settled>), Failure> {
    let answered = kernel.ask_and_wait(ask).await;
    answered
        .map_err(|unanswered| Failure::unanswered(unanswered, |denied| Failure::refused(what, denied, &kernel.view())))
}

/// Asks for a change of the agent with this name, or of the fleet. Returns the number of the newest fact after it.
pub(super) async fn ask_about(kernel: &KernelHandle, name: &str, command: Command) -> Result<u64, Failure> {
    let answered = kernel.ask(command).await;
    let refused = |unanswered| Failure::unanswered(unanswered, |denied| Failure::denied(name, denied));
    answered.map(|Answered { seq, .. }| seq).map_err(refused)
}
