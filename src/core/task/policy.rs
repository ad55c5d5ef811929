//! What the configuration says of the tasks, and the bounds that nothing configures.

use super::routing::Routing;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// What the configuration says of the tasks (`[tasks]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskPolicy {
    /// Attempts a task gets unless it says otherwise.
    pub attempts: u32,
    /// The wait before the second attempt; doubles with each further one.
    pub retry_delay: Span,
    /// The longest wait.
    pub retry_delay_max: Span,
    /// An attempt may take this long unless the task says otherwise; none: as long as it takes.
    pub timeout: Option<Span>,
    /// A task that has waited this long counts one priority higher.
    pub ageing: Span,
    /// Parts into which a task is divided unless the request says otherwise.
    pub max_subtasks: u32,
    /// Tasks that have not come to their end.
    pub open_max: u32,
    /// Tasks that have, and are kept; the oldest are forgotten.
    pub ended_max: u32,
    /// Which capability a task asks for that names none.
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
    /// The wait after the `failed`th attempt of a task failed: doubles from `retry_delay` up to `retry_delay_max`.
    pub fn retry_wait(&self, failed: u32) -> Span {
        let factor = 1u64.checked_shl(failed.saturating_sub(1)).unwrap_or(u64::MAX);
        Span(self.retry_delay.0.saturating_mul(factor).min(self.retry_delay_max.0))
    }
}
