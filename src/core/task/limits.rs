//! The bounds of tasks that nothing configures.

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
