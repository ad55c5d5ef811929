//! The places where agents work: git worktrees, plain directories, or the repository itself. The code blocks and needs
//! no async runtime; the supervisor calls it on a thread of its own.
//!
//! ```text
//! <root>/                      where agents.toml is
//!   workspaces/                0700, ignored by git through its own .gitignore
//!     .fleet                   path of agents.toml: by it, a program in a workspace finds its fleet (`place::standing`)
//!     <agent>/                 0700: a worktree on branch qd/<agent>, or a plain directory
//!     .preparing-<agent>       exists while <agent>/ is being made: what to undo after a crash
//!     .removing-<agent>        what remains of <agent>/ while it is being deleted
//!     .setup-<agent>           setup has completed (plain directories; a worktree keeps it in its git directory)
//! <git common dir>/qd-worktrees.lock   held (flock) while git's own worktree list changes
//! ```
//!
//! Agents' names never begin with a dot, so no names collide. Only the few milliseconds in which git changes its shared
//! files are serialised; files are written to many worktrees at once.
//!
//! **Invariant:** a workspace that can't be made leaves no directory, branch or worktree entry behind
//! (`tests/workspace`: `a_failing_checkout_leaves_nothing`); no work is lost with a workspace that is removed
//! (`removal_is_refused_with_every_reason`).

pub mod beneath;
mod child;
mod clean;
pub mod collect;
mod commit;
mod copy;
mod delete;
mod dropped;
mod error;
mod git;
mod ground;
mod guard;
pub mod hashed;
mod ignored;
mod in_the_way;
mod lock;
mod merge;
pub mod moves;
mod nested;
mod park;
mod prepare;
mod processes;
mod proof;
mod remove;
mod repository;
mod request;
mod setup;
mod submodules;
pub mod task;
mod turns;
mod unflagged;
mod within;
mod work;
mod workspaces;
mod worktree;

pub use beneath::{Escape, beneath};
pub use child::Abandon;
pub use clean::{Cleaned, Cleaning, Kind, Needs, Outcome};
pub use commit::{CommitError, CommitOrder, Committed};
pub use delete::delete_tree;
pub use dropped::Kept;
pub use error::{InTheWay, WorkspaceError};
pub use ground::Ground;
pub use prepare::{Origin, Prepared, SetupState};
pub use processes::Occupant;
pub use proof::{Refusal, RefusedRemoval};
pub use remove::{BranchFate, Fate, Gone, Parked, RemoveError, Removed};
pub use request::{BRANCH_PREFIX, Request};
pub use setup::{SETUP_ENDS, mark_setup_done, with_setup};
pub use work::{Change, ChangeKind, Work};
pub use workspaces::{Guard, Workspaces, own_directory};

use crate::config::WorkspaceKind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of worktrees whose files are written at the same time, per core. Writing files waits on the disk as much
/// as on the core.
const WRITERS_PER_CORE: usize = 2;

impl Workspaces {
    /// Makes a workspace, or finds the one that exists: the same request twice gives the same workspace. Repairs what a
    /// crash interrupted. Never moves an existing branch, never overwrites a file.
    ///
    /// # Errors
    /// The reason why it could not be made. Nothing of it remains.
    pub fn prepare(&self, request: &Request) -> Result<Prepared, WorkspaceError> {
        prepare::prepare(self, request, None)
    }

    /// Makes many workspaces at once. `tell` is called from several threads with the result of each, by its place among
    /// the requests, as soon as it is known.
    pub fn prepare_many(&self, requests: &[Request], tell: impl Fn(usize, Result<Prepared, WorkspaceError>) + Sync) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        // If the lookup of all at once fails, each is looked up by itself, and reports its own error. A workspace that
        // exists needs no start: a run in the workspace of an earlier run begins without running git.
        let wants_start =
            |request: &Request| request.kind == WorkspaceKind::Worktree && !self.path_of(&request.agent).exists();
        let starts = match requests.iter().any(wants_start).then(|| self.repository()) {
            Some(Ok(repository)) => repository.starts(requests).unwrap_or_default(),
            _ => Vec::new(),
        };
        let work = || {
            while let Some((index, request)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, requests.get(index)?)))
            {
                tell(index, prepare::prepare(self, request, starts.get(index)));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..(cores * WRITERS_PER_CORE).min(requests.len()) {
                scope.spawn(work);
            }
            work();
        });
    }

    /// Removes a workspace if that is proved to lose nothing, or once what would be lost is parked.
    ///
    /// # Errors
    /// Every reason against the removal, or the operation that failed. A refused removal has changed nothing.
    pub fn remove(&self, request: &Request, fate: Fate) -> Result<Removed, RemoveError> {
        self.remove_unless(request, fate, || None)
    }

    /// Removes a workspace as [`Workspaces::remove`] does, unless the given function says why it is still needed. The
    /// function is called while no other thread makes the workspace or can begin to.
    ///
    /// # Errors
    /// As [`Workspaces::remove`].
    pub fn remove_unless(
        &self,
        request: &Request,
        fate: Fate,
        why_needed: impl FnOnce() -> Option<String>,
    ) -> Result<Removed, RemoveError> {
        let _turn = self.turns.take(&request.agent);
        match why_needed() {
            Some(why) => remove::refuse(request, &self.path_of(&request.agent), vec![Refusal::Needed { why }]),
            None => remove::remove(self, request, fate),
        }
    }
}
