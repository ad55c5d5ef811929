//! Cleaning up: every workspace that nobody needs, and every branch of ours without one, is looked at by the rules of a
//! removal. What would lose nothing goes; the rest stays, and why is said.

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

/// What a cleaning does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaning {
    /// It looks, with this fate in mind, and changes nothing.
    Look(Fate),
    /// It removes.
    Do(Fate),
}

/// What became of one workspace, or of one branch that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The workspace's name: an agent's, or that of a task's own workspace.
    pub name: String,
    /// What there was.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
}

/// What there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A workspace.
    Workspace,
    /// A branch without a workspace.
    Branch,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is gone.
    Removed(Removed),
    /// It would go, as [`Removed`] says, and these reasons against it would be parked.
    WouldGo(Removed, Vec<Refusal>),
    /// It stays.
    Stays {
        /// Why, for people.
        why: String,
        /// Whether parking would let it go.
        is_parkable: bool,
    },
    /// Its removal failed.
    Failed(String),
}

/// Who wants to keep what, and what is known of a workspace.
pub trait Needs {
    /// What the configuration says of the workspace of this name; none: it is nobody's any more.
    fn request(&self, name: &str) -> Option<Request>;
    /// Why a workspace is still needed; none when it is not. Asked when nobody can begin to need it.
    fn why_needed(&self, name: &str) -> Option<String>;
}

impl Workspaces {
    /// Looks at every workspace, and at every branch of ours that has none, and removes those by which nothing is lost.
    ///
    /// # Errors
    /// When they can't be listed. What can't be removed is in the answer.
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

    /// Whether a branch of ours is checked out in a worktree that is not here: another fleet's, or the user's own.
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

    /// What asks for a workspace as it is on the disk, whatever the configuration says it should be by now.
    fn as_found(&self, name: &str, kind: Kind, known: Option<Request>) -> Request {
        let path = self.path_of(name);
        let configured = known.as_ref().map(|request| request.kind);
        let kind = match configured {
            _ if kind == Kind::Branch || path.join(".git").exists() => WorkspaceKind::Worktree,
            // Half removed: its branch may be left.
            _ if !path.exists() && self.has_repository() => WorkspaceKind::Worktree,
            Some(WorkspaceKind::Worktree) => WorkspaceKind::Worktree,
            _ => WorkspaceKind::Directory,
        };
        let (copy, base) = known.map(|known| (known.copy, known.base)).unwrap_or_default();
        Request { agent: name.to_owned(), kind, base, copy, cwd: Default::default(), abandon: Default::default() }
    }

    /// What a removal would meet and do.
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

    /// What would become of a branch once those that are `gone` are.
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
    /// One line: what became of it, or why it stays.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.outcome, self.kind) {
            (Outcome::Removed(removed), Kind::Workspace) => removed.fmt(f),
            (Outcome::Removed(_) | Outcome::WouldGo(..), Kind::Branch) => f.write_str("others hold its commits"),
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
        Gone { named, count } => write!(f, "; ignored files go too: {count} ({})", proof::list(named, *count))?,
    }
    match &removed.branch {
        BranchFate::None => Ok(()),
        BranchFate::Kept(name) => write!(f, "; branch {name} stays, for it alone holds its commits"),
        BranchFate::Deleted(name) => write!(f, "; so would branch {name}, whose commits others hold"),
    }
}

/// Why a branch without a workspace stays.
fn alone() -> Outcome {
    Outcome::Stays { why: "it alone holds its commits: merge it, or delete it".to_owned(), is_parkable: false }
}

/// The names of all workspaces in a directory, those included whose removal was interrupted.
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
