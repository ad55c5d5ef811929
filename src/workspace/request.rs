//! The request for the workspace of one agent or task.

use super::child::Abandon;
use crate::config::values::RelativePath;
use crate::config::{AgentConfig, WorkspaceKind};

/// The prefix of the branches that agents work on.
pub const BRANCH_PREFIX: &str = "qd/";

/// A request for the workspace of one agent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The agent's name: the workspace's directory and, behind [`BRANCH_PREFIX`], its branch.
    pub agent: String,
    /// The kind of workspace.
    pub kind: WorkspaceKind,
    /// The branch or commit from which a new branch starts; none: HEAD.
    pub base: Option<String>,
    /// Patterns of untracked files to copy, in addition to `.worktreeinclude`.
    pub copy: Vec<RelativePath>,
    /// The working directory below the workspace. It must exist.
    pub cwd: RelativePath,
    /// Abandoned when the workspace is no longer wanted: then everything that makes it ends, hooks of git included.
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
