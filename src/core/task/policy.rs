//! What the configuration says of the tasks, and the bounds that nothing configures.

use super::routing::Routing;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// Bytes of a task's name. Beyond it, the task is refused.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a prompt. Beyond it, the task is refused.
pub const PROMPT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of what an agent or a person says of a task. Beyond it, it is refused: what one task says, others work on.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a verification's output that are kept. Beyond it, the newest are kept, below a line that says how many are
/// left out.
pub const OUTPUT_BYTES_MAX: usize = 8 * 1024;
/// Bytes of one capability, scope or pattern. Beyond it, the task is refused.
pub const WORD_BYTES_MAX: usize = 256;
/// Capabilities, scopes or patterns that one task names. Beyond it, the task is refused.
pub const WORDS_MAX: usize = 64;
/// Tasks that one task needs. Beyond it, the task is refused.
pub const NEEDS_MAX: usize = 4_096;
/// Tasks that are parts of one task. Beyond it, they are refused.
pub const PARTS_MAX: usize = 1_024;
/// Files that one task leaves. Beyond it, the configuration is refused that allows more.
pub const ARTIFACTS_MAX: usize = 1_024;
/// Entries of a task's history. Beyond it, the oldest goes; its fact stays.
pub const HISTORY_ENTRIES_MAX: usize = 32;
/// Claims of one run that wait at the same time. Beyond it, a claim is refused.
pub const CLAIMS_PER_RUN_MAX: usize = 32;
/// Tasks that stand in the line for their locks at the same time. Beyond it, a task stays in the queue.
pub const WAITING_FOR_LOCKS_MAX: usize = 64;

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
