//! Converts tasks to the form in which clients see them.

use crate::api::agents::ms;
use crate::api::tasks::{Artifact, Barred, Happened, Task, TaskDetail, TaskState, Verified};
use crate::supervisor::describe::tasks::{done, held, refutation, trouble, trouble_of};
use crate::supervisor::describe::words::{name_of, task_name};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{self, Held, Stage, Trouble, Verdict};
use quarterdeck_core::view::View;

/// Returns a task with all its details; none if it is forgotten.
pub(in crate::supervisor) fn detail(id: TaskId, view: &View) -> Option<TaskDetail> {
    let task = view.tasks.get(id)?;
    let artifact =
        |left: &task::Artifact| Artifact { path: left.path.clone(), bytes: left.bytes, sha256: left.sha256.clone() };
    Some(TaskDetail {
        task: one(id, view)?,
        prompt: task.spec.prompt.clone(),
        routed: task.spec.routed.clone(),
        verify: task.spec.verify.clone(),
        verify_output: task.verify_output.clone(),
        outputs: task.spec.outputs.clone(),
        artifacts: task.left.artifacts.iter().map(artifact).collect(),
        commit: task.left.commit.clone(),
        branch: task.left.branch.clone(),
        result: task.told().map(str::to_owned),
        inputs: task.inputs.clone(),
        workspace: task.workspace.clone(),
        history: task.history.iter().map(|happened| past(happened, view)).collect(),
    })
}

/// Describes an entry of a task's history, as `assigned to builder`.
fn past(happened: &task::Happened, view: &View) -> Happened {
    let agent = happened.agent.map(|agent| name_of(agent, view)).unwrap_or_default();
    let why = happened.trouble.as_ref().map(|why| format!(": {}", trouble(why, None, view))).unwrap_or_default();
    let what = match &happened.stage {
        Stage::Held(Held::Needs) if happened.trouble.is_some() => format!("goes back{why}"),
        Stage::Held(Held::Needs) => "waits for what it needs".to_owned(),
        Stage::Held(Held::Parts) => "waits for its parts".to_owned(),
        Stage::Held(Held::Locks) => "waits for its locks".to_owned(),
        Stage::Held(Held::Backoff { .. }) => format!("waits before the next attempt{why}"),
        Stage::Held(Held::Nobody { .. } | Held::NoAgent { .. }) => "no agent can do it".to_owned(),
        Stage::Queued => "waits for an agent".to_owned(),
        Stage::LinedUp => format!("stands in the queue of {agent}"),
        Stage::Assigned => format!("assigned to {agent}"),
        Stage::Running => format!("{agent} works on it"),
        Stage::Verifying => "is being verified".to_owned(),
        Stage::Done => "done".to_owned(),
        Stage::Failed => format!("failed{why}"),
        Stage::Cancelled => "cancelled".to_owned(),
    };
    Happened { at_ms: ms(happened.at), what }
}

/// Returns the task as it is listed; none if it is forgotten.
pub(in crate::supervisor) fn one(id: TaskId, view: &View) -> Option<Task> {
    let task = view.tasks.get(id)?;
    let standing = task.spec.plan.filter(|_| matches!(task.stage, Stage::Queued | Stage::LinedUp));
    let paused = standing.and_then(|plan| view.plans.get(plan)).is_some_and(|plan| plan.paused.is_some());
    let held = match &task.stage {
        Stage::Held(why) => Some(held(why, id, view)),
        _ if paused => Some("its plan is paused".to_owned()),
        _ => None,
    };
    let reason = reason(task, view);
    Some(Task {
        id: id.to_string(),
        name: task.spec.name.clone(),
        title: task.title().to_owned(),
        state: if paused { TaskState::Held } else { state(&task.stage) },
        summary: summary(task, held.as_deref(), reason.as_deref()),
        held,
        plan: task.spec.plan.and_then(|plan| view.plans.get(plan)).map(|plan| plan.spec.name.clone()),
        parent: task.spec.parent.map(|parent| task_name(parent, view)),
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
        barred: task.trouble.as_ref().filter(|_| task.stage != Stage::Done).and_then(Trouble::barred).map(barred),
        queued_ms: ms(task.added),
        started_ms: task.started.map(ms),
        ended_ms: task.ended.map(ms),
    })
}

fn reason(task: &task::Task, view: &View) -> Option<String> {
    match task.stage {
        Stage::Failed => trouble_of(task, view),
        Stage::Cancelled => match task.skipped_for {
            Some(need) => Some(format!("skipped because of how {} ended", task_name(need, view))),
            None => task.reason.clone(),
        },
        _ => None,
    }
}

fn summary(task: &task::Task, held: Option<&str>, reason: Option<&str>) -> String {
    match (&task.stage, held.or(reason)) {
        (Stage::Done, _) => done(task.verdict.unwrap_or(Verdict::Unverified), &task.left),
        (Stage::Failed, _) if task.trouble == Some(Trouble::Refuted) => {
            format!("failed (verify): {}", refutation(task.verify_output.as_deref().unwrap_or_default()))
        }
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

/// Returns the state of a task in one word.
pub(in crate::supervisor) fn state(stage: &Stage) -> TaskState {
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

fn barred(barred: quarterdeck_core::barred::Barred) -> Barred {
    use quarterdeck_core::barred::Barred as Core;
    match barred {
        Core::Login => Barred::Login,
        Core::Quota { .. } => Barred::Quota,
    }
}

fn verified(verdict: Verdict) -> Verified {
    match verdict {
        Verdict::Verified => Verified::Verified,
        Verdict::Unverified => Verified::Unverified,
        Verdict::Refuted => Verified::Refuted,
    }
}
