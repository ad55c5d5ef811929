//! What happened to tasks, in one line for people.

use super::stage::{done_with, held, is_held, skipped, stage};
use super::trouble::{stopped, trouble};
use crate::supervisor::words::common::{cancelled, name_of, plural, task_name};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Counted, Stage, TaskFact, Word};
use quarterdeck_core::view::View;

/// Describes a fact about tasks in one line for people.
pub(in crate::supervisor) fn message(fact: &TaskFact, view: &View) -> String {
    let task = |task: &TaskId| task_name(*task, view);
    match fact {
        TaskFact::Added { spec, .. } => match &spec.routed {
            Some(word) => {
                let wanted = spec.required_capabilities.join(", ");
                format!("{} is added, for {wanted}: its first line says `{word}`", spec.name)
            }
            None => format!("{} is added", spec.name),
        },
        TaskFact::Revised { task: id, .. } => format!("{} is changed", task(id)),
        TaskFact::Held { task: id, why } => format!("{} {}", task(id), is_held(&held(why, *id, view))),
        TaskFact::Queued { task: id } => format!("{} {}", task(id), stage(&Stage::Queued, "")),
        TaskFact::LinedUp { task: id, agent } => {
            format!("{} {}", task(id), stage(&Stage::LinedUp, &name_of(*agent, view)))
        }
        TaskFact::Locked { task: id } => format!("{} has its locks and goes first", task(id)),
        TaskFact::Assigned { task: id, agent, attempt: 1, .. } => {
            format!("{} {}", task(id), stage(&Stage::Assigned, &name_of(*agent, view)))
        }
        TaskFact::Assigned { task: id, agent, attempt, .. } => {
            format!("{} {}, attempt {attempt}", task(id), stage(&Stage::Assigned, &name_of(*agent, view)))
        }
        TaskFact::Stolen { task: id, from, to } => {
            format!("{} takes {} from the queue of {}", name_of(*to, view), task(id), name_of(*from, view))
        }
        TaskFact::Provided { task: id, inputs, .. } => match inputs {
            Some(inputs) => format!("the inputs of {} are in {inputs}", task(id)),
            None => format!("{} has its workspace", task(id)),
        },
        TaskFact::Started { task: id, .. } => format!("{} is worked on", task(id)),
        TaskFact::StoodStill { task: id, .. } => format!("the time limit of {} is paused", task(id)),
        TaskFact::WentOn { task: id, .. } => format!("the time limit of {} runs again", task(id)),
        TaskFact::Asks { task: id, why, .. } => format!("{} {}", task(id), asks(why.as_deref())),
        TaskFact::AsksNoMore { task: id } => format!("{} is worked on again", task(id)),
        TaskFact::Progress { task: id, percent, message } => progress(&task(id), *percent, message.as_deref()),
        TaskFact::Reported { task: id, word: Word::Done, .. } => format!("{} is done, says its agent", task(id)),
        TaskFact::Reported { task: id, word: Word::Failed, .. } => format!("{} failed, says its agent", task(id)),
        TaskFact::Stopping { task: id, why } => format!("{}: its run is stopped: {}", task(id), stopped(why, view)),
        TaskFact::Verifying { task: id, .. } => format!("{} {}", task(id), stage(&Stage::Verifying, "")),
        TaskFact::Done { task: id, verdict, left, .. } => format!("{} is {}", task(id), done_with(*verdict, left)),
        TaskFact::Failed { task: id, why, output, .. } => {
            format!("{} failed: {}", task(id), trouble(why, output.as_deref(), view))
        }
        TaskFact::Cancelled { task: id, reason, by } => {
            format!("{} is {}", task(id), cancelled(reason, by.as_ref(), view))
        }
        TaskFact::Skipped { task: id, need } => {
            format!("{} is {}", task(id), skipped(*need, view))
        }
        TaskFact::Retried { task: id, why, output, .. } => {
            format!("{} will be tried again: {}", task(id), trouble(why, output.as_deref(), view))
        }
        TaskFact::Requeued { task: id, why, counted: Counted::Yes } => {
            format!("{} goes back into the queue: {}", task(id), trouble(why, None, view))
        }
        TaskFact::Requeued { task: id, why, counted: Counted::No } => {
            format!("{} goes back into the queue, which counts as no attempt: {}", task(id), trouble(why, None, view))
        }
        TaskFact::Reopened { task: id, reason: Some(reason), .. } => {
            format!("{} will be done again: {reason}", task(id))
        }
        TaskFact::Reopened { task: id, reason: None, .. } => format!("{} will be done again", task(id)),
        TaskFact::Forgotten { tasks } => {
            format!("deleted the records of {} that ended long ago", plural(tasks.len() as u32, "task", "tasks"))
        }
        TaskFact::DeskCleared { .. } => "no longer works on a task".to_owned(),
        TaskFact::ClaimWaits { task: Some(id), .. } => format!("asks for {}", task(id)),
        TaskFact::ClaimWaits { task: None, .. } => "asks for a task".to_owned(),
        TaskFact::ClaimEnded { .. } => "no longer asks for a task".to_owned(),
    }
}

/// Describes that an agent's turn has ended while its task reports nothing; `why` is the error that ended the turn.
pub(in crate::supervisor) fn asks(why: Option<&str>) -> String {
    match why {
        Some(why) => format!("has not reported the end of its task, and its turn ended in an error: {why}"),
        None => "has not reported the end of its task, and its turn has ended: is it done?".to_owned(),
    }
}

fn progress(task: &str, percent: Option<u8>, message: Option<&str>) -> String {
    match (percent, message) {
        (Some(percent), Some(message)) => format!("{task}: {percent} %: {message}"),
        (Some(percent), None) => format!("{task}: {percent} %"),
        (None, Some(message)) => format!("{task}: {message}"),
        (None, None) => format!("{task} makes progress"),
    }
}
