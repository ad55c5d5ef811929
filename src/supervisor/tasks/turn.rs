//! Follows the turn that a typed prompt began, and tells the core when it has ended, and whether that is the task's
//! end.
//!
//! If the program itself shows that its turn has ended (its report, its title, its screen), it has ended then. If only
//! its silence indicates that, the silence must last: a program may pause for a moment and continue.

use super::work::Work;
use crate::api::agents::Status;
use crate::config::DoneWhen;
use crate::supervisor::context::{Context, Screens};
use crate::supervisor::roster;
use crate::supervisor::run::{RunHandle, SILENCE};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::status::{Activity, Source, Verdict};
use quarterdeck_core::task::{Stage, TaskEvent};
use std::sync::Arc;
use std::time::Duration;

/// The silence after its prompt from which on a program is taken to have nothing to say. A program that works writes
/// earlier.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// The time after which a program that is idle, judging by its silence, has ended its turn.
const TURN_SILENCE: Duration = Duration::from_secs(7);

/// Whether the program was seen to work since it got its prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    NotYet,
    Yes,
}

/// The way in which a program's turn ended.
enum End {
    /// The program waits for a prompt.
    AtRest,
    /// The program met an error, described in its own words.
    Failed(String),
    /// The program is silent, so its turn may have ended.
    Silent,
}

/// Follows the turns of an agent that works on a task, and reports their ends. Returns when that ends the task, or
/// another task or attempt has begun.
pub(super) async fn follow(context: &Context, (task, attempt): (TaskId, u32), agent: AgentId, run: RunId, seen: Seen) {
    if seen == Seen::NotYet {
        // A program that gives one immediate answer is never seen to work.
        let _answered_or_not = tokio::time::timeout(ANSWER_WAIT, until_it_works(context, agent)).await;
    }
    loop {
        let why = until_turn_is_over(context, agent).await;
        if Work::of(&context.kernel, &context.place, task, attempt).is_none_or(|work| work.run != run) {
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

/// Waits for the end of the turn. Returns the error that ended it, if one did.
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

/// Waits until `look` accepts an agent's status. If the agent's run ends, its task is taken away, and this wait is
/// cancelled.
pub(super) async fn until<T>(
    context: &Context,
    agent: AgentId,
    look: impl Fn(Status, Option<&Verdict>) -> Option<T>,
) -> T {
    let (mut pulse, mut view) = (context.dashboard.pulse.subscribe(), context.kernel.changes());
    loop {
        let standing = roster::standing_of(&context.kernel, &context.screens, agent);
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

/// Continues to follow the turns that were in progress when the previous supervisor ended.
pub(in crate::supervisor) fn resume(context: &Arc<Context>) {
    let view = context.kernel.view();
    let running = view.tasks.iter().filter(|(_, task)| task.stage == Stage::Running);
    let turns: Vec<_> = running.filter_map(|(id, task)| Some((id, task.attempt, task.agent?, task.run?))).collect();
    drop(view);
    for (task, attempt, agent, run) in turns {
        let (shared, context) = (context, Arc::clone(context));
        shared.jobs.tasks.begin(task, attempt, async move {
            handle_of(&context.screens, agent, run).await;
            // Its earlier output was not seen: only a silence from now on indicates that it is idle.
            tokio::time::sleep(SILENCE).await;
            follow(&context, (task, attempt), agent, run, Seen::Yes).await;
        });
    }
}

/// Returns the run's handle; after an adoption it becomes available a moment later.
pub(super) async fn handle_of(screens: &Screens, agent: AgentId, run: RunId) -> RunHandle {
    loop {
        let newest = screens.runs.newest_of(agent);
        if let Some(handle) = screens.runs.get(run) {
            return handle;
        }
        screens.runs.newer_than(agent, newest).await;
    }
}
