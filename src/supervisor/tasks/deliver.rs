//! Types a prompt into the terminal of a running agent, and waits for the end of the turn that it began.
//!
//! Nothing is typed while the program works, or while it may be asking a person: a prompt must never be the answer
//! to a question. Before it types, the supervisor writes a mark that it is about to; after the program has accepted the
//! prompt, it writes another mark. If only the first mark is found, the supervisor was killed in between: nobody knows
//! whether the program has the whole prompt, so that attempt has failed, and no prompt is ever typed twice. An attempt
//! whose prompt was typed and not accepted has failed as well: the prompt is still in the program's input box, and
//! nothing more is typed there.

use super::drawer::Mark;
use super::turn::{self, Seen};
use super::work::{Work, agent_of};
use crate::supervisor::configs::Known;
use crate::supervisor::context::{Context, Screens};
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::delivery::Receipt;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::task::{TaskEvent, TaskWorkspace};
use std::path::Path;
use std::sync::Arc;

/// Types the prompt and reports the result; then waits for the end of the turn, if that ends the task.
pub(super) async fn deliver(context: Arc<Context>, task: TaskId, attempt: u32, agent: AgentId, run: RunId) {
    let Some(work) = Work::of(&context.kernel, &context.place, task, attempt) else { return };
    let Some(known) = agent_of(&context, &work) else {
        return tell_failed(&context.kernel, task, attempt, "its agent is no longer configured".to_owned()).await;
    };
    match type_prompt(&context.screens, &work, &known, agent, run).await {
        Ok(()) => context.kernel.tell(Event::Task(TaskEvent::Delivered { task, attempt })).await,
        Err(reason) => return tell_failed(&context.kernel, task, attempt, reason).await,
    }
    turn::follow(&context, (task, attempt), agent, run, Seen::NotYet).await;
}

async fn tell_failed(kernel: &KernelHandle, task: TaskId, attempt: u32, reason: String) {
    kernel.tell(Event::Task(TaskEvent::DeliveryFailed { task, attempt, reason })).await;
}

async fn type_prompt(screens: &Screens, work: &Work, known: &Known, agent: AgentId, run: RunId) -> Result<(), String> {
    let drawer = work.attempt_drawer().map_err(|error| error.to_string())?;
    match (drawer.has(Mark::Typing), drawer.has(Mark::Typed)) {
        (_, true) => return Ok(()),
        (true, false) => {
            return Err("the supervisor was killed while it typed the prompt: look at the agent's terminal".to_owned());
        }
        (false, false) => {}
    }
    let handle = turn::handle_of(screens, agent, run).await;
    let workspace = (work.task.spec.workspace != TaskWorkspace::Agent).then_some(work.task.workspace.as_deref());
    let text = work.typed_text(&known.agent, workspace.flatten().map(Path::new));
    let begins = || drawer.remember(Mark::Typing).map_err(|error| error.to_string());
    let withdrawn = || drawer.forget(Mark::Typing).map_err(|error| error.to_string());
    match handle.type_in_turn(&text, begins, withdrawn).await?.receipt {
        Receipt::Unconfirmed(why) => {
            Err(format!("its prompt was typed, not submitted: {why}; look at the agent's terminal"))
        }
        Receipt::Typed | Receipt::Submitted => drawer.remember(Mark::Typed).map_err(|error| error.to_string()),
    }
}
