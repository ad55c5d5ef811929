//! A prompt typed into the terminal of a running agent, and the end of the turn that it began.
//!
//! Nothing is typed while the program works, and nothing while it may be waiting for a person: a prompt must never be
//! the answer to a question. Before it types, the supervisor writes that it is about to; afterwards that it has. One
//! that finds only the first of these was killed in between: whether the program has all of the prompt nobody knows,
//! so that attempt has failed, and no prompt is ever typed twice.

use super::agent_of;
use super::drawer::Mark;
use super::work::Work;
use crate::api::agents::Status;
use crate::config::tasks::DoneWhen;
use crate::supervisor::configs::Known;
use crate::supervisor::context::Context;
use crate::supervisor::roster;
use crate::supervisor::run::{RunHandle, SILENCE, Stroke};
use crate::term::keys::Key;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::task::{Stage, TaskEvent, TaskWorkspace};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A program that shows nothing for so long after its prompt has no more to say. One that works writes before.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Types the prompt, and tells how that went; then waits for the end of the turn, if that ends the task.
pub(super) async fn deliver(context: Arc<Context>, task: TaskId, attempt: u32, agent: AgentId, run: RunId) {
    let Some(work) = Work::of(&context, task, attempt) else { return };
    let Some(known) = agent_of(&context, &work) else {
        return tell_failed(&context, task, attempt, "its agent is no longer configured".to_owned()).await;
    };
    match type_prompt(&context, &work, &known, agent, run).await {
        Ok(()) => context.kernel.tell(Event::Task(TaskEvent::Delivered { task, attempt })).await,
        Err(reason) => return tell_failed(&context, task, attempt, reason).await,
    }
    if known.agent.tasks.done_when == DoneWhen::Idle {
        until_turn_ends(&context, (task, attempt), agent, run, Seen::NotYet).await;
    }
}

async fn tell_failed(context: &Context, task: TaskId, attempt: u32, reason: String) {
    context.kernel.tell(Event::Task(TaskEvent::DeliveryFailed { task, attempt, reason })).await;
}

async fn type_prompt(context: &Context, work: &Work, known: &Known, agent: AgentId, run: RunId) -> Result<(), String> {
    let drawer = work.attempt_drawer().map_err(|error| error.to_string())?;
    match (drawer.has(Mark::Typing), drawer.has(Mark::Typed)) {
        (_, true) => return Ok(()),
        (true, false) => {
            return Err("the supervisor was killed while it typed the prompt: look at the agent's terminal".to_owned());
        }
        (false, false) => {}
    }
    let handle = handle_of(context, agent, run).await;
    until_status(context, agent, |status| status == Status::Idle).await;
    let workspace = (work.task.spec.workspace != TaskWorkspace::Agent).then_some(work.task.workspace.as_deref());
    let text = work.typed_text(&known.agent, workspace.flatten().map(Path::new));
    let enter = Key::parse("enter").map_err(|error| error.to_string())?;
    drawer.remember(Mark::Typing).map_err(|error| error.to_string())?;
    handle.type_in(vec![Stroke::Paste(text), Stroke::Key(enter)]).await.map_err(|refused| refused.to_string())?;
    drawer.remember(Mark::Typed).map_err(|error| error.to_string())
}

/// The run's handle; after a take-over it comes a moment later.
async fn handle_of(context: &Context, agent: AgentId, run: RunId) -> RunHandle {
    loop {
        let newest = context.runs.newest_of(agent);
        if let Some(handle) = context.runs.get(run) {
            return handle;
        }
        context.runs.newer_than(agent, newest).await;
    }
}

/// Waits until an agent's status is one of these. An agent whose run ends has its task taken away, and this with it.
async fn until_status(context: &Context, agent: AgentId, is: impl Fn(Status) -> bool) {
    let (mut pulse, mut view) = (context.pulse.subscribe(), context.kernel.changes());
    while !roster::status_of(context, agent).is_some_and(&is) {
        let ended = tokio::select! {
            pulse = pulse.changed() => pulse.is_err(),
            view = view.changed() => view.is_err(),
        };
        if ended {
            return std::future::pending().await;
        }
    }
}

/// Whether the program was seen at work since it got its prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    NotYet,
    Yes,
}

/// Waits until the program has worked and is idle again, and tells, if this attempt is still what it works on.
async fn until_turn_ends(context: &Context, (task, attempt): (TaskId, u32), agent: AgentId, run: RunId, seen: Seen) {
    if seen == Seen::NotYet {
        // A program that answers at once and no more is never seen at work.
        let works = until_status(context, agent, |status| status == Status::Working);
        let _answered_or_not = tokio::time::timeout(ANSWER_WAIT, works).await;
    }
    until_status(context, agent, |status| status == Status::Idle).await;
    let goes_on = Work::of(context, task, attempt).is_some_and(|work| work.run == run);
    if goes_on {
        context.kernel.tell(Event::Task(TaskEvent::TurnEnded { run })).await;
    }
}

/// Goes on waiting for the turns that were under way when the supervisor before this one went.
pub(in crate::supervisor) fn resume(context: &Arc<Context>) {
    let view = context.kernel.view();
    let running = view.tasks.iter().filter(|(_, task)| task.stage == Stage::Running);
    let turns: Vec<_> = running.filter_map(|(id, task)| Some((id, task.attempt, task.agent?, task.run?))).collect();
    drop(view);
    for (task, attempt, agent, run) in turns {
        let (shared, context) = (context, Arc::clone(context));
        shared.tasks.begin(task, attempt, async move {
            let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
            if known.is_some_and(|known| known.agent.tasks.done_when == DoneWhen::Idle) {
                handle_of(&context, agent, run).await;
                // What it wrote before nobody saw: only a silence from now on says that it is idle.
                tokio::time::sleep(SILENCE).await;
                until_turn_ends(&context, (task, attempt), agent, run, Seen::Yes).await;
            }
        });
    }
}
