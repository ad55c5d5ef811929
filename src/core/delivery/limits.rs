//! How long a delivery waits for what, and how much it types: measured on real agent programs.

/// How long a program may take to draw anything before a text for it is refused. On a busy machine opencode, Gemini CLI
/// and qwen take 15 to 20 s.
pub const DRAWN_WAIT_MS: u64 = 30_000;

/// How long a program that has just begun to draw must be still. opencode, Gemini CLI, Claude Code and Codex draw
/// themselves with gaps of up to 300 ms; opencode takes no paste before all of it stands.
pub const FIRST_SIGHT_STILL_MS: u64 = 1_000;

/// How long one that draws on and on is waited for. Beyond it, what is to be typed is typed.
pub const FIRST_SIGHT_MAX_MS: u64 = 3_000;

/// The same two for one in a cooked terminal that does not read it: what it shows may be a word before it draws itself,
/// or it works on something before it reads.
pub const UNREAD_STILL_MS: u64 = 5_000;

/// How long such a program may go on drawing. Beyond it, its drawing no longer begins the wait anew.
pub const UNREAD_MAX_MS: u64 = 30_000;

/// How often a program that has drawn nothing is looked at, whether it reads its terminal.
pub const READS_LOOK_MS: u64 = 500;

/// After text, when it was answered: silence before the next key. Codex takes an Enter for a part of a paste for 120 ms
/// after a burst of characters.
pub const TEXT_STILL_MS: u64 = 150;

/// How long a look is waited for after text, whatever the program writes. Beyond it, the next step is taken.
pub const TEXT_MAX_MS: u64 = 1_000;

/// After a key, when it was answered. Short, because some programs want the second of two Ctrl-C within 800 ms.
pub const KEY_STILL_MS: u64 = 50;

/// How long a look is waited for after a key, whatever the program writes. Beyond it, the next step is taken.
pub const KEY_MAX_MS: u64 = 250;

/// How long a text is looked for on the screen before its Enter.
pub const SHOWN_WAIT_MS: u64 = 10_000;

/// The time between two looks at a screen on which something is expected.
pub const LOOK_MS: u64 = 100;

/// How long after an Enter the text must stand as before until the Enter counts as swallowed.
pub const SWALLOWED_MS: u64 = 1_500;

/// How often Enter is pressed for one text. Beyond it, the text is typed and not submitted, which the receipt says.
pub const ENTERS_MAX: u32 = 3;

/// The longest line that a cooked terminal takes, in bytes without its end; the terminal cuts what is longer without a
/// word (`N_TTY_BUF_SIZE`, less one for the end). Beyond it, the text is refused, and nothing is typed.
pub const COOKED_LINE_BYTES_MAX: usize = 4_095;
