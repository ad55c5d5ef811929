//! What is asked of the workspaces for one agent.

use super::child::Abandon;
use crate::config::values::RelativePath;
use crate::config::{AgentConfig, WorkspaceKind};

/// The prefix of the branches that agents work on.
pub const BRANCH_PREFIX: &str = "qd/";

/// What is asked for one agent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The agent's name: the workspace's directory and, behind [`BRANCH_PREFIX`], its branch.
    pub agent: String,
    /// What kind of workspace.
    pub kind: WorkspaceKind,
    /// What a new branch starts from; none: HEAD.
    pub base: Option<String>,
    /// Patterns of untracked files to copy, beyond `.worktreeinclude`.
    pub copy: Vec<RelativePath>,
    /// The working directory beneath the workspace. It must exist.
    pub cwd: RelativePath,
    /// Said when nobody wants the workspace any more: what makes it ends, hooks of git included.
    pub abandon: Abandon,
}

impl From<&AgentConfig> for Request {
    fn from(agent: &AgentConfig) -> Request {
        Request {
            agent: agent.name.clone(),
            kind: agent.workspace,
            base: agent.base.clone(),
            copy: agent.copy.clone(),
            cwd: agent.cwd.clone(),
            abandon: Abandon::default(),
        }
    }
}
