//! Cleaning up: every workspace that is no longer needed, and every `qd/` branch without a workspace, is checked by the
//! rules of a removal. It is removed if nothing would be lost; the rest stays, with the reason.

use super::error::{WorkspaceError, io_error};
use super::remove::{self, BranchFate, Fate, Gone, RemoveError, Removed};
use super::request::{BRANCH_PREFIX, Request};
use super::workspaces::Workspaces;
use super::worktree::{self, Found};
use super::{Refusal, RefusedRemoval, delete, proof};
use crate::config::WorkspaceKind;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// The action of a cleaning: to look, or to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaning {
    /// Looks which workspaces this fate would remove, and changes nothing.
    Look(Fate),
    /// Removes workspaces by the rules of this fate.
    Do(Fate),
}

/// The outcome for one workspace, or for one branch that has no workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The workspace's name: an agent's, or that of a task's own workspace.
    pub name: String,
    /// Whether the cleaned thing is a workspace or only a branch.
    pub kind: Kind,
    /// The outcome of the cleaning for this workspace or branch.
    pub outcome: Outcome,
}

/// The kind of thing that a cleaning looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A workspace, with its branch if it has one.
    Workspace,
    /// A branch that has no workspace.
    Branch,
}

/// The outcome of a cleaning for one workspace or branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The cleaning removed the workspace or branch.
    Removed(Removed),
    /// The cleaning would remove the workspace or branch, as [`Removed`] says; the work behind these reasons would be
    /// parked.
    WouldGo(Removed, Vec<Refusal>),
    /// The cleaning keeps the workspace or branch, for a reason.
    Stays {
        /// The reason why the workspace or branch stays, for people.
        why: String,
        /// Whether parking would allow the removal.
        is_parkable: bool,
    },
    /// The removal of the workspace or branch failed, with this error.
    Failed(String),
}

/// Answers whether a workspace is still needed, and what the configuration says about it.
pub trait Needs {
    /// Returns the configured request for the workspace of this name; none if no agent has this workspace any more.
    fn request(&self, name: &str) -> Option<Request>;
    /// Returns why a workspace is still needed; none when it is not. It is asked while no other thread can begin to use
    /// the workspace.
    fn why_needed(&self, name: &str) -> Option<String>;
}

impl Workspaces {
    /// Checks every workspace, and every `qd/` branch that has none, and removes those by which nothing is lost.
    ///
    /// # Errors
    /// When they can't be listed. Failed removals are in the answer.
    pub fn clean(&self, needs: &impl Needs, cleaning: Cleaning) -> Result<Vec<Cleaned>, WorkspaceError> {
        let workspaces = listed(&self.path_of(""))?;
        let branches: BTreeSet<String> = match self.has_repository() {
            true => self.repository()?.branches()?.into_iter().filter(|name| !name.contains('/')).collect(),
            false => BTreeSet::new(),
        };
        let mut gone = Vec::new();
        let all = workspaces.union(&branches);
        let cleaned = all.filter_map(|name| {
            let kind = if workspaces.contains(name) { Kind::Workspace } else { Kind::Branch };
            let outcome = match (kind, self.elsewhere(name)) {
                (Kind::Branch, Some(true)) => return None,
                _ => self.clean_one(name, kind, needs, cleaning, &mut gone),
            };
            Some(Cleaned { name: name.clone(), kind, outcome })
        });
        Ok(cleaned.collect())
    }

    /// Whether an agent's branch is checked out in a worktree outside this fleet: another fleet's, or the user's own.
    fn elsewhere(&self, name: &str) -> Option<bool> {
        let found = self.repository().ok()?.checked_out_at(&super::repository::branch_ref(name)).ok()?;
        found.map(|path| path != self.path_of(name))
    }

    fn clean_one(
        &self,
        name: &str,
        kind: Kind,
        needs: &impl Needs,
        cleaning: Cleaning,
        gone: &mut Vec<String>,
    ) -> Outcome {
        let request = self.as_found(name, kind, needs.request(name));
        let done = match cleaning {
            Cleaning::Do(fate) => self.remove_unless(&request, fate, || needs.why_needed(name)).map(Outcome::Removed),
            Cleaning::Look(fate) => self.look(&request, fate, needs.why_needed(name), gone),
        };
        match done {
            Ok(Outcome::Removed(Removed { branch: BranchFate::Kept(_), .. })) if kind == Kind::Branch => alone(),
            Ok(outcome) => outcome,
            Err(RemoveError::Refused(refused)) => {
                Outcome::Stays { why: refused.why(), is_parkable: refused.is_parkable() }
            }
            Err(RemoveError::Failed(error)) => Outcome::Failed(error.to_string()),
        }
    }

    /// Makes a request for a workspace as it is on the disk, whatever the configuration says that it should be.
    fn as_found(&self, name: &str, kind: Kind, known: Option<Request>) -> Request {
        let path = self.path_of(name);
        let configured = known.as_ref().map(|request| request.kind);
        let kind = match configured {
            _ if kind == Kind::Branch || path.join(".git").exists() => WorkspaceKind::Worktree,
            // A removal was interrupted: its branch may remain.
            _ if !path.exists() && self.has_repository() => WorkspaceKind::Worktree,
            Some(WorkspaceKind::Worktree) => WorkspaceKind::Worktree,
            _ => WorkspaceKind::Directory,
        };
        let (copy, base) = known.map(|known| (known.copy, known.base)).unwrap_or_default();
        Request { agent: name.to_owned(), kind, base, copy, cwd: Default::default(), abandon: Default::default() }
    }

    /// Finds out what a removal would meet and do, and changes nothing.
    fn look(
        &self,
        request: &Request,
        fate: Fate,
        needed: Option<String>,
        gone: &mut Vec<String>,
    ) -> Result<Outcome, RemoveError> {
        let path = self.path_of(&request.agent);
        if let Some(why) = needed {
            return remove::refuse(request, &path, vec![Refusal::Needed { why }]);
        }
        let (reasons, ignored) = self.reasons(request, &path)?;
        let refused = RefusedRemoval { agent: request.agent.clone(), path: path.clone(), reasons };
        if !(refused.reasons.is_empty() || fate == Fate::Park && refused.is_parkable()) {
            return Err(refused.into());
        }
        let branch = match request.kind {
            WorkspaceKind::Worktree => self.branch_fate(request, &path, gone)?,
            WorkspaceKind::Directory | WorkspaceKind::Shared => BranchFate::None,
        };
        let removed = Removed { ignored, branch, ..Removed::default() };
        Ok(match (&removed.branch, path.exists()) {
            (BranchFate::Kept(_), false) => alone(),
            _ => Outcome::WouldGo(removed, refused.reasons),
        })
    }

    fn reasons(&self, request: &Request, path: &Path) -> Result<(Vec<Refusal>, Gone), WorkspaceError> {
        if request.kind != WorkspaceKind::Worktree {
            return Ok((proof::of_directory(path)?, Gone::default()));
        }
        match worktree::find(self.repository()?, path)? {
            Found::Nothing => Ok((Vec::new(), Gone::default())),
            Found::Other => Ok((vec![Refusal::NotOurs], Gone::default())),
            Found::Worktree(worktree) => {
                let proof = proof::proof(self, request, &worktree)?;
                Ok((proof.reasons, remove::gone(&proof.ignored, path)))
            }
        }
    }

    /// The fate of a branch once the refs in `gone` are deleted.
    fn branch_fate(
        &self,
        request: &Request,
        path: &Path,
        gone: &mut Vec<String>,
    ) -> Result<BranchFate, WorkspaceError> {
        let repository = self.repository()?;
        let name = format!("{BRANCH_PREFIX}{}", request.agent);
        if proof::superfluous_branch(repository, &request.agent, path, gone)?.is_some() {
            gone.push(super::repository::branch_ref(&request.agent));
            return Ok(BranchFate::Deleted(name));
        }
        let is_there = repository.branch_commit(&request.agent)?.is_some();
        Ok(if is_there { BranchFate::Kept(name) } else { BranchFate::None })
    }
}

impl fmt::Display for Cleaned {
    /// Writes the outcome in one line: what was done, or why it stays.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.outcome, self.kind) {
            (Outcome::Removed(removed), Kind::Workspace) => removed.fmt(f),
            (Outcome::Removed(_) | Outcome::WouldGo(..), Kind::Branch) => {
                f.write_str("another branch, tag or remote holds its commits")
            }
            (Outcome::WouldGo(removed, parked), Kind::Workspace) => would_go(f, removed, parked),
            (Outcome::Stays { why, .. } | Outcome::Failed(why), _) => f.write_str(why),
        }
    }
}

fn would_go(f: &mut fmt::Formatter<'_>, removed: &Removed, parked: &[Refusal]) -> fmt::Result {
    f.write_str(if parked.is_empty() { "nothing would be lost" } else { "parked first:" })?;
    for (index, reason) in parked.iter().enumerate() {
        write!(f, "{}{reason}", if index == 0 { " " } else { "; " })?;
    }
    match &removed.ignored {
        Gone { count: 0, .. } => {}
        Gone { named, count } => {
            write!(f, "; ignored files would be deleted too: {count} ({})", proof::list(named, *count))?
        }
    }
    match &removed.branch {
        BranchFate::None => Ok(()),
        BranchFate::Kept(name) => {
            write!(f, "; branch {name} stays, because no other branch, tag or remote holds its commits")
        }
        BranchFate::Deleted(name) => {
            write!(f, "; branch {name} would be deleted too, because another branch, tag or remote holds its commits")
        }
    }
}

/// The outcome for a branch without a workspace that must stay.
fn alone() -> Outcome {
    Outcome::Stays {
        why: "no other branch, tag or remote holds its commits: merge it, or delete it".to_owned(),
        is_parkable: false,
    }
}

/// The names of all workspaces in a directory, including those whose removal was interrupted.
fn listed(directory: &Path) -> Result<BTreeSet<String>, WorkspaceError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(io_error("read", directory)(error)),
    };
    let directories = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = directories.filter_map(|entry| entry.file_name().into_string().ok());
    let named = |name: String| match name.strip_prefix(delete::ASIDE_PREFIX) {
        Some(half_removed) => Some(half_removed.to_owned()),
        None => Some(name).filter(|name| !name.starts_with('.')),
    };
    Ok(names.filter_map(named).collect())
}
