//! The fixed limits of tasks, which no configuration changes.

/// The longest name of a task, in bytes. Beyond it, the task is refused.
pub const NAME_BYTES_MAX: usize = 128;

/// The longest prompt of a task, in bytes. Beyond it, the task is refused.
pub const PROMPT_BYTES_MAX: usize = 64 * 1024;

/// The longest message about a task from an agent or a person, in bytes. Beyond it, the message is refused, because
/// other tasks work with these messages.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// The most output of a verification that is kept, in bytes. Beyond it, the newest are kept, below a line that says how
/// many are omitted.
pub const OUTPUT_BYTES_MAX: usize = 8 * 1024;

/// The longest capability, scope or pattern, in bytes. Beyond it, the task is refused.
pub const WORD_BYTES_MAX: usize = 256;

/// The most capabilities, scopes or patterns that one task names. Beyond it, the task is refused.
pub const WORDS_MAX: usize = 64;

/// The most dependencies of one task. Beyond it, the task is refused.
pub const NEEDS_MAX: usize = 4_096;

/// The most parts of one task. Beyond it, the parts are refused.
pub const PARTS_MAX: usize = 1_024;

/// The most files that one task may produce. Beyond it, a configuration that allows more is refused.
pub const ARTIFACTS_MAX: usize = 1_024;

/// The most entries in the history of a task. Beyond it, the oldest is forgotten; its fact is kept.
pub const HISTORY_ENTRIES_MAX: usize = 32;

/// The most claims of one run that wait at the same time. Beyond it, a claim is refused.
pub const CLAIMS_PER_RUN_MAX: usize = 32;

/// The most tasks that wait in the line for their locks at the same time. Beyond it, a task stays in the queue.
pub const WAITING_FOR_LOCKS_MAX: usize = 64;
