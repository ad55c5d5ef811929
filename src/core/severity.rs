//! The severity of facts: how much a fact matters to a user.

use serde::{Deserialize, Serialize};

/// How important a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A detail for the developers of Quarterdeck.
    Debug,
    /// A fact of the normal course of things.
    Info,
    /// A fact that a user should look at.
    Warning,
    /// A fact that says that something failed.
    Error,
    /// A fact that says that the fleet itself is in danger.
    Critical,
}
