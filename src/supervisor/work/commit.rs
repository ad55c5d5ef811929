//! Commits an agent's uncommitted work on its behalf: the agent may be unable to (a sandbox), or may not do it.

use super::known::Freshness;
use super::{message, refresh_one, told};
use crate::api::agents::Status;
use crate::api::locks::{Enforce, HeldPath};
use crate::api::work::{
    ChangedFile, CommitDone, CommitRequest, FILES_NAMED_MAX, FileChange, MESSAGE_BYTES_MAX, WorkDetail,
};
use crate::supervisor::configs::Configs;
use crate::supervisor::configs::Known;
use crate::supervisor::context::{Context, Screens};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::Failure;
use crate::supervisor::{commits, roster};
use crate::workspace::{Change, ChangeKind, CommitError, CommitOrder, Committed, Request};
use axum::http::StatusCode;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::party::Party;
use quarterdeck_core::severity::Severity;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The most files that a refusal names. Beyond it, the rest is counted.
const NAMED_MAX: usize = 5;

/// Returns an agent's uncommitted changes, file by file, and the message that a commit of them would get.
pub(in crate::supervisor) async fn detail(
    context: &Context,
    agent: AgentId,
    name: &str,
) -> Result<WorkDetail, Failure> {
    let known = known(&context.configs, name)?;
    let (workspaces, request) = (Arc::clone(&context.trees.workspaces), Request::from(&known.agent));
    let found = tokio::task::spawn_blocking(move || workspaces.work(&request)).await;
    let found =
        found.map_err(|cut_off| failed(name, cut_off)).and_then(|found| found.map_err(|why| failed(name, why)))?;
    let work = found.as_ref().map(told);
    let found = found.unwrap_or_default();
    Ok(WorkDetail {
        agent: name.to_owned(),
        work,
        files: found.changes.iter().take(FILES_NAMED_MAX).map(changed).collect(),
        nested: text(&found.nested),
        message: CommitOrder::of(&known.agent, default_message(&context.kernel, &context.screens, agent)).message,
        branch: known.branch,
    })
}

fn changed(change: &Change) -> ChangedFile {
    let kind = match change.kind {
        ChangeKind::New => FileChange::New,
        ChangeKind::Changed => FileChange::Changed,
        ChangeKind::Deleted => FileChange::Deleted,
        ChangeKind::Unmerged => FileChange::Unmerged,
    };
    ChangedFile { path: change.path.display().to_string(), change: kind }
}

fn text(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

/// Commits an agent's uncommitted changes to its branch, with the agent as the author.
pub(in crate::supervisor) async fn commit(
    context: &Arc<Context>,
    agent: AgentId,
    name: &str,
    asked: CommitRequest,
) -> Result<CommitDone, Failure> {
    let known = known(&context.configs, name)?;
    let message = asked.message.map(|message| message.trim().to_owned()).filter(|message| !message.is_empty());
    let message = message.or_else(|| default_message(&context.kernel, &context.screens, agent));
    if message.as_ref().is_some_and(|message| message.len() > MESSAGE_BYTES_MAX) {
        return Err(Failure::bad_request(format!("a message has at most {MESSAGE_BYTES_MAX} bytes")));
    }
    let while_working = roster::status_of(&context.kernel, &context.screens, agent) == Some(Status::Working);
    let order = CommitOrder::of(&known.agent, message);
    let subject = order.subject().to_owned();
    let warned = Arc::new(Mutex::new(Vec::new()));
    let committed = {
        let (context, request, warned) = (Arc::clone(context), Request::from(&known.agent), Arc::clone(&warned));
        let committing = move || {
            context.trees.workspaces.commit(&request, &order, |paths| {
                let (denied, warnings) = against(&context, agent, paths);
                *warned.lock().unwrap_or_else(PoisonError::into_inner) = warnings;
                denied.map_or(Ok(()), Err)
            })
        };
        tokio::task::spawn_blocking(committing).await.map_err(|cut_off| failed(name, cut_off))?
    };
    refresh_one(context, agent, name, Freshness::Soon).await;
    let Committed { commit, branch, files, nested } =
        committed.map_err(|error| refused(name, &error, &known.workspace_path))?;
    let done = CommitDone {
        agent: name.to_owned(),
        commit,
        branch,
        files: u32::try_from(files.len()).unwrap_or(u32::MAX),
        subject,
        nested: text(&nested),
        while_working,
        warnings: std::mem::take(&mut *warned.lock().unwrap_or_else(PoisonError::into_inner)),
    };
    let text = format!("{name}: {}", done.words());
    let notice = Notice { severity: Severity::Info, kind: "system.work_committed".to_owned(), text };
    context.kernel.tell(Event::Noticed { notice }).await;
    Ok(done)
}

fn default_message(kernel: &KernelHandle, screens: &Screens, agent: AgentId) -> Option<String> {
    let (prompt, run) = {
        let view = kernel.view();
        let run = view.agents.get(&agent).and_then(|agent| agent.run);
        let last = || view.tasks.iter().filter(|(_, task)| run.is_some() && task.run == run).last().map(|(id, _)| id);
        let task = view.tasks.current(agent).or_else(last).and_then(|task| view.tasks.get(task));
        (task.map(|task| task.spec.prompt.clone()), run)
    };
    let title = run.and_then(|run| screens.runs.get(run)).map(|run| run.summary().title).unwrap_or_default();
    message::default_message(prompt.as_deref(), &title)
}

/// Returns the commit guard's answer for these files: why they may not be committed, and the warnings.
fn against(context: &Context, agent: AgentId, paths: &[PathBuf]) -> (Option<String>, Vec<String>) {
    let party = commits::party_of(&context.kernel, &context.agent_name(agent).unwrap_or_default());
    let guarded =
        commits::guarded(context, &text(paths), &party.unwrap_or_else(|| Party::Outside(String::new())), None);
    let told = |held: &HeldPath| format!("{}: {} holds {} ({})", held.path, held.holder, held.scope, held.lease);
    let mut lines: Vec<String> = guarded.held.iter().take(NAMED_MAX).map(told).collect();
    if guarded.held.len() > NAMED_MAX {
        lines.push(format!("and {} more", guarded.held.len() - NAMED_MAX));
    }
    match (guarded.enforce, lines.is_empty()) {
        (Enforce::Off, _) | (_, true) => (None, Vec::new()),
        (Enforce::Warn, false) => (None, lines),
        (Enforce::Deny, false) => (Some(format!("it changes what others hold: {}", lines.join("; "))), Vec::new()),
    }
}

fn known(configs: &Configs, name: &str) -> Result<Known, Failure> {
    let unknown = || {
        let why = "it is no longer in agents.toml, so nobody knows where it worked";
        Failure::new(StatusCode::CONFLICT, "not_configured", what(name), why).hint("`git worktree list` shows it")
    };
    configs.get(name).ok_or_else(unknown)
}

fn what(name: &str) -> String {
    format!("the work of `{name}` was not committed")
}

fn failed(name: &str, why: impl ToString) -> Failure {
    let what = format!("the work of `{name}` can't be examined");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "git_failed", what, why.to_string())
}

fn refused(name: &str, error: &CommitError, worktree: &Path) -> Failure {
    let code = match error {
        CommitError::NoWorktree(_) => "no_worktree",
        CommitError::Nothing | CommitError::OnlyNested(_) => "nothing_to_commit",
        CommitError::InProgress { .. } => "in_progress",
        CommitError::Unmerged(_) => "unmerged",
        CommitError::OtherBranch { .. } => "other_branch",
        CommitError::Locked(_) => "index_locked",
        CommitError::Filtered { .. } => "filtered",
        CommitError::NotAllowed(_) => "held",
        CommitError::Failed(_) => "git_failed",
    };
    let status = match error {
        CommitError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::CONFLICT,
    };
    let failure = Failure::new(status, code, what(name), error.to_string());
    match error.hint(worktree) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
