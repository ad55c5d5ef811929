//! The state of a task in words, and what it is held for: once for the facts, the list, the history and the
//! explanations.

use super::trouble::{refutation, trouble, trouble_of};
use crate::api::tasks::{TaskState, Verified};
use crate::api::work::uncommitted_words;
use crate::supervisor::words::common::{plan_name, task_name};
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::task::{Held, Left, Stage, Task, Trouble, Verdict};
use quarterdeck_core::view::View;

/// Returns the state of a task as clients see it.
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

/// Returns the result of a verification as clients see it.
pub(in crate::supervisor) fn verified(verdict: Verdict) -> Verified {
    match verdict {
        Verdict::Verified => Verified::Verified,
        Verdict::Unverified => Verified::Unverified,
        Verdict::Refuted => Verified::Refuted,
    }
}

/// Describes the state of a task, as `is assigned to builder`; `agent` is the name of the task's agent.
pub(in crate::supervisor) fn stage(stage: &Stage, agent: &str) -> String {
    let word = state(stage).word();
    match stage {
        Stage::Held(why) => is_held(&held_in_short(why)),
        Stage::Queued => "waits for an agent".to_owned(),
        Stage::LinedUp => format!("waits in the queue of {agent}"),
        Stage::Assigned => format!("is {word} to {agent}"),
        Stage::Running => format!("is worked on by {agent}"),
        Stage::Verifying => "is being verified".to_owned(),
        Stage::Done | Stage::Cancelled => format!("is {word}"),
        Stage::Failed => word.to_owned(),
    }
}

/// Describes that a task is held, as `is held: waits for build`.
pub(in crate::supervisor) fn is_held(why: &str) -> String {
    format!("is {}: {why}", TaskState::Held.word())
}

/// Describes what a task is held for, as `waits for build, lint`: with the names of what it waits for now.
pub(in crate::supervisor) fn held(why: &Held, task: TaskId, view: &View) -> String {
    let known = view.tasks.get(task);
    match why {
        Held::Needs => waits_for_needs(task, view),
        Held::Parts => match known.and_then(|task| view.tasks.parts_done(task)) {
            Some((done, of)) => format!("{}: {done} of {of} are done", held_in_short(why)),
            None => held_in_short(why),
        },
        Held::Locks => match known {
            Some(task) => format!("{}: {}", held_in_short(why), task.spec.locks.join(", ")),
            None => held_in_short(why),
        },
        Held::Backoff { .. } => match known.and_then(|task| barred_by(task, view)) {
            Some(barred) => format!("{}: {barred}", held_in_short(why)),
            None => held_in_short(why),
        },
        Held::Nobody { .. } | Held::NoAgent { .. } => held_in_short(why),
    }
}

/// Describes what a task is held for, without what changes while it is held: for its history.
fn held_in_short(why: &Held) -> String {
    match why {
        Held::Needs => "waits for what it needs".to_owned(),
        Held::Parts => "waits for its parts".to_owned(),
        Held::Nobody { missing } if missing.is_empty() => "no one agent can do all it asks for".to_owned(),
        Held::Nobody { missing } => format!("no agent can do {}", missing.join(", ")),
        Held::NoAgent { name } => no_agent(name),
        Held::Locks => "waits for its locks".to_owned(),
        Held::Backoff { .. } => "waits before the next attempt".to_owned(),
    }
}

/// Describes that the fleet has no agent of this name.
pub(in crate::supervisor) fn no_agent(name: &str) -> String {
    format!("the fleet has no agent `{name}`")
}

/// Describes that a task waits because its plan assigns nothing now.
pub(in crate::supervisor) fn plan_stands_still(plan: PlanId, view: &View) -> String {
    match view.plans.get(plan).is_some_and(|plan| plan.paused.is_some()) {
        true => "its plan is paused".to_owned(),
        false => format!("its plan {} assigns nothing now", plan_name(plan, view)),
    }
}

/// Describes why the newest attempt failed, if its agent's program was barred.
pub(in crate::supervisor) fn barred_by(task: &Task, view: &View) -> Option<String> {
    let why = task.trouble.as_ref().filter(|why| why.barred().is_some())?;
    Some(trouble(why, None, view))
}

fn waits_for_needs(task: TaskId, view: &View) -> String {
    /// The most names in a sentence. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 3;
    let mut open: Vec<&str> = view
        .tasks
        .needs_of(task)
        .filter(|(_, need)| !need.has_ended())
        .map(|(_, need)| need.spec.name.as_str())
        .collect();
    open.dedup();
    match open.len() {
        0 => "what it needs has just ended".to_owned(),
        1..=NAMED_MAX => format!("waits for {}", open.join(", ")),
        more => format!("waits for {} and {} more", open[..NAMED_MAX].join(", "), more - NAMED_MAX),
    }
}

/// Describes that a task is skipped because of another one.
pub(in crate::supervisor) fn skipped(need: TaskId, view: &View) -> String {
    format!("skipped because of how {} ended", task_name(need, view))
}

/// Returns a task that is done in words, as `done (verified)`.
pub(in crate::supervisor) fn done(verdict: Verdict) -> String {
    format!("{} ({})", TaskState::Done.word(), verified(verdict).word())
}

/// Returns a task that is done in words, and which of its work is in no commit.
pub(in crate::supervisor) fn done_with(verdict: Verdict, left: &Left) -> String {
    match uncommitted_words(left.uncommitted) {
        Some(words) => format!("{}; {words}", done(verdict)),
        None => done(verdict),
    }
}

/// Describes why a task failed or was cancelled; none for any other.
pub(in crate::supervisor) fn reason(task: &Task, view: &View) -> Option<String> {
    match task.stage {
        Stage::Failed => trouble_of(task, view),
        Stage::Cancelled => match task.skipped_for {
            Some(need) => Some(skipped(need, view)),
            None => task.reason.clone(),
        },
        _ => None,
    }
}

/// Returns a task's state with what made it so, as `failed (verify): 2 tests failed`; `why` says what a task is held
/// for, or why it ended.
pub(in crate::supervisor) fn standing(task: &Task, why: Option<&str>) -> String {
    let word = state(&task.stage).word();
    match (&task.stage, why) {
        (Stage::Done, _) => done(task.verdict.unwrap_or(Verdict::Unverified)),
        (Stage::Failed, _) if task.trouble == Some(Trouble::Refuted) => {
            format!("{word} (verify): {}", refutation(task.verify_output.as_deref().unwrap_or_default()))
        }
        (_, Some(why)) => format!("{word}: {why}"),
        (_, None) => word.to_owned(),
    }
}
