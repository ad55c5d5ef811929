//! The synchronisation of scopes: each only after those that it depends on.
//!
//! What is stored is [`SyncTable`], a fold over [`SyncFact`]s and a part of the view; what is decided is decided from it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a client asks of the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncCommand {}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncAnswer {}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncDenied {}

/// What happened to the synchronisation of scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncFact {}

/// What a timer of the synchronisation of scopes is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncTimer {}

/// What the configuration says of the synchronisation of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncPolicy {}

/// All that is known of the synchronisation of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SyncTable {}

impl SyncTable {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &SyncFact, at: Time) {
        let _ = at;
        match *fact {}
    }
}

impl SyncFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match *self {}
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::event::Severity {
        match *self {}
    }
}
