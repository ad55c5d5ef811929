//! What is typed into an agent's terminal through the control plane, and what became of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /agents/{name}/input`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Typed as it is, or pasted (wrapped when the program asked for it).
    #[serde(default)]
    pub text: String,
    /// How `text` gets there.
    #[serde(default)]
    pub mode: InputMode,
    /// Keys pressed after the text: `enter`, `esc`, `ctrl-c`, `up`, `f5` … Each waits until the program has taken in
    /// what came before: many take an Enter that comes with a text for a part of that text.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Whether it answers what the agent asks. Else it is refused (`asks`) while the agent asks a person.
    #[serde(default, skip_serializing_if = "Answers::is_prompt")]
    pub answers: Answers,
    /// Who types it, for the history: a name of 1 to 64 bytes; `person` when there is none. An agent is always itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Whether an input answers a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// No: it is a prompt, or a command.
    #[default]
    No,
    /// Yes: it is typed into the question, if one stands.
    Question,
}

impl Answers {
    fn is_prompt(&self) -> bool {
        *self == Answers::No
    }
}

/// Keys in one input. Beyond it, the input is refused.
pub const INPUT_KEYS_MAX: usize = 100;

/// How text gets into a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// As a paste: bracketed when the program has switched that on.
    #[default]
    Paste,
    /// As if typed.
    Type,
}

/// The answer to an input that was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InputAccepted {
    /// Bytes typed.
    pub bytes: u64,
    /// What became of them.
    #[serde(default)]
    pub receipt: Receipt,
    /// With `unconfirmed`: why.
    #[serde(default)]
    pub why: Option<String>,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It was typed: it had no text with an Enter, or answered a question, so there was nothing to look for.
    #[default]
    Typed,
    /// It was typed, and the program has taken it: its box is empty, or it works, or its terminal keeps the line for it.
    Submitted,
    /// It was typed, and the program has not taken it.
    Unconfirmed,
}
