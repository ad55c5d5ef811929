//! Locks: who may touch which scope, decided by one arbiter.
//!
//! What is stored is [`LockTable`], a fold over [`LockFact`]s and a part of the view; what is decided is decided from it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What a client asks of the locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCommand {}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockAnswer {}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockDenied {}

/// What happened to the locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFact {}

/// What a timer of the locks is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockTimer {}

/// What the configuration says of the locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockPolicy {}

/// How a request that waited came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockSettled {}

/// What happens to locks from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockEvent {}

/// How it stands with the locks that a task names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskLocks {
    /// It holds them all.
    Held,
    /// Its request waits in the line; the task is told when that comes to its end.
    Waiting,
    /// They can't be asked for as they are.
    Refused(LockDenied),
}

/// All that is known of the locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LockTable {}

impl LockTable {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &LockFact, at: Time) {
        let _ = at;
        match *fact {}
    }
}

impl LockFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match *self {}
    }

    /// How much it matters.
    pub fn severity(&self) -> crate::event::Severity {
        match *self {}
    }
}
