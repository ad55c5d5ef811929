//! Detects writes into scopes that others hold, where agents share their files. With `enforce` the shared workspace is
//! watched, and such a write becomes a fact: the file, the lease, and the writer, as far as that can be known.
//!
//! ```text
//!  notify ─► paths, gathered for a moment ─► those that a lease covers ─► who wrote ([`writers`])
//!     └─ a new directory is walked and watched                               ├─► the kernel, which records it
//!                                                                            └─► both versions kept ([`versions`])
//! ```
//!
//! **What it can't do.** A watcher is told of a write after it was made, so it prevents nothing. `enforce = "deny"`
//! refuses the commit in a worktree, and here it stores the file as it was before beside the file as it is now. Two
//! agents that write at the same moment can't be distinguished; if the holder is among those who may have written,
//! nobody is blamed. Only one watcher serves the whole workspace, and files that git ignores are not watched.

mod conflicts;
mod marks;
mod versions;
mod writers;

pub(super) use conflicts::{Conflicts, tell_taken};

use super::context::Context;
use crate::config::{Enforce, WorkspaceKind};
use crate::place::Place;
use crate::supervisor::configs::Configs;
use crate::supervisor::context::{Dashboard, Trees};
use crate::supervisor::kernel::KernelHandle;
use marks::{Mark, Marks};
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{LeaseId, RunId};
use quarterdeck_core::lock::{Evidence, LockEvent};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::Coordination;
use quarterdeck_core::scope::{RepositoryPath, Scope};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use versions::{BANNER, Versions, trouble};
use writers::{Touch, Writers, Written};

/// The most directories that are watched; each takes a kilobyte of the kernel's memory. Beyond it, further directories
/// are not watched, and a banner says so.
const DIRECTORIES_MAX: usize = 8_192;
/// The most notices that wait to be processed. Beyond it, further notices are lost, and a banner says so.
const NOTICES_MAX: usize = 4_096;
/// How long writes are gathered, because one save is several writes.
const GATHERED: Duration = Duration::from_millis(20);
/// The times, in milliseconds after a scope was granted, at which all possible writers are examined again: what its
/// holder has written by then must not count for later writes.
const SETTLED_MS: [u64; 6] = [20, 60, 150, 400, 1_000, 2_000];
/// The shortest time between two examinations of all writers while files are written that nobody holds.
const LOOKS_APART: Duration = Duration::from_millis(50);
/// The shortest time between two updates of the leases, so that many changes are processed together.
const CHANGES_APART: Duration = Duration::from_millis(20);
/// The most files of one new directory that are processed. Beyond it, further files are not processed, and a banner
/// says so.
const PATHS_MAX: usize = 1_024;

/// A notice from the watcher.
enum Notice {
    /// A file was written, created, removed or renamed, or a directory was created.
    Touched(PathBuf, Touch),
    /// All writers were examined: the notices after this one concern later writes.
    Looked(Mark),
    /// At least one notice was missed.
    Missed,
}

/// Watches the shared workspace as long as the configuration wants it, until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>) {
    let mut changes = context.kernel.changes();
    let mut post: Option<Post> = None;
    let mut changes_from = Instant::now();
    loop {
        match (wanted(&context.kernel, &context.configs), post.as_mut()) {
            (Enforce::Off, Some(_)) => {
                post = None;
                context.dashboard.banners.lower(BANNER);
            }
            (Enforce::Off, None) => {}
            (enforce, None) => post = Some(Post::begin(&context, enforce).await),
            (enforce, Some(post)) if post.enforce != enforce => {
                post.enforce = enforce;
                post.leases.clear();
            }
            _ => {}
        }
        if let Some(post) = post.as_mut() {
            post.follow_leases(&context).await;
        }
        let settles = post.as_ref().and_then(|post| post.settles.front().copied());
        let noticed = async {
            match post.as_mut() {
                Some(post) => post.noticed().await,
                None => std::future::pending().await,
            }
        };
        let settled = async {
            match settles {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let changed = async {
            tokio::time::sleep_until(changes_from).await;
            changes.changed().await
        };
        tokio::select! {
            changed = changed => match changed {
                Ok(()) => changes_from = Instant::now() + CHANGES_APART,
                Err(_) => return,
            },
            () = settled => if let Some(post) = post.as_mut() {
                post.settles.pop_front();
                post.look_at_writers(&context).await;
            },
            () = noticed => if let Some(post) = post.as_mut() { post.look_at_gathered(&context).await },
        }
    }
}

/// Returns the root of the workspace that agents share.
fn shared_root(place: &Place, trees: &Trees) -> PathBuf {
    trees.workspaces.shared_root().unwrap_or_else(|_| place.root.clone())
}

/// Returns the stored conflicts of the shared workspace.
pub(super) fn conflicts(place: &Place, trees: &Trees) -> Conflicts {
    Conflicts::of(&place.state_directory, &shared_root(place, trees))
}

/// Returns how writes are enforced: not at all if no agent shares its workspace.
fn wanted(kernel: &KernelHandle, configs: &Configs) -> Enforce {
    let file = configs.file();
    if file.coordination.mode == Coordination::Off || file.coordination.enforce == Enforce::Off {
        return Enforce::Off;
    }
    let names: Vec<String> = kernel.view().agents.values().map(|agent| agent.name.clone()).collect();
    let shares = |name: &String| configs.get(name).is_some_and(|known| known.agent.workspace == WorkspaceKind::Shared);
    if names.iter().any(shares) { file.coordination.enforce } else { Enforce::Off }
}

/// The watch over one shared workspace.
struct Post {
    enforce: Enforce,
    root: PathBuf,
    /// The watcher; none if there can't be one, which a banner says.
    watcher: Option<RecommendedWatcher>,
    directories: usize,
    notices: mpsc::Receiver<Notice>,
    /// The notices that are not processed yet, and when they will be.
    gathered: Vec<Notice>,
    look_at: Option<Instant>,
    writers: Writers,
    versions: Versions,
    leases: BTreeSet<LeaseId>,
    /// When all writers are examined next.
    settles: VecDeque<Instant>,
    looked_at: Option<Instant>,
}

impl Post {
    async fn begin(context: &Arc<Context>, enforce: Enforce) -> Post {
        let (tell, notices) = mpsc::channel(NOTICES_MAX);
        let root = shared_root(&context.place, &context.trees);
        let marks = Marks::in_directory(context.place.runtime_directory.join("looks"));
        let marked = marks.directory().to_owned();
        let watcher = notify::recommended_watcher(move |event| told(&tell, &marked, event));
        let mut post = Post {
            enforce,
            watcher: watcher.inspect_err(|error| trouble(&context.dashboard, &error.to_string())).ok(),
            directories: 0,
            notices,
            gathered: Vec::new(),
            look_at: None,
            writers: Writers::new(marks),
            versions: Versions::new(&context.place.state_directory, &root),
            leases: BTreeSet::new(),
            settles: VecDeque::new(),
            looked_at: None,
            root,
        };
        let (root, marked) = (post.root.clone(), post.writers.marked().to_owned());
        if let Some(watcher) = post.watcher.as_mut() {
            let watched = watcher.watch(&marked, RecursiveMode::NonRecursive);
            let _said = watched.inspect_err(|error| trouble(&context.dashboard, &error.to_string()));
        }
        post.watch_beneath(&context.dashboard, &context.trees, &root).await;
        post.look_at_writers(context).await;
        post
    }

    /// Watches a directory and those below it. Returns the files in them, which may be new as well.
    async fn watch_beneath(&mut self, dashboard: &Dashboard, trees: &Trees, top: &Path) -> Vec<PathBuf> {
        let (workspaces, top) = (Arc::clone(&trees.workspaces), top.to_owned());
        let room = DIRECTORIES_MAX.saturating_sub(self.directories);
        let walked = tokio::task::spawn_blocking(move || workspaces.ground(&top, room)).await;
        let (Ok(Ok(ground)), Some(watcher)) = (walked, self.watcher.as_mut()) else { return Vec::new() };
        if ground.is_cut {
            trouble(dashboard, &format!("only {DIRECTORIES_MAX} of its directories are watched"));
        }
        let mut files = Vec::new();
        for directory in ground.directories {
            match watcher.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => self.directories += 1,
                // A directory that is gone again needs no watch.
                Err(error) if directory.exists() => trouble(dashboard, &error.to_string()),
                Err(_) => {}
            }
            let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
            let mut within = entries.map(|entry| entry.path()).filter(|path| path.is_file());
            files.extend(within.by_ref().take(PATHS_MAX));
            if within.next().is_some() {
                trouble(
                    dashboard,
                    &format!("{} holds too many files: only {PATHS_MAX} of them are watched", directory.display()),
                );
            }
        }
        files
    }

    /// Updates the set of leases. If there are new ones, the writers are examined, and the files in their scopes are
    /// stored.
    async fn follow_leases(&mut self, context: &Arc<Context>) {
        let now: BTreeSet<LeaseId> = context.kernel.view().locks.leases().map(|lease| lease.id).collect();
        if now == self.leases {
            return;
        }
        let some_are_new = !now.is_subset(&self.leases);
        self.leases = now;
        if some_are_new {
            self.look_at_writers(context).await;
            self.settles = SETTLED_MS.iter().map(|ms| Instant::now() + Duration::from_millis(*ms)).collect();
        }
        if self.enforce == Enforce::Deny {
            self.versions = std::mem::take(&mut self.versions).follow(context).await;
        }
    }

    /// Examines what all writers have written so far, unless that was done just now.
    async fn look_again(&mut self, context: &Arc<Context>) {
        if self.looked_at.is_none_or(|at| at.elapsed() >= LOOKS_APART) {
            self.look_at_writers(context).await;
        }
    }

    /// Examines what all writers have written so far, so that a later write can be compared with it.
    async fn look_at_writers(&mut self, context: &Arc<Context>) {
        self.looked_at = Some(Instant::now());
        self.writers.of(context, Vec::new()).await;
    }

    /// Waits for touched files, and gathers the notices that come with them. Dropping the future loses nothing.
    async fn noticed(&mut self) {
        if self.gathered.is_empty() && self.notices.recv_many(&mut self.gathered, NOTICES_MAX).await == 0 {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(*self.look_at.get_or_insert_with(|| Instant::now() + GATHERED)).await;
        self.look_at = None;
        while let Ok(notice) = self.notices.try_recv() {
            self.gathered.push(notice);
        }
    }

    async fn look_at_gathered(&mut self, context: &Arc<Context>) {
        let (mut paths, mut looked): (BTreeMap<PathBuf, Touch>, Vec<Mark>) = Default::default();
        for notice in std::mem::take(&mut self.gathered) {
            match notice {
                Notice::Touched(path, _) if path.is_dir() && !path.is_symlink() => {
                    let within = self.watch_beneath(&context.dashboard, &context.trees, &path).await;
                    paths.extend(within.into_iter().map(|path| (path, Touch::Written)));
                }
                Notice::Touched(path, touch) => {
                    let known = paths.entry(path).or_insert(touch);
                    *known = touch.max(*known);
                }
                // Files that were touched before the examination are judged first.
                Notice::Looked(mark) if !paths.is_empty() => looked.push(mark),
                Notice::Looked(mark) => self.writers.passed(mark),
                Notice::Missed => {
                    trouble(&context.dashboard, "writes came faster than they could be looked at; some were missed")
                }
            }
        }
        if !paths.is_empty() {
            self.judge_all(context, paths).await;
        }
        looked.into_iter().for_each(|mark| self.writers.passed(mark));
    }

    async fn judge_all(&mut self, context: &Arc<Context>, paths: BTreeMap<PathBuf, Touch>) {
        let held = self.held(&context.kernel, &context.trees, paths).await;
        if held.is_empty() {
            return self.look_again(context).await;
        }
        let found = self.writers.of(context, held).await;
        for (path, written) in found {
            if let Some(path) = self.relative(&path) {
                self.judge(&context.kernel, &path, written).await;
            }
        }
    }

    /// Judges a write. It is ignored if the holder may have made it; otherwise the kernel is told, and both versions
    /// are stored.
    async fn judge(&self, kernel: &KernelHandle, path: &RepositoryPath, written: Written) {
        let Some((lease, holder)) = holder(kernel, path) else { return };
        let may_write = |run: &RunId| {
            let party = Party::Run(*run);
            kernel.view().locks.against_writing(&party, path).next().is_none()
        };
        // A holder outside the fleet can't be distinguished from others there.
        let holder_may_have = matches!(holder, Party::Outside(_)) && written.evidence == Evidence::Inferred;
        let by_another = !holder_may_have && !written.by.iter().any(may_write);
        if self.enforce == Enforce::Deny {
            self.versions.written(kernel, lease, path, by_another).await;
        }
        if by_another {
            let Written { by, evidence } = written;
            let written = LockEvent::Written { by, path: path.as_str().to_owned(), evidence };
            kernel.tell(Event::Lock(written)).await;
        }
    }

    /// Returns the files that are in a held scope and that git does not ignore.
    async fn held(
        &self,
        kernel: &KernelHandle,
        trees: &Trees,
        paths: BTreeMap<PathBuf, Touch>,
    ) -> Vec<(PathBuf, Touch)> {
        let covered = |(path, _): &(PathBuf, Touch)| {
            let Some(relative) = self.relative(path) else { return false };
            let scope = Scope::Path(relative);
            kernel.view().locks.leases().any(|lease| lease.covers(&scope))
        };
        let mut held: Vec<(PathBuf, Touch)> = paths.into_iter().filter(covered).collect();
        let workspaces = Arc::clone(&trees.workspaces);
        let asking = tokio::task::spawn_blocking(move || {
            let paths: Vec<PathBuf> = held.iter().map(|(path, _)| path.clone()).collect();
            let ignored = workspaces.ignored(&paths).unwrap_or_default();
            held.retain(|(path, _)| !ignored.contains(path));
            held
        });
        asking.await.unwrap_or_default()
    }

    fn relative(&self, path: &Path) -> Option<RepositoryPath> {
        RepositoryPath::parse(path.strip_prefix(&self.root).ok()?.to_str()?).ok()
    }
}

/// Returns the lease that covers a file, and its holder.
fn holder(kernel: &KernelHandle, path: &RepositoryPath) -> Option<(LeaseId, Party)> {
    let scope = Scope::Path(path.clone());
    let view = kernel.view();
    view.locks.leases().find(|lease| lease.covers(&scope)).map(|lease| (lease.id, lease.holder.clone()))
}

/// Converts an event of the watcher to notices, on the watcher's own thread.
fn told(tell: &mpsc::Sender<Notice>, marked: &Path, event: notify::Result<notify::Event>) {
    let Ok(event) = event else { return };
    let mark = event.paths.first().and_then(|path| marks::of_path(marked, path));
    if let Some(mark) = mark.filter(|_| matches!(event.kind, EventKind::Access(AccessKind::Open(_)))) {
        // If this mark is lost, the next one takes its place.
        let _full = tell.try_send(Notice::Looked(mark));
        return;
    }
    if event.need_rescan() {
        let _full = tell.try_send(Notice::Missed);
    }
    let touch = match event.kind {
        EventKind::Modify(ModifyKind::Any | ModifyKind::Data(_)) => Touch::Written,
        EventKind::Create(CreateKind::Any | CreateKind::File | CreateKind::Folder)
        | EventKind::Modify(ModifyKind::Name(_))
        | EventKind::Remove(_)
        | EventKind::Access(AccessKind::Close(AccessMode::Write)) => Touch::Moved,
        _ => return,
    };
    for path in event.paths {
        if tell.try_send(Notice::Touched(path, touch)).is_err() {
            let _full = tell.try_send(Notice::Missed);
        }
    }
}
