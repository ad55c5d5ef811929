//! Describes the status of a task in words, for its file's header.

use crate::supervisor::describe::tasks::{trouble_of, verdict_word};
use quarterdeck_core::task::{Stage, Task};
use quarterdeck_core::view::View;

/// Describes a task's status, as `running`, `done (verified)` or `failed: exit 1`.
pub(super) fn standing(task: &Task, view: &View) -> String {
    match &task.stage {
        Stage::Held(_) => "held".to_owned(),
        Stage::Queued | Stage::LinedUp => "queued".to_owned(),
        Stage::Assigned | Stage::Running => "running".to_owned(),
        Stage::Verifying => "verifying".to_owned(),
        Stage::Done => match task.verdict {
            Some(verdict) => format!("done ({})", verdict_word(verdict)),
            None => "done".to_owned(),
        },
        Stage::Failed => match trouble_of(task, view) {
            Some(why) => format!("failed: {why}"),
            None => "failed".to_owned(),
        },
        Stage::Cancelled => match (&task.reason, task.skipped_for.and_then(|need| view.tasks.get(need))) {
            (Some(reason), _) => format!("cancelled: {reason}"),
            (None, Some(need)) => format!("cancelled: {} ended otherwise than it needs", need.spec.name),
            (None, None) => "cancelled".to_owned(),
        },
    }
}
