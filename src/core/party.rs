//! The parties of coordination: those who ask for locks and tasks, hold them, or send messages.

use crate::ids::{RunId, TaskId};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A party: someone who asks for locks and tasks, holds them, sends messages or sets state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A live run. All that it holds is released when it ends.
    Run(RunId),
    /// A task, for which the fleet itself takes the locks that the task names.
    Task(TaskId),
    /// Someone outside the fleet, known by the name they give. A lease of theirs ends unless it is renewed.
    Outside(String),
}

impl fmt::Display for Party {
    /// Writes the number of a run or a task, or the name that an outsider gave.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Party::Run(run) => run.fmt(f),
            Party::Task(task) => task.fmt(f),
            Party::Outside(name) => f.write_str(name),
        }
    }
}
