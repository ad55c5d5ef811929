//! Why the core refused a command, whatever it was about.

use super::common::Refusal;
use super::{agent, lock, mail, plan, state, sync, task};
use quarterdeck_core::command::Denied;
use quarterdeck_core::view::View;

/// Describes why a command was refused; `name` is the name of the agent that it was about, empty if it was about none.
pub(in crate::supervisor) fn refusal(denied: &Denied, name: &str, view: &View) -> Refusal {
    match denied {
        Denied::Lock(denied) => lock::refusal::refusal(denied, view),
        Denied::Task(denied) => task::refusal::refusal(denied, view),
        Denied::Plan(denied) => plan::refusal::refusal(denied, view),
        Denied::Mail(denied) => mail::refusal(denied, view),
        Denied::Shared(denied) => state::refusal(denied),
        Denied::Sync(denied) => sync::refusal(denied),
        denied => agent::refusal::refusal(denied, name),
    }
}
