//! Verifies an attempt: makes its commit, checks that its inputs are unchanged, collects its outputs, and runs its
//! verification on all of that. The agent's own report is not considered here.
//!
//! ```text
//!  commit the rest (own workspace only) ─► check inputs ─► collect outputs ─► run the verification
//!      ─► store the verdict ─► remove the own workspace if that is proved safe ─► tell the core
//! ```
//!
//! The verdict is stored before anything is removed, so that a supervisor that is asked again after a crash tells the
//! same.

use super::errand::{self, Said};
use super::work::{Work, agent_of};
use super::{answer, inputs, ready};
use crate::config::OutputLimits;
use crate::supervisor::configs::Known;
use crate::supervisor::context::{Context, Trees};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::workspaces::removed_notice;
use crate::workspace::collect::collect;
use crate::workspace::task::Head;
use crate::workspace::{self, BranchFate, Fate, Request};
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::severity::Severity;
use quarterdeck_core::task::{Artifact, Left, TaskEvent, TaskWorkspace, Verdict};
use std::path::PathBuf;
use std::sync::Arc;

/// The name of the file in which a verdict is stored.
const VERDICT_FILE: &str = "verdict.json";

/// The result of an attempt, or why it has failed.
struct Found {
    verdict: Verdict,
    output: Option<String>,
    left: Left,
}

/// Verifies an attempt, and tells the core the result.
pub(super) async fn verify(context: Arc<Context>, task: TaskId, attempt: u32) {
    let Some(work) = Work::of(&context.kernel, &context.place, task, attempt) else { return };
    let work = Arc::new(work);
    let found = match agent_of(&context, &work) {
        Some(known) => examine(&context, &work, &Arc::new(known)).await,
        None => refuted("its agent is no longer configured".to_owned(), Left::default()),
    };
    let Found { verdict, output, left } = found;
    context.kernel.tell(Event::Task(TaskEvent::Verified { task, attempt, verdict, output, left })).await;
}

fn refuted(why: String, left: Left) -> Found {
    Found { verdict: Verdict::Refuted, output: Some(why), left }
}

async fn examine(context: &Arc<Context>, work: &Arc<Work>, known: &Arc<Known>) -> Found {
    let own = match work.task.spec.workspace {
        TaskWorkspace::Agent => None,
        TaskWorkspace::Fresh | TaskWorkspace::Merge => {
            let (context, work, known) = (Arc::clone(context), Arc::clone(work), Arc::clone(known));
            blocking(move || ready::own_request(&context.trees, &work, &known)).await.ok().flatten()
        }
    };
    let mut found = match kept(work) {
        Some(found) => found,
        None => look(context, work, known, own.as_ref()).await,
    };
    if let Some(request) = own.filter(|_| found.verdict != Verdict::Refuted) {
        remove_workspace(&context.kernel, &context.trees, work, request, &mut found.left).await;
    }
    found
}

/// Whether the result must be stored: it takes long to determine, or must not be determined twice.
fn is_kept(work: &Work) -> bool {
    work.task.spec.workspace != TaskWorkspace::Agent || work.task.spec.verify.is_some()
}

/// Returns the result that was stored before a supervisor was killed.
fn kept(work: &Work) -> Option<Found> {
    if !is_kept(work) {
        return None;
    }
    let text = work.attempt_drawer().ok()?.kept(VERDICT_FILE)?;
    match serde_json::from_str(&text).ok()? {
        TaskEvent::Verified { verdict, output, left, .. } => Some(Found { verdict, output, left }),
        _ => None,
    }
}

async fn look(context: &Arc<Context>, work: &Arc<Work>, known: &Arc<Known>, own: Option<&Request>) -> Found {
    let root = match own {
        Some(request) => context.trees.workspaces.path_of(&request.agent),
        None => known.workspace_path.clone(),
    };
    let gathered = {
        let (context, work, root, own) = (Arc::clone(context), Arc::clone(work), root.clone(), own.is_some());
        blocking(move || {
            let mut left = Left::default();
            (gather(&context, &work, root, own, &mut left), left)
        })
        .await
    };
    let left = match gathered {
        Ok((Ok(()), left)) => left,
        Ok((Err(why), left)) => return refuted(why, left),
        Err(cut_off) => return refuted(cut_off, Left::default()),
    };
    let found = match &work.task.spec.verify {
        None => Found { verdict: Verdict::Unverified, output: None, left },
        Some(line) => {
            let Said { passed, output } = errand::verify(context, work, &known.agent, line, &root).await;
            let verdict = if passed { Verdict::Verified } else { Verdict::Refuted };
            Found { verdict, output, left }
        }
    };
    if is_kept(work) {
        keep(work, &found);
    }
    found
}

/// Collects commit, answer, inputs and outputs. After an error, `left` contains what was collected until then.
fn gather(context: &Context, work: &Work, root: PathBuf, own: bool, left: &mut Left) -> Result<(), String> {
    let head = match own {
        false => Ok(context.trees.workspaces.head(&root)),
        true => {
            let message = format!("{}: uncommitted work of its agent", work.task.spec.name);
            context.trees.workspaces.finish(&root, &message).map(|(head, _)| head)
        }
    };
    let Head { commit, branch } = head.map_err(|error| error.to_string())?;
    (left.commit, left.branch) = (commit, branch);
    if !own {
        left.uncommitted = uncommitted(context, work);
    }
    left.answer = answer::answer(context, work);
    inputs::check(work).map_err(|error| format!("its inputs were changed: {error}"))?;
    let limits = context.configs.file().tasks.outputs;
    left.artifacts = outputs(work, root, limits)?;
    Ok(())
}

/// Counts the files that the agent has not committed in a worktree of its own; zero if that can't be determined.
fn uncommitted(context: &Context, work: &Work) -> u32 {
    let Some(known) = agent_of(context, work) else { return 0 };
    let found = context.trees.workspaces.work(&Request::from(&known.agent));
    let found = found.inspect_err(|error| tracing::warn!(task = %work.id, %error, "its workspace can't be examined"));
    found.ok().flatten().map_or(0, |found| u32::try_from(found.changes.len()).unwrap_or(u32::MAX))
}

/// Collects the declared outputs, in place of those of an earlier attempt.
fn outputs(work: &Work, root: PathBuf, limits: OutputLimits) -> Result<Vec<Artifact>, String> {
    if work.task.spec.outputs.is_empty() {
        return Ok(Vec::new());
    }
    let drawer = work.drawer();
    let (making, place) = (drawer.outputs_in_the_making(), drawer.outputs());
    let clear = |path: &std::path::Path| workspace::delete_tree(path).map_err(|error| error.to_string());
    clear(&making)?;
    work.attempt_drawer().map_err(|error| error.to_string())?;
    let collected = collect(&root, &work.task.spec.outputs, &making, limits).map_err(|error| error.to_string())?;
    clear(&place)?;
    std::fs::rename(&making, &place).map_err(|error| format!("its outputs can't be kept: {error}"))?;
    let artifact = |file: workspace::collect::Collected| Artifact {
        path: file.path,
        bytes: file.content.bytes,
        sha256: file.content.sha256,
    };
    Ok(collected.into_iter().map(artifact).collect())
}

fn keep(work: &Work, found: &Found) {
    let event = TaskEvent::Verified {
        task: work.id,
        attempt: work.attempt,
        verdict: found.verdict,
        output: found.output.clone(),
        left: found.left.clone(),
    };
    let text = serde_json::to_string(&event).expect("a verdict is JSON");
    let kept = work.attempt_drawer().and_then(|attempt| attempt.keep(VERDICT_FILE, &text));
    if let Err(error) = kept {
        tracing::warn!(task = %work.id, %error, "a verdict could not be kept; after a crash it is found again");
    }
}

/// Removes the workspace that a task had to itself, if that is proved to lose nothing; otherwise it remains, and the
/// result says so. A branch without commits of its own is removed with it.
async fn remove_workspace(kernel: &KernelHandle, trees: &Trees, work: &Work, request: Request, left: &mut Left) {
    let (workspaces, name) = (Arc::clone(&trees.workspaces), request.agent.clone());
    let removed = blocking(move || workspaces.remove(&request, Fate::Remove).map_err(|why| why.to_string())).await;
    match removed.and_then(|removed| removed) {
        Ok(removed) => {
            let own = workspace::task::branch(&name);
            let kept = matches!(&removed.branch, BranchFate::Kept(_));
            left.branch = left.branch.take().filter(|branch| kept || *branch != own);
            if removed.kept.is_some() || removed.ignored.count > 0 {
                let text = format!("{}: {removed}", work.task.spec.name);
                kernel.tell(Event::Noticed { notice: removed_notice(text) }).await;
            }
        }
        Err(why) => {
            let text = format!("{}: {why}", work.task.spec.name);
            let notice = Notice { severity: Severity::Warning, kind: "system.workspace_kept".to_owned(), text };
            kernel.tell(Event::Noticed { notice }).await;
        }
    }
}

/// Runs blocking code on a thread that may block. An error says that the code was stopped.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|cut_off| cut_off.to_string())
}
