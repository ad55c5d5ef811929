//! Plans: DAGs of tasks, what a failure does to them, and when they are over.
//!
//! What is stored is [`PlanBoard`], a fold over [`PlanFact`]s and a part of the view; what is decided is decided from it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a client asks of the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanCommand {}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAnswer {}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanDenied {}

/// What happened to the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanFact {}

/// What a timer of the plans is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanTimer {}

/// What the configuration says of the plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanPolicy {}

/// All that is known of the plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanBoard {}

impl PlanBoard {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &PlanFact, at: Time) {
        let _ = at;
        match *fact {}
    }
}

impl PlanFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match *self {}
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::event::Severity {
        match *self {}
    }
}
