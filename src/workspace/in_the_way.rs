//! Finds branches that keep git from making an agent's branch: git can hold no branch below another, so a branch `qd`
//! forbids every `qd/NAME`, and a branch `qd/NAME/x` forbids `qd/NAME`.

use super::error::{InTheWay, WorkspaceError};
use super::repository::{Repository, branch_ref};
use super::request::BRANCH_PREFIX;
use super::workspaces::Workspaces;

impl Workspaces {
    /// Returns a branch that keeps git from making the branches of these agents; none if there is no such branch, or no
    /// repository.
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
