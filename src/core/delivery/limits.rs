//! The times and limits of deliveries, measured on real agent programs.

/// The longest wait for a program to draw anything; then a text for it is refused. On a busy machine opencode, Gemini
/// CLI and qwen take 15 to 20 s.
pub const DRAWN_WAIT_MS: u64 = 30_000;

/// How long a program that has just begun to draw must be silent before text is typed into it. opencode, Gemini CLI,
/// Claude Code and Codex draw their first screen with gaps of up to 300 ms. opencode takes no paste before its screen
/// is complete.
pub const FIRST_SIGHT_STILL_MS: u64 = 1_000;

/// The longest wait for silence from a starting program that draws without a pause. Beyond it, the text is typed.
pub const FIRST_SIGHT_MAX_MS: u64 = 3_000;

/// The silence that is awaited from a starting program that does not read its cooked terminal. Its output may be a
/// message before its first screen, or it may still work on something before it reads.
pub const UNREAD_STILL_MS: u64 = 5_000;

/// The longest wait for silence from a program that does not read its cooked terminal. Beyond it, output of the program
/// no longer restarts the wait.
pub const UNREAD_MAX_MS: u64 = 30_000;

/// The time between two checks whether a program that has drawn nothing reads its terminal.
pub const READS_LOOK_MS: u64 = 500;

/// The silence that is awaited before the next key, after a text to which the program has responded. Codex takes an
/// Enter for a part of a paste for 120 ms after a burst of characters.
pub const TEXT_STILL_MS: u64 = 150;

/// The longest wait for silence after a text, even if the program still writes. Beyond it, the next step is taken.
pub const TEXT_MAX_MS: u64 = 1_000;

/// The silence that is awaited before the next stroke, after a key to which the program has responded. Short, because
/// some programs want the second of two Ctrl-C within 800 ms.
pub const KEY_STILL_MS: u64 = 50;

/// The longest wait for silence after a key, even if the program still writes. Beyond it, the next step is taken.
pub const KEY_MAX_MS: u64 = 250;

/// The longest wait for a text to appear on the screen before its Enter.
pub const SHOWN_WAIT_MS: u64 = 10_000;

/// The time between two checks of a screen on which a change is expected.
pub const LOOK_MS: u64 = 100;

/// The time for which the text must remain unchanged after an Enter until the Enter counts as swallowed.
pub const SWALLOWED_MS: u64 = 1_500;

/// The largest number of Enters for one text. Beyond it, the text is typed and not submitted, which the receipt says.
pub const ENTERS_MAX: u32 = 3;

/// The longest line that a cooked terminal takes, in bytes without its end; the terminal cuts a longer line without an
/// error (`N_TTY_BUF_SIZE`, less one for the end). Beyond it, the text is refused, and nothing is typed.
pub const COOKED_LINE_BYTES_MAX: usize = 4_095;
