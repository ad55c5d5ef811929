//! Settings whose value is one of a few words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of workspace in which an agent works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkspaceKind {
    /// The agent's own git worktree on branch `qd/NAME`.
    Worktree,
    /// The agent's own plain directory.
    Directory,
    /// Prepares a shared workspace: the repository itself, or the fleet's directory where there is none.
    Shared,
}

/// The kind of program that an agent runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProgramKind {
    /// An agent program, which works for a provider of models. Its last output is read for a missing login and a
    /// used-up quota.
    Agent,
    /// Any other program: its last output is only shown.
    Command,
}
