//! How much a fact matters.

use serde::{Deserialize, Serialize};

/// How much a fact matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For us.
    Debug,
    /// The normal course of things.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
    /// The fleet itself is in danger.
    Critical,
}
