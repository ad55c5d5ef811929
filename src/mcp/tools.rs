//! The tools: their names, their descriptions for models, and the schemas of their arguments.

use super::input;
use rmcp::handler::server::common::schema_for_type;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::Value;
use std::sync::Arc;

/// The function of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    WhoIsHere,
    ClaimTask,
    ReportProgress,
    CompleteTask,
    SplitTask,
    AcquireLock,
    ReleaseLock,
    SendMessage,
    ReadMessages,
    GetState,
    SetState,
    Explain,
}

/// Whether a tool changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    Looks,
    Changes,
}

/// One tool of the server.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    touch: Touch,
    schema: fn() -> Arc<JsonObject>,
    description: &'static str,
}

/// All tools of the server.
pub(super) const TOOLS: [Entry; 12] = [
    Entry {
        name: "who_is_here",
        verb: Verb::WhoIsHere,
        touch: Touch::Looks,
        schema: schema::<input::Nothing>,
        description: "Lists the agents of the fleet: what each is doing, on which task and branch, what it can do, and \
            which one you are. Use it before you divide work, ask someone, or touch what others may be working on.",
    },
    Entry {
        name: "claim_task",
        verb: Verb::ClaimTask,
        touch: Touch::Changes,
        schema: schema::<input::ClaimTask>,
        description: "Takes the next task that you can do, and gives you its prompt, its workspace and the place of \
                      the \
            results of earlier tasks. Nobody else gets it. Use it when you have nothing to do; with wait_seconds it waits \
            for one. Its locks are taken for you. Work on it, then call complete_task. If it answers with `task: null`, \
            there is nothing for you now.",
    },
    Entry {
        name: "report_progress",
        verb: Verb::ReportProgress,
        touch: Touch::Changes,
        schema: schema::<input::ReportProgress>,
        description: "Tells people and other agents the progress of the task you work on. Use it after each step \
            of some size, not after each edit.",
    },
    Entry {
        name: "complete_task",
        verb: Verb::CompleteTask,
        touch: Touch::Changes,
        schema: schema::<input::CompleteTask>,
        description: "Ends the task you work on: done, or failed. Commit your work before. A task that has a \
            verification is verified now. Its locks are released for you. A failed task may be tried again, by you or \
            by another agent.",
    },
    Entry {
        name: "split_task",
        verb: Verb::SplitTask,
        touch: Touch::Changes,
        schema: schema::<input::SplitTask>,
        description: "Divides a task that is too large into parts with files of their own, which several agents can \
            work on at the same time, and says why it did so, or why not. Use it on a task that nobody works on, or that \
            you work on and have not begun to change files for. Afterwards claim a part with claim_task. Try dry_run \
            first.",
    },
    Entry {
        name: "acquire_lock",
        verb: Verb::AcquireLock,
        touch: Touch::Changes,
        schema: schema::<input::AcquireLock>,
        description: "Locks paths or resources for you, so that no other agent changes them meanwhile. Use it before \
            you edit files that others may edit too; ask for all that you need in one call, since asking for more while \
            you hold some may be refused as a cycle. It waits until it is your turn, and says whom you wait for. It \
            returns a lease and a token that only grows. Release the lease with release_lock as soon as you are done.",
    },
    Entry {
        name: "release_lock",
        verb: Verb::ReleaseLock,
        touch: Touch::Changes,
        schema: schema::<input::ReleaseLock>,
        description: "Releases a lock: by its lease, by its scope, or all that you hold. The next one in the queue \
            gets it at once.",
    },
    Entry {
        name: "send_message",
        verb: Verb::SendMessage,
        touch: Touch::Changes,
        schema: schema::<input::SendMessage>,
        description: "Puts a message into other agents' inboxes: direct by name, or by topic (`broadcast.status` reaches \
            all). Use it to ask, to answer, or to tell what others must know, such as a changed interface.",
    },
    Entry {
        name: "read_messages",
        verb: Verb::ReadMessages,
        touch: Touch::Changes,
        schema: schema::<input::ReadMessages>,
        description: "Takes the messages out of your inbox, oldest first, and acknowledges them. Use it when you begin, \
            when you end a task, and while you wait for an answer (wait_seconds). A message of topic `lock.lost` says \
            that a lock is no longer yours: stop changing what it covered.",
    },
    Entry {
        name: "get_state",
        verb: Verb::GetState,
        touch: Touch::Looks,
        schema: schema::<input::GetState>,
        description: "Reads what agents share: values by owner (an agent, or `fleet`) and key, each with its version.",
    },
    Entry {
        name: "set_state",
        verb: Verb::SetState,
        touch: Touch::Changes,
        schema: schema::<input::SetState>,
        description: "Sets a value that others can read; it is durable when this returns. Give the version you read when \
            the new value depends on the old one: if somebody was faster, nothing is set and you are told the current \
            value. The key `progress` with a number from 0 to 100 is shown to people.",
    },
    Entry {
        name: "explain",
        verb: Verb::Explain,
        touch: Touch::Looks,
        schema: schema::<input::Explain>,
        description: "Says why an agent or a task does not continue: what prevents it, who can change that, and how. \
            Use it when you wait and do not know the reason.",
    },
];

/// Returns the tool with this name.
pub(super) fn named(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// Returns all tools in the form in which they are listed.
pub(super) fn all() -> Vec<Tool> {
    let described = |tool: &Entry| {
        let annotations =
            ToolAnnotations::new().read_only(tool.touch == Touch::Looks).destructive(false).open_world(false);
        Tool::new(tool.name, tool.description, (tool.schema)()).with_annotations(annotations)
    };
    TOOLS.iter().map(described).collect()
}

impl Entry {
    /// Returns the names of the tool's arguments, for a caller that sent others.
    pub(super) fn takes(&self) -> String {
        let schema = (self.schema)();
        let names: Vec<&str> = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }
}

/// Returns the schema of a tool's arguments, without parts that agent programs fail on: unknown formats of numbers, and
/// `null` as a type of arguments that may be omitted anyway.
fn schema<T: JsonSchema + std::any::Any>() -> Arc<JsonObject> {
    let mut schema = (*schema_for_type::<T>()).clone();
    schema.retain(|key, _| !["title", "description", "$schema"].contains(&key.as_str()));
    // Some programs need the key `properties` even in an object without any.
    schema.entry("properties").or_insert_with(|| Value::Object(JsonObject::new()));
    schema.values_mut().for_each(simplify);
    Arc::new(schema)
}

fn simplify(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            object.values_mut().for_each(simplify);
        }
        Value::Array(values) => values.iter_mut().for_each(simplify),
        _ => {}
    }
}
