//! Who takes part in coordination: who asks, who holds, who sends.

use crate::ids::{RunId, TaskId};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Someone who asks for locks and tasks, holds them, sends messages or sets state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A live run, known by its token. What it holds ends with it.
    Run(RunId),
    /// A task, for which the fleet itself takes the locks that it names.
    Task(TaskId),
    /// Someone outside the fleet, by the name it gives. What it holds ends unless it is renewed.
    Outside(String),
}

impl fmt::Display for Party {
    /// A run or a task by its number, an outsider by the name it gave.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::Run(run) => run.fmt(f),
            Party::Task(task) => task.fmt(f),
            Party::Outside(name) => f.write_str(name),
        }
    }
}
