//! Branches that keep git from making ours: it can hold no branch beneath another, so a branch `qd` forbids every `qd/NAME`,
//! and a branch `qd/NAME/x` forbids `qd/NAME`.

use super::repository::{Repository, branch_ref};
use super::{BRANCH_PREFIX, WorkspaceError, Workspaces};
use std::fmt;

/// A branch in the way of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTheWay {
    /// The branch that is there.
    pub there: String,
    /// The branch, or the branches, that can't be made.
    pub wanted: String,
}

impl InTheWay {
    /// What is wrong.
    pub fn why(&self) -> String {
        let InTheWay { there, wanted } = self;
        format!("the branch {there} is in the way of {wanted}: git can hold no branch beneath another")
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        let InTheWay { there, .. } = self;
        format!("give it another name: `git branch -m {there} {}`", format!("{there}-branch").replace('/', "-"))
    }
}

impl fmt::Display for InTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.why(), self.advice())
    }
}

impl std::error::Error for InTheWay {}

impl Workspaces {
    /// A branch in the way of those of the agents of these names; none where there is none, or no repository.
    pub fn branches_in_the_way(&self, agents: &[&str]) -> Option<InTheWay> {
        in_the_way(self.repository().ok()?, agents).ok()?
    }
}

pub(super) fn in_the_way(repository: &Repository, agents: &[&str]) -> Result<Option<InTheWay>, WorkspaceError> {
    let ours = BRANCH_PREFIX.trim_end_matches('/');
    let all = format!("refs/heads/{ours}");
    let output = repository.git().run("look for branches in the way", ["for-each-ref", "--format=%(refname)", &all])?;
    let text = String::from_utf8_lossy(&output);
    Ok(text.lines().find_map(|name| {
        let there = name.strip_prefix("refs/heads/")?.to_owned();
        if name == all {
            return Some(InTheWay { there, wanted: format!("every {BRANCH_PREFIX}NAME") });
        }
        let beneath = |agent: &&&str| name.strip_prefix(&branch_ref(agent)).is_some_and(|rest| rest.starts_with('/'));
        let agent = agents.iter().find(beneath)?;
        Some(InTheWay { there, wanted: format!("{BRANCH_PREFIX}{agent}") })
    }))
}
