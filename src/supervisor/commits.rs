//! Detects commits that bypassed the commit guard (`git -c core.hooksPath=/dev/null commit`) when they appear on the
//! agent's branch, and records them as facts.
//!
//! ```text
//!  the guard asks ───────────────► remembered: these files, for this party
//!  notify: a branch has moved ─► changed files, without integrated ones ─► those that others hold
//!                                          and the guard was not asked about ─► a notice, and facts as of a write
//! ```
//!
//! Nothing is polled, and nothing is watched without `enforce`. **What it can't do.** This happens after the commit,
//! and undoes nothing. A commit on another branch is detected when the agent's branch, or that of its task's workspace,
//! reaches it. A commit that was made while no supervisor lived is not detected, and neither is one on branches that
//! git stores in a reftable.

use super::context::Context;
use super::words::lock::show;
use crate::api::locks::{Enforce as Enforced, Guarded, HeldPath};
use crate::config::{Enforce, WorkspaceKind};
use crate::supervisor::configs::Configs;
use crate::supervisor::context::Trees;
use crate::supervisor::kernel::KernelHandle;
use notify::event::{EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::lock::{Evidence, LockEvent};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::Coordination;
use quarterdeck_core::severity::Severity;
use quarterdeck_core::task::Task;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long changes of branches are gathered: a commit moves a file or two, and several commits come together.
const GATHERED: Duration = Duration::from_millis(50);
/// The most files of one move that get facts of their own. Beyond it, further files are counted in the notice.
const FACTS_MAX: usize = 20;

/// Returns which locks prevent a commit of these files by this party, in the worktree of this agent. The files that are
/// allowed are remembered as asked about.
pub(super) fn guarded(context: &Context, paths: &[String], party: &Party, worktree: Option<&str>) -> Guarded {
    let policy = context.configs.file().policy().coordination;
    let guarded = show::guarded(paths, party, &policy, &context.kernel.view());
    let refused =
        |path: &String| guarded.enforce == Enforced::Deny && guarded.held.iter().any(|held| held.path == *path);
    let passed: BTreeSet<String> = paths.iter().filter(|path| !refused(path)).cloned().collect();
    // The branch of the worktree belongs to this agent, even if another party asks there.
    if let Some(other) = worktree.and_then(|name| party_of(&context.kernel, name)).filter(|other| other != party) {
        context.trees.asked.remember(&other, passed.clone());
    }
    context.trees.asked.remember(party, passed);
    guarded
}

/// Returns the party for which the guard asks in this worktree: its agent's, or that of the task that works there. None
/// if it belongs to nobody.
pub(super) fn party_of(kernel: &KernelHandle, worktree: &str) -> Option<Party> {
    let view = kernel.view();
    if let Some(agent) = view.agents.values().find(|known| known.name == worktree) {
        return Some(agent.run.map_or_else(|| Party::Outside(String::new()), Party::Run));
    }
    let works_there = |task: &&Task| {
        let workspace = task.workspace.as_deref().map(Path::new);
        task.is_in_hand() && workspace.and_then(Path::file_name).is_some_and(|name| name == worktree)
    };
    view.tasks.iter().map(|(_, task)| task).find(works_there).and_then(|task| task.run).map(Party::Run)
}

/// Watches the branches as long as the configuration wants it, until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>) {
    let mut changes = context.kernel.changes();
    let mut post: Option<Post> = None;
    loop {
        match (is_wanted(&context.configs), &post) {
            (true, None) => post = Post::begin(&context.trees).await,
            (false, Some(_)) => post = None,
            _ => {}
        }
        let moved = async {
            match post.as_mut() {
                Some(post) => post.moved().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = moved => if let Some(post) = post.as_mut() { post.look(&context).await },
        }
    }
}

fn is_wanted(configs: &Configs) -> bool {
    let file = configs.file();
    let coordination = &file.coordination;
    coordination.mode == Coordination::On
        && coordination.enforce != Enforce::Off
        && file.agents.iter().any(|agent| agent.workspace == WorkspaceKind::Worktree)
}

/// The watch over the agents' branches.
struct Post {
    watcher: RecommendedWatcher,
    notices: mpsc::Receiver<()>,
    /// When branches that have moved are examined.
    look_at: Option<Instant>,
    /// The commit of each worktree's branch at the last examination.
    tips: BTreeMap<String, String>,
}

impl Post {
    /// Begins to watch. Returns none if nothing can be watched; the log says why.
    async fn begin(trees: &Trees) -> Option<Post> {
        let (tell, notices) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let moves = |kind: &EventKind| {
                matches!(kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_) | ModifyKind::Data(_)))
            };
            if event.is_ok_and(|event| moves(&event.kind) || event.need_rescan()) {
                let _told_already = tell.try_send(());
            }
        });
        let watcher = watcher.inspect_err(|error| tracing::warn!(%error, "branches can't be watched")).ok()?;
        let mut post = Post { watcher, notices, look_at: None, tips: BTreeMap::new() };
        post.reach(trees);
        post.tips = tips(trees).await;
        Some(post)
    }

    /// Watches the directory of the agents' branches, which exists once there is a branch.
    fn reach(&mut self, trees: &Trees) {
        for directory in trees.workspaces.branch_directories().into_iter().flatten() {
            let watched = self.watcher.watch(&directory, RecursiveMode::NonRecursive);
            tracing::debug!(directory = %directory.display(), ?watched, "branches are watched");
        }
    }

    /// Waits until branches move, and a moment longer for those that move together. Dropping the future loses nothing.
    async fn moved(&mut self) {
        if self.look_at.is_none() && self.notices.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(*self.look_at.get_or_insert_with(|| Instant::now() + GATHERED)).await;
        self.look_at = None;
    }

    async fn look(&mut self, context: &Arc<Context>) {
        self.reach(&context.trees);
        let now = tips(&context.trees).await;
        let before = std::mem::replace(&mut self.tips, now.clone());
        for (worktree, to) in now {
            // A new branch was made by us, together with its worktree.
            if let Some(from) = before.get(&worktree).filter(|from| **from != to) {
                judge(context, &worktree, from, &to).await;
            }
        }
    }
}

async fn tips(trees: &Trees) -> BTreeMap<String, String> {
    let workspaces = Arc::clone(&trees.workspaces);
    let asked = tokio::task::spawn_blocking(move || workspaces.tips()).await;
    asked.ok().and_then(Result::ok).unwrap_or_default()
}

/// Reports the files that a move of an agent's branch changed, that others hold, and that the guard was not asked
/// about.
async fn judge(context: &Arc<Context>, worktree: &str, from: &str, to: &str) {
    let Some(party) = party_of(&context.kernel, worktree) else { return };
    let (workspaces, ends) = (Arc::clone(&context.trees.workspaces), (from.to_owned(), to.to_owned()));
    let changed = tokio::task::spawn_blocking(move || workspaces.changed_between(&ends.0, &ends.1)).await;
    let unasked = |path: &String| !context.trees.asked.knows(&party, path);
    let changed: Vec<String> =
        changed.ok().and_then(Result::ok).unwrap_or_default().into_iter().filter(unasked).collect();
    let policy = context.configs.file().policy().coordination;
    let held = show::guarded(&changed, &party, &policy, &context.kernel.view()).held;
    let Some(first) = held.first() else { return };
    let notice = Notice {
        severity: Severity::Warning,
        kind: "system.commit_unguarded".to_owned(),
        text: words(worktree, to, first, held.len()),
    };
    context.kernel.tell(Event::Noticed { notice }).await;
    let by = if let Party::Run(run) = party { vec![run] } else { Vec::new() };
    for HeldPath { path, .. } in held.into_iter().take(FACTS_MAX) {
        let written = LockEvent::Written { by: by.clone(), path, evidence: Evidence::Seen };
        context.kernel.tell(Event::Lock(written)).await;
    }
}

/// Returns the text of the notice: `builder: 1a2b3c4d on its branch passed the commit guard by and changes src/a.rs,
/// which ann holds (l7), and 2 more held files`.
fn words(worktree: &str, commit: &str, first: &HeldPath, count: usize) -> String {
    /// The number of digits by which a commit is named.
    const DIGITS: usize = 8;
    let commit = commit.get(..DIGITS).unwrap_or(commit);
    let more = match count - 1 {
        0 => String::new(),
        1 => ", and 1 more held file".to_owned(),
        more => format!(", and {more} more held files"),
    };
    let HeldPath { path, holder, lease, .. } = first;
    format!(
        "{worktree}: commit {commit} on its branch bypassed the commit guard and changes {path}, which {holder} holds ({lease}){more}"
    )
}
