//! How runs end, and why: the terms that facts, the view and the rules of restarting share.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

/// What it took to empty a process tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TreeReport {
    /// Processes that left after the stop signal (or by themselves while we waited).
    pub left_on_signal: u32,
    /// Processes that needed SIGKILL.
    pub killed: u32,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// By itself, with success.
    Completed,
    /// By itself, without: a code, a signal, a start that failed, a lost keeper.
    Failed,
    /// Because we ended it.
    Terminated,
}

/// Why a run is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// A client asked for a stop.
    Requested,
    /// A client asked for a kill.
    Killed,
    /// A client asked for a restart.
    Restart,
    /// The agent's own process ended and left others behind.
    LeftBehind,
    /// The fleet ends.
    Shutdown,
    /// The task that it was started for is over: cancelled, or out of time.
    TaskOver,
}

/// Why an agent is not started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUp {
    /// As many restarts as the budget allows within the window.
    BudgetSpent { restarts: u32, window: Span },
    /// An exit code that never restarts.
    PermanentCode { code: i32 },
    /// A person must log in first.
    Login,
}
