//! Settings that are one of a few words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an agent works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkspaceKind {
    /// Its own git worktree on branch `qd/NAME`.
    Worktree,
    /// Its own plain directory.
    Directory,
    /// The repository itself, or the fleet's directory where there is none.
    Shared,
}

/// What a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProgramKind {
    /// It works for a provider, which may want a login or have given its quota: its last lines are read for that.
    Agent,
    /// It is any other program: what it writes last is only shown.
    Command,
}
