//! A task of a plan as clients see it.

use crate::api::agents::ms;
use crate::api::tasks::{Task, TaskState, Verified};
use crate::supervisor::describe::name_of;
use crate::supervisor::describe::tasks::{held, trouble};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{self, Stage, Verdict};
use quarterdeck_core::view::View;

/// The task, as listed; none when it is forgotten.
pub(super) fn one(id: TaskId, view: &View) -> Option<Task> {
    let task = view.tasks.get(id)?;
    let held = match &task.stage {
        Stage::Held(why) => Some(held(why, id, view)),
        _ => None,
    };
    let reason = reason(task, view);
    Some(Task {
        id: id.to_string(),
        name: task.spec.name.clone(),
        title: task.title().to_owned(),
        state: state(&task.stage),
        summary: summary(task, held.as_deref(), reason.as_deref()),
        held,
        plan: task.spec.plan.and_then(|plan| view.plans.get(plan)).map(|plan| plan.spec.name.clone()),
        parent: None,
        parts: view.tasks.parts_done(task),
        priority: task.spec.priority,
        required_capabilities: task.spec.required_capabilities.clone(),
        needs: view.tasks.needs_of(id).map(|(_, need)| need.spec.name.clone()).collect(),
        locks: task.spec.locks.clone(),
        agent: task.agent.map(|agent| name_of(agent, view)),
        run: task.run.map(|run| run.to_string()),
        attempt: task.attempt,
        attempts_max: task.attempts_max,
        progress_percent: task.progress.percent,
        progress: task.progress.message.clone(),
        verified: task.verdict.map(verified),
        reason,
        queued_ms: ms(task.added),
        started_ms: task.started.map(ms),
        ended_ms: task.ended.map(ms),
    })
}

fn reason(task: &task::Task, view: &View) -> Option<String> {
    match task.stage {
        Stage::Failed => task.trouble.as_ref().map(|why| trouble(why, view)),
        Stage::Cancelled => match task.skipped_for {
            Some(need) => Some(format!("skipped because of how {} ended", name(need, view))),
            None => task.reason.clone(),
        },
        _ => None,
    }
}

fn name(task: TaskId, view: &View) -> String {
    view.tasks.get(task).map_or_else(|| task.to_string(), |task| task.spec.name.clone())
}

fn summary(task: &task::Task, held: Option<&str>, reason: Option<&str>) -> String {
    match (&task.stage, held.or(reason)) {
        (Stage::Done, _) => match task.verdict {
            Some(Verdict::Verified) => "done (verified)".to_owned(),
            _ => "done (unverified)".to_owned(),
        },
        (Stage::Failed, Some("verify")) => "failed (verify)".to_owned(),
        (stage, Some(why)) => format!("{}: {why}", word(stage)),
        (stage, None) => word(stage).to_owned(),
    }
}

fn word(stage: &Stage) -> &'static str {
    match stage {
        Stage::Held(_) => "held",
        Stage::Queued => "queued",
        Stage::LinedUp | Stage::Assigned => "assigned",
        Stage::Running => "running",
        Stage::Verifying => "verifying",
        Stage::Done => "done",
        Stage::Failed => "failed",
        Stage::Cancelled => "cancelled",
    }
}

fn state(stage: &Stage) -> TaskState {
    match stage {
        Stage::Held(_) => TaskState::Held,
        Stage::Queued => TaskState::Queued,
        Stage::LinedUp | Stage::Assigned => TaskState::Assigned,
        Stage::Running => TaskState::Running,
        Stage::Verifying => TaskState::Verifying,
        Stage::Done => TaskState::Done,
        Stage::Failed => TaskState::Failed,
        Stage::Cancelled => TaskState::Cancelled,
    }
}

fn verified(verdict: Verdict) -> Verified {
    match verdict {
        Verdict::Verified => Verified::Verified,
        Verdict::Unverified => Verified::Unverified,
        Verdict::Refuted => Verified::Refuted,
    }
}
