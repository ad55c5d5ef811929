//! Shared state: small values by owner and key, each with a version.
//!
//! What is stored is [`SharedState`], a fold over [`SharedFact`]s and a part of the view; what is decided is decided from it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a client asks of the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedCommand {}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedAnswer {}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedDenied {}

/// What happened to the shared state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedFact {}

/// What a timer of the shared state is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedTimer {}

/// What the configuration says of the shared state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedPolicy {}

/// All that is known of the shared state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SharedState {}

impl SharedState {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &SharedFact, at: Time) {
        let _ = at;
        match *fact {}
    }
}

impl SharedFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match *self {}
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::event::Severity {
        match *self {}
    }
}
