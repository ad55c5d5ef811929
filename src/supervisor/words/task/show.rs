//! Converts tasks to the form in which clients see them.

use super::stage::{done_with, held, plan_stands_still, reason, stage, standing, state, verified};
use super::trouble::trouble;
use crate::api::agents::ms;
use crate::api::tasks::{Artifact, Barred, Happened, Task, TaskDetail, TaskState};
use crate::supervisor::words::common::{name_of, task_name};
use crate::workspace;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{self, Held, Stage, Trouble, Verdict};
use quarterdeck_core::view::View;
use std::ffi::OsStr;
use std::path::Path;

/// Returns a task with all its details; none if its record was deleted.
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
        has_own_workspace: task.workspace.as_deref().is_some_and(|path| {
            Path::new(path).file_name().and_then(OsStr::to_str).is_some_and(workspace::task::is_own)
        }),
        history: task.history.iter().map(|happened| past(happened, view)).collect(),
    })
}

/// Describes an entry of a task's history, as `is assigned to builder`.
fn past(happened: &task::Happened, view: &View) -> Happened {
    let agent = happened.agent.map(|agent| name_of(agent, view)).unwrap_or_default();
    let why = happened.trouble.as_ref().map(|why| format!(": {}", trouble(why, None, view))).unwrap_or_default();
    let what = match &happened.stage {
        Stage::Held(Held::Needs) if happened.trouble.is_some() => "goes back into the queue".to_owned(),
        entered => stage(entered, &agent),
    };
    Happened { at_ms: ms(happened.at), what: what + &why }
}

/// Returns the task as it is listed; none if its record was deleted.
pub(in crate::supervisor) fn one(id: TaskId, view: &View) -> Option<Task> {
    let task = view.tasks.get(id)?;
    let waiting = task.spec.plan.filter(|_| matches!(task.stage, Stage::Queued | Stage::LinedUp));
    let paused = waiting.filter(|plan| view.plans.get(*plan).is_some_and(|plan| plan.paused.is_some()));
    let held = match &task.stage {
        Stage::Held(why) => Some(held(why, id, view)),
        _ => paused.map(|plan| plan_stands_still(plan, view)),
    };
    let reason = reason(task, view);
    Some(Task {
        id: id.to_string(),
        name: task.spec.name.clone(),
        title: task.title().to_owned(),
        state: if paused.is_some() { TaskState::Held } else { state(&task.stage) },
        summary: match task.stage {
            Stage::Done => done_with(task.verdict.unwrap_or(Verdict::Unverified), &task.left),
            _ => standing(task, held.as_deref().or(reason.as_deref())),
        },
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

fn barred(barred: quarterdeck_core::barred::Barred) -> Barred {
    use quarterdeck_core::barred::Barred as Core;
    match barred {
        Core::Login => Barred::Login,
        Core::Quota { .. } => Barred::Quota,
    }
}
