//! The terms for how and why runs end. The facts, the view and the rules of restarting share them.

use crate::time::Span;
use serde::{Deserialize, Serialize};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// The process exited with this code.
    Code(i32),
    /// This signal ended the process.
    Signal(i32),
}

/// How the processes of a run's tree were brought to an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TreeReport {
    /// Number of processes that ended after the stop signal, or by themselves while the supervisor waited.
    pub left_on_signal: u32,
    /// Number of processes that needed SIGKILL.
    pub killed: u32,
}

/// How a run counts after it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run ended by itself, with success.
    Completed,
    /// The run ended by itself without success: an exit code, a signal, a start that failed, or a lost keeper.
    Failed,
    /// The run ended because it was asked to end.
    Terminated,
}

/// Why a run is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// A client asked the run to stop.
    Requested,
    /// A client asked for the run to be killed.
    Killed,
    /// A client asked for the agent to be restarted.
    Restart,
    /// The agent's own process ended while other processes of its tree remained.
    LeftBehind,
    /// The whole fleet is being shut down.
    Shutdown,
    /// The task that the run was started for has ended: cancelled, or out of time.
    TaskOver,
}

/// Why an agent is not started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUp {
    /// The restarts within the window have used up the budget.
    BudgetSpent { restarts: u32, window: Span },
    /// The program exited with a code after which it is never restarted.
    PermanentCode { code: i32 },
    /// A person must log in first.
    Login,
}
