//! The information that a plan reads from its tasks.

use crate::ending::Exit;
use crate::ids::{AgentId, TaskId};
use crate::plan::spec::Said;
use crate::plan::{PlanDenied, TaskEnd};
use crate::task::{Answer, Stage, Task, TaskBoard, TaskDenied, TaskPolicy, Trouble};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Returns how a task ended, if it has ended.
pub(crate) fn end_of(board: &TaskBoard, task: TaskId) -> Option<TaskEnd> {
    let task = board.get(task)?;
    match task.stage {
        Stage::Done => Some(TaskEnd::Done),
        Stage::Failed => Some(TaskEnd::Failed),
        Stage::Cancelled if task.skipped_for.is_some() => Some(TaskEnd::Skipped),
        Stage::Cancelled => Some(TaskEnd::Cancelled),
        _ => None,
    }
}

/// Returns the agent that has a task in hand.
pub(crate) fn worker(board: &TaskBoard, task: TaskId) -> Option<AgentId> {
    board.get(task).filter(|task| task.is_in_hand()).and_then(|task| task.agent)
}

/// Whether an agent works on a task, or it is being verified.
pub(crate) fn is_at_work(board: &TaskBoard, task: TaskId) -> bool {
    board.get(task).is_some_and(|task| matches!(task.stage, Stage::Running | Stage::Verifying))
}

/// Returns the result or the output paths of a task; an empty text if it has none.
pub(crate) fn told(board: &TaskBoard, task: TaskId, said: Said) -> String {
    let Some(task) = board.get(task) else { return String::new() };
    match said {
        Said::Result => {
            let failed = if task.stage == Stage::Done { None } else { why_it_failed(task) };
            task.told().map(String::from).or(failed).unwrap_or_default()
        }
        Said::Outputs => {
            let paths: Vec<&str> = task.left.artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
            paths.join("\n")
        }
    }
}

/// Whether only the end of a task's result is known.
pub(crate) fn told_a_part(board: &TaskBoard, task: TaskId, said: Said) -> bool {
    let known = board.get(task).filter(|_| said == Said::Result);
    known.is_some_and(|task| task.result.is_none() && matches!(task.left.answer, Answer::Newest(_)))
}

/// Returns why a task failed: the output of its verification, the message of its agent, or the way in which it ended.
fn why_it_failed(task: &Task) -> Option<String> {
    let said = match task.trouble.as_ref()? {
        Trouble::Said(message) => message.clone(),
        Trouble::NotProvided(message) | Trouble::NotDelivered(message) => Some(message.clone()),
        Trouble::RunEnded { exit, reason, barred, .. } => {
            let exit = exit.map(|exit| match exit {
                Exit::Code(code) => format!("exit {code}"),
                Exit::Signal(signal) => format!("signal {signal}"),
            });
            let words: Vec<String> =
                barred.map(|barred| barred.to_string()).into_iter().chain(exit).chain(reason.clone()).collect();
            Some(words.join(": "))
        }
        Trouble::TimedOut(span) => Some(format!("the attempt took longer than {} s", span.0 / 1_000)),
        Trouble::Parts { failed } => Some(format!("{failed} of its parts were not done")),
        Trouble::CutShort { .. } => Some("the run was ended after the prompt had been typed".into()),
        Trouble::Refuted | Trouble::Locks(_) | Trouble::ClaimWithdrawn | Trouble::AgentRemoved => None,
    };
    said.or_else(|| task.verify_output.clone())
}

/// Verifies that this many more tasks can be added.
pub(crate) fn room(board: &TaskBoard, policy: &TaskPolicy, more: usize, plan: &str) -> Result<(), PlanDenied> {
    let open_max = policy.open_max;
    match board.open().saturating_add(more) > open_max as usize {
        true => Err(PlanDenied::TaskRefused { task: plan.into(), denied: TaskDenied::BoardFull { open_max } }),
        false => Ok(()),
    }
}
