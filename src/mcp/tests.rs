//! Tests of the schemas that agent programs accept, and of the answers that models understand.

use super::answer::{Answer, Wrong};
use super::tools::{self, TOOLS};
use crate::api::error::Problem;
use crate::client::{ClientError, Durable};
use serde_json::{Value, json};

/// Returns every value within this one, and the value itself.
fn all(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(values) => values.iter().collect(),
        _ => Vec::new(),
    };
    std::iter::once(value).chain(below.into_iter().flat_map(all)).collect()
}

fn schemas() -> Vec<(String, Value)> {
    let schema = |tool: rmcp::model::Tool| (tool.name.to_string(), Value::Object((*tool.input_schema).clone()));
    tools::all().into_iter().map(schema).collect()
}

#[test]
fn schemas_hold_nothing_that_agent_programs_stumble_over() {
    for (name, schema) in schemas() {
        assert_eq!(schema["type"], "object", "{name}");
        assert!(schema["properties"].is_object(), "{name}: {schema}");
        for value in all(&schema) {
            assert!(value.get("format").is_none_or(|format| !format.is_string()), "{name}: {value}");
            assert!(value.get("$ref").is_none(), "{name}: {value}");
            assert!(value.get("type").is_none_or(|kind| !kind.is_array()), "{name}: {value}");
        }
    }
}

#[test]
fn every_tool_and_everything_it_takes_is_described() {
    for tool in tools::all() {
        let description = tool.description.as_deref().unwrap_or_default();
        assert!(description.len() > 60, "{}: {description:?}", tool.name);
        for (property, schema) in tool.input_schema["properties"].as_object().expect("properties") {
            assert!(schema["description"].is_string(), "{}.{property}: {schema}", tool.name);
        }
    }
}

#[test]
fn what_must_be_given_is_said_and_the_rest_may_be_left_out() {
    let required: Vec<(String, Value)> =
        schemas().into_iter().filter_map(|(name, schema)| Some((name, schema.get("required")?.clone()))).collect();
    let expected = [
        ("complete_task", json!(["outcome"])),
        ("split_task", json!(["task"])),
        ("acquire_lock", json!(["scopes"])),
        ("send_message", json!(["body"])),
        ("set_state", json!(["key", "value"])),
    ];
    assert_eq!(required, expected.map(|(name, keys)| (name.to_owned(), keys)));
    assert_eq!(TOOLS[5].takes(), "purpose, scopes, shared, wait_seconds");
    assert_eq!(TOOLS[0].takes(), "nothing");
}

#[test]
fn what_is_wrong_is_said_in_words_with_a_way_out() {
    let wrong = Wrong::new("cycle", "src was refused").because("a waits for b").hint("release what you hold");
    let result = Answer::Wrong(wrong).into_result();
    assert_eq!(result.is_error, Some(true));
    let text = serde_json::to_value(&result.content).expect("JSON")[0]["text"].clone();
    assert_eq!(text, "error (cycle): src was refused\ncaused by: a waits for b\nhint: release what you hold");
    assert_eq!(result.structured_content.expect("an object")["error"]["code"], "cycle");
}

#[test]
fn what_is_in_memory_only_is_told_so() {
    let told = |durable| match Answer::of("state", &1).told(durable) {
        Answer::Done(value) => value,
        Answer::Wrong(wrong) => panic!("{wrong:?}"),
    };
    assert_eq!(told(Durable::No), json!({ "state": 1, "durable": false }));
    assert_eq!(told(Durable::Yes), json!({ "state": 1 }));
}

/// Hints for an agent that has tools mention no commands.
#[test]
fn hints_speak_of_tools() {
    let problem = |code: &str, hint: &str| {
        let (code, hint) = (code.to_owned(), Some(hint.to_owned()));
        let problem = Problem { status: 400, code, what: String::new(), why: String::new(), hint };
        Wrong::from(ClientError::Problem(problem)).hint
    };
    assert_eq!(problem("unknown_agent", "`qd ps` lists the agents").as_deref(), Some("who_is_here lists the agents"));
    assert_eq!(problem("bad_name", "GET /api/v1/openapi.json describes every request"), None);
    assert_eq!(problem("cycle", "release what others wait for").as_deref(), Some("release what others wait for"));
}
