//! Input that is typed into an agent's terminal through the control plane, and the receipt for it.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    // The parts of the longest answer: the start of a program (30 s), the appearance of a text (10 s), up to three
    // Enters (5 s), and a quarter of a second for each further key.
    pub const TYPE_INTO_AGENT: POST "/agents/{name}/input", Input => InputAccepted, within 90;
}

/// Body of `POST /agents/{name}/input`: text and keys to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Text to type as it is, or to paste (with bracketed paste when the program has switched that on).
    #[serde(default)]
    pub text: String,
    /// How `text` is entered into the terminal.
    #[serde(default)]
    pub mode: InputMode,
    /// Keys to press after the text: `enter`, `esc`, `ctrl-c`, `up`, `f5` … Each key waits until the program has read
    /// the input before it: many programs treat an Enter that arrives together with a text as part of that text.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Whether the input answers the agent's question. Other input is refused (`asks`) while the agent asks a person.
    #[serde(default, skip_serializing_if = "Answers::is_prompt")]
    pub answers: Answers,
    /// Who types the input, for the history: a name of 1 to 64 bytes; default `person`. An agent is always recorded by
    /// its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Whether an input answers a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// The input is a prompt or a command, not an answer.
    #[default]
    No,
    /// The input is an answer, typed into the question if one is open.
    Question,
}

impl Answers {
    fn is_prompt(&self) -> bool {
        *self == Answers::No
    }
}

/// The largest number of keys in one input. Beyond it, the input is refused.
pub const INPUT_KEYS_MAX: usize = 100;

/// The ways to enter text into a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// Enter the text as a paste, bracketed when the program has switched that on.
    #[default]
    Paste,
    /// Enter the text as if a person typed it.
    Type,
}

/// Answer to an input that was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InputAccepted {
    /// The number of bytes that were typed.
    pub bytes: u64,
    /// Whether the program accepted the input.
    #[serde(default)]
    pub receipt: Receipt,
    /// Why the receipt is `unconfirmed`; none for other receipts.
    #[serde(default)]
    pub why: Option<String>,
}

/// What happened to an input that was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// The input was typed. Nothing was verified, because it had no text with an Enter, or because it answered a
    /// question.
    #[default]
    Typed,
    /// The input was typed and the program accepted it: its input box is empty, or it works, or its terminal keeps the
    /// line for it.
    Submitted,
    /// The input was typed and the program has not accepted it.
    Unconfirmed,
}
