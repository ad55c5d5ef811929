//! Answers of tools: an object, or an error in words that a model can act on.

use crate::api::error::Problem;
use crate::client::{ClientError, Durable};
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::{Value, json};

/// The answer of a tool.
#[derive(Debug)]
pub(super) enum Answer {
    /// The tool succeeded; the value is always an object.
    Done(Value),
    /// The tool failed, for this reason.
    Wrong(Wrong),
}

/// The error of a tool that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// A stable word for programs that names the error.
    pub(super) code: String,
    /// The action that could not be carried out, in words.
    pub(super) what: String,
    /// The causes of the error, outermost first.
    pub(super) causes: Vec<String>,
    /// A hint on what to do about the error.
    pub(super) hint: Option<String>,
}

impl Answer {
    /// Returns an object with the value under this name: older versions of the protocol accept only objects.
    pub(super) fn of(name: &str, value: &impl Serialize) -> Answer {
        match serde_json::to_value(value) {
            Ok(value) => Answer::Done(json!({ name: value })),
            Err(error) => Answer::Wrong(Wrong::new("broken", "the answer can't be written as JSON").because(error)),
        }
    }

    pub(super) fn cancelled() -> Answer {
        Answer::Wrong(Wrong::new("cancelled", "the call was cancelled"))
    }

    /// Adds `"durable": false` to the answer when the tool's change is only in memory.
    pub(super) fn told(self, durable: Durable) -> Answer {
        match (self, durable) {
            (Answer::Done(Value::Object(mut object)), Durable::No) => {
                object.insert("durable".to_owned(), Value::Bool(false));
                Answer::Done(Value::Object(object))
            }
            (answer, _) => answer,
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Answer::Wrong(_))
    }

    pub(super) fn into_result(self) -> CallToolResult {
        match self {
            Answer::Done(value) => CallToolResult::structured(value),
            Answer::Wrong(wrong) => {
                let mut result = CallToolResult::error(vec![ContentBlock::text(wrong.text())]);
                let Wrong { code, what, causes, hint } = wrong;
                result.structured_content =
                    Some(json!({ "error": { "code": code, "what": what, "causes": causes, "hint": hint } }));
                result
            }
        }
    }
}

impl Wrong {
    pub(super) fn new(code: &str, what: impl Into<String>) -> Wrong {
        Wrong { code: code.to_owned(), what: what.into(), causes: Vec::new(), hint: None }
    }

    pub(super) fn because(mut self, cause: impl ToString) -> Wrong {
        self.causes.push(cause.to_string());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Wrong {
        self.hint = Some(hint.into());
        self
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("error ({}): {}", self.code, self.what)];
        lines.extend(self.causes.iter().map(|cause| format!("caused by: {cause}")));
        lines.extend(self.hint.iter().map(|hint| format!("hint: {hint}")));
        lines.join("\n")
    }
}

impl From<ClientError> for Wrong {
    fn from(error: ClientError) -> Wrong {
        let code = match &error {
            ClientError::Problem(Problem { code, .. }) => code.clone(),
            ClientError::NotRunning { .. } | ClientError::Stale { .. } => "not_running".to_owned(),
            _ => "unreachable".to_owned(),
        };
        let hint = error.hint().and_then(|hint| hint_for_tools(&code, hint));
        Wrong { code, what: error.to_string(), causes: error.causes(), hint }
    }
}

/// Returns a hint for an agent that has tools and no shell. A hint that mentions commands is replaced or omitted.
fn hint_for_tools(code: &str, hint: String) -> Option<String> {
    if !["`qd ", "`--", "GET /"].iter().any(|of_a_shell| hint.contains(of_a_shell)) {
        return Some(hint);
    }
    let instead = match code {
        "unknown_agent" => "who_is_here lists the agents",
        "unknown_task" | "not_yours" => "leave `task` out for the one you work on; claim_task gives you one",
        "unknown_key" => "get_state without a key lists all values",
        "keys_full" | "values_full" => "set_state with the value null removes a value",
        "unknown_lease" | "nothing_held" => "acquire_lock returns the lease",
        "timed_out" | "busy" => "give a larger wait_seconds to wait for it, or do something else first",
        "done" => "claim_task gives you another task",
        "not_running" | "unreachable" => "ask the person who runs the fleet to start it",
        _ => return None,
    };
    Some(instead.to_owned())
}
