//! Performs the effects of tasks: their inputs are prepared, their prompt reaches its agent, and their outputs are
//! collected and verified.
//!
//! ```text
//!  one-shot   Prepare ─► [`ready`]: workspace, inputs, prompt ─► Launch: [`work`] gives environment, argument, input
//!  others     Provide ─► [`ready`]; Deliver ─► [`deliver`]: typed once the terminal is idle, never into a question
//!  all        Verify  ─► [`verify`]: commit, check inputs, collect outputs, run the command, remove the workspace
//! ```
//!
//! Everything of an attempt is in a directory of its own ([`drawer`]). After a supervisor was killed, the next one gets
//! the same effect again; in this directory it finds the steps that are done, and does not repeat them.

mod answer;
mod deliver;
mod drawer;
mod errand;
mod inputs;
pub(super) mod jobs;
mod ready;
mod turn;
mod verify;
mod work;

pub(super) use ready::{NotReady, Ready, lay_ready};
pub(super) use turn::resume;
pub(super) use work::Work;

use super::context::Context;
use crate::place::Place;
use crate::workspace;
use drawer::Drawer;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::TaskEffect;
use std::sync::Arc;

/// Performs an effect of a task.
pub(super) fn perform(context: &Arc<Context>, effect: TaskEffect) {
    let shared = Arc::clone(context);
    let tasks = &context.jobs.tasks;
    match effect {
        TaskEffect::Provide { task, attempt, .. } => tasks.begin(task, attempt, ready::provide(shared, task, attempt)),
        TaskEffect::Deliver { task, attempt, agent, run } => {
            tasks.begin(task, attempt, deliver::deliver(shared, task, attempt, agent, run));
        }
        TaskEffect::Verify { task, attempt, .. } => tasks.begin(task, attempt, verify::verify(shared, task, attempt)),
        TaskEffect::Abandon { task, attempt } => tasks.abandon(task, attempt),
        TaskEffect::Forget { tasks } => {
            tokio::task::spawn_blocking(move || tasks.into_iter().for_each(|task| forget(&shared.place, task)));
        }
    }
}

/// Deletes the files of a task whose record was deleted. Its branch, and a workspace that remains, belong to the user.
fn forget(place: &Place, task: TaskId) {
    let drawer = Drawer::of(&place.state_directory, task);
    if let Err(error) = workspace::delete_tree(drawer.directory()) {
        tracing::warn!(%task, %error, "what was kept of a task could not be removed");
    }
}
