//! The turn that a typed prompt began: when it is over, and whether that is the task's end, is told to the core.
//!
//! Where the program itself says that its turn is over (its report, its title, its screen), it is over then. Where only its
//! silence says so, it must last: a program may fall silent for a moment and go on.

use super::work::Work;
use crate::api::agents::Status;
use crate::config::tasks::DoneWhen;
use crate::supervisor::context::Context;
use crate::supervisor::roster;
use crate::supervisor::run::{RunHandle, SILENCE};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::status::{Activity, Source, Verdict};
use quarterdeck_core::task::{Stage, TaskEvent};
use std::sync::Arc;
use std::time::Duration;

/// A program that shows nothing for so long after its prompt has no more to say. One that works writes before.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// A program that has been idle for so long, as far as its silence tells, has ended its turn.
const TURN_SILENCE: Duration = Duration::from_secs(7);

/// Whether the program was seen at work since it got its prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    NotYet,
    Yes,
}

/// How a turn ended.
enum End {
    /// The program waits for a prompt.
    AtRest,
    /// In an error, in its words.
    Failed(String),
    /// Perhaps: it is silent.
    Silent,
}

/// Follows the turns of an agent that works on a task, and tells of their ends. Comes back when that ends the task, or
/// another task or attempt has begun.
pub(super) async fn follow(context: &Context, (task, attempt): (TaskId, u32), agent: AgentId, run: RunId, seen: Seen) {
    if seen == Seen::NotYet {
        // A program that answers at once and no more is never seen at work.
        let _answered_or_not = tokio::time::timeout(ANSWER_WAIT, until_it_works(context, agent)).await;
    }
    loop {
        let why = until_turn_is_over(context, agent).await;
        if Work::of(context, task, attempt).is_none_or(|work| work.run != run) {
            return;
        }
        let silence_is_its_word = why.is_none() && done_when(context, agent) == Some(DoneWhen::Idle);
        if silence_is_its_word {
            return context.kernel.tell(Event::Task(TaskEvent::TurnEnded { run })).await;
        }
        context.kernel.tell(Event::Task(TaskEvent::TurnSilent { run, why })).await;
        until_it_works(context, agent).await;
        context.kernel.tell(Event::Task(TaskEvent::TurnBegun { run })).await;
    }
}

fn done_when(context: &Context, agent: AgentId) -> Option<DoneWhen> {
    let known = context.agent_name(agent).and_then(|name| context.configs.get(&name));
    known.map(|known| known.agent.tasks.done_when)
}

async fn until_it_works(context: &Context, agent: AgentId) {
    until(context, agent, |status, _| (status == Status::Working).then_some(())).await;
}

/// The error that ended the turn, if one did.
async fn until_turn_is_over(context: &Context, agent: AgentId) -> Option<String> {
    loop {
        match until(context, agent, end).await {
            End::AtRest => return None,
            End::Failed(why) => return Some(why),
            End::Silent => {
                let goes_on = until(context, agent, |status, _| (status != Status::Idle).then_some(()));
                if tokio::time::timeout(TURN_SILENCE, goes_on).await.is_err() {
                    return None;
                }
            }
        }
    }
}

fn end(status: Status, verdict: Option<&Verdict>) -> Option<End> {
    match (status, verdict.map(|verdict| (&verdict.activity, verdict.source))) {
        (Status::Error, Some((Activity::Failed(why), _))) => Some(End::Failed(why.clone())),
        (Status::Idle, Some((_, Source::Output)) | None) => Some(End::Silent),
        (Status::Idle, Some(_)) => Some(End::AtRest),
        _ => None,
    }
}

/// Waits until an agent's status is what is looked for. An agent whose run ends has its task taken away, and this with it.
pub(super) async fn until<T>(
    context: &Context,
    agent: AgentId,
    look: impl Fn(Status, Option<&Verdict>) -> Option<T>,
) -> T {
    let (mut pulse, mut view) = (context.pulse.subscribe(), context.kernel.changes());
    loop {
        let standing = roster::standing_of(context, agent);
        if let Some(found) = standing.and_then(|(status, verdict)| look(status, verdict.as_ref())) {
            return found;
        }
        let ended = tokio::select! {
            pulse = pulse.changed() => pulse.is_err(),
            view = view.changed() => view.is_err(),
        };
        if ended {
            return std::future::pending().await;
        }
    }
}

/// Goes on with the turns that were under way when the supervisor before this one went.
pub(in crate::supervisor) fn resume(context: &Arc<Context>) {
    let view = context.kernel.view();
    let running = view.tasks.iter().filter(|(_, task)| task.stage == Stage::Running);
    let turns: Vec<_> = running.filter_map(|(id, task)| Some((id, task.attempt, task.agent?, task.run?))).collect();
    drop(view);
    for (task, attempt, agent, run) in turns {
        let (shared, context) = (context, Arc::clone(context));
        shared.tasks.begin(task, attempt, async move {
            handle_of(&context, agent, run).await;
            // What it wrote before nobody saw: only a silence from now on says that it is idle.
            tokio::time::sleep(SILENCE).await;
            follow(&context, (task, attempt), agent, run, Seen::Yes).await;
        });
    }
}

/// The run's handle; after a take-over it comes a moment later.
pub(super) async fn handle_of(context: &Context, agent: AgentId, run: RunId) -> RunHandle {
    loop {
        let newest = context.runs.newest_of(agent);
        if let Some(handle) = context.runs.get(run) {
            return handle;
        }
        context.runs.newer_than(agent, newest).await;
    }
}
