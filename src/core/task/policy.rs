//! The configuration of the tasks.

use super::routing::Routing;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The configuration of the tasks (`[tasks]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskPolicy {
    /// The number of attempts of a task that does not name its own.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles before each further attempt.
    pub retry_delay: Span,
    /// The longest wait before an attempt.
    pub retry_delay_max: Span,
    /// The longest time of an attempt if the task names none; none: no limit.
    pub timeout: Option<Span>,
    /// The time that a task must wait for its weight to grow by one priority.
    pub ageing: Span,
    /// The number of parts into which a task is divided if the request names none.
    pub max_subtasks: u32,
    /// The most tasks that have not ended.
    pub open_max: u32,
    /// The most ended tasks that are kept; the oldest are forgotten.
    pub ended_max: u32,
    /// The words that choose the capability of a task that names none.
    pub routing: Routing,
}

impl Default for TaskPolicy {
    fn default() -> Self {
        TaskPolicy {
            attempts: 3,
            retry_delay: Span::from_secs(2),
            retry_delay_max: Span::from_secs(10),
            timeout: None,
            ageing: Span::from_secs(60),
            max_subtasks: 3,
            open_max: 20_000,
            ended_max: 1_000,
            routing: Routing::default(),
        }
    }
}

impl TaskPolicy {
    /// Returns the wait after the `failed`th failed attempt: it doubles from `retry_delay` up to `retry_delay_max`.
    pub fn retry_wait(&self, failed: u32) -> Span {
        let factor = 1u64.checked_shl(failed.saturating_sub(1)).unwrap_or(u64::MAX);
        Span(self.retry_delay.0.saturating_mul(factor).min(self.retry_delay_max.0))
    }
}
